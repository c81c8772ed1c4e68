// Where a newcomer begins: each opens the form with most of it filled in, in the language of the pages.

import type { Language } from "../../lib/language";
import type { Draft } from "./draft";

export const STARTERS = ["reply", "welcome", "birthday"] as const;
export type Starter = (typeof STARTERS)[number];

export function starter(which: string | null, language: Language): Partial<Draft> {
  switch (which) {
    case "reply":
      return {
        name: { en: "Opening hours", es: "Horario", pt: "Horário" }[language],
        trigger_type: "keyword",
        trigger_conditions: {
          keywords: { en: ["hours", "open"], es: ["horario", "abierto"], pt: ["horário", "aberto"] }[language],
        },
        action_payload: {
          message_template: {
            en: "Hello {first_name}! We are open Monday to Saturday, 9:00 to 18:00.",
            es: "¡Hola {first_name}! Abrimos de lunes a sábado, de 9:00 a 18:00.",
            pt: "Olá {first_name}! Abrimos de segunda a sábado, das 9:00 às 18:00.",
          }[language],
        },
      };
    case "welcome":
      return {
        name: { en: "Welcome", es: "Bienvenida", pt: "Boas-vindas" }[language],
        trigger_type: "new_contact",
        action_payload: {
          message_template: {
            en: "Hello {first_name}, thank you for writing! Somebody will answer you soon.",
            es: "¡Hola {first_name}, gracias por escribir! En un momento te respondemos.",
            pt: "Olá {first_name}, obrigado por escrever! Já respondemos.",
          }[language],
        },
      };
    case "birthday":
      return {
        name: { en: "Happy birthday", es: "Feliz cumpleaños", pt: "Feliz aniversário" }[language],
        trigger_type: "birthday",
        schedule_config: { time: "09:00", tz: "contact" },
        action_payload: {
          message_template: {
            en: "Happy birthday, {first_name}! 🎉",
            es: "¡Feliz cumpleaños, {first_name}! 🎉",
            pt: "Feliz aniversário, {first_name}! 🎉",
          }[language],
        },
      };
    default:
      return {};
  }
}
