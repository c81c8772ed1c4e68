// What became of runs, and why somebody was not let in. Why a message did not leave is in words/failures.ts.

import { catalogue } from "../lib/language";

export const outcomes = catalogue({
  status_success: { en: "Done", es: "Hecho", pt: "Feito" },
  status_failed: { en: "Failed", es: "Falló", pt: "Falhou" },
  status_partial: { en: "In part", es: "En parte", pt: "Em parte" },
  status_skipped: { en: "Left out", es: "Omitido", pt: "Omitido" },
  any_status: { en: "All", es: "Todo", pt: "Tudo" },
  state_active: { en: "Under way", es: "En curso", pt: "Em curso" },
  state_waiting: { en: "Waiting", es: "Esperando", pt: "Esperando" },
  state_sending: { en: "Sending", es: "Enviando", pt: "Enviando" },
  state_done: { en: "Over", es: "Terminada", pt: "Terminada" },

  refused_lower_priority: {
    en: "Another of its exclusive group came first.",
    es: "Otra de su grupo exclusivo fue primero.",
    pt: "Outra do grupo exclusivo veio primeiro.",
  },
  refused_already_entered: {
    en: "This person had been through it already.",
    es: "Esta persona ya había pasado por ella.",
    pt: "Esta pessoa já havia passado por ela.",
  },
  refused_already_active: {
    en: "It was still under way for this person.",
    es: "Aún estaba en curso para esta persona.",
    pt: "Ainda estava em curso para esta pessoa.",
  },
  refused_no_key: { en: "A field that it needs was empty.", es: "Faltaba un campo que necesita.", pt: "Faltava um campo necessário." }, // prettier-ignore
  refused_paused: { en: "Everything was paused.", es: "Todo estaba en pausa.", pt: "Tudo estava em pausa." },
  refused_conditions: {
    en: "The contact does not fit its conditions.",
    es: "El contacto no cumple sus condiciones.",
    pt: "O contato não cumpre as condições.",
  },
  refused_contact_inactive: { en: "The contact was deactivated.", es: "El contacto está desactivado.", pt: "O contato foi desativado." }, // prettier-ignore
  refused_missed: { en: "It was too late for it.", es: "Ya era demasiado tarde.", pt: "Já era tarde demais." },
  refused_empty_text: { en: "The text came out empty.", es: "El texto quedó vacío.", pt: "O texto ficou vazio." },
  refused_no_address: {
    en: "No e-mail address is known.",
    es: "No se conoce su correo.",
    pt: "Não se conhece o e-mail.",
  },
  refused_bad_address: { en: "That is no e-mail address.", es: "Eso no es un correo.", pt: "Isso não é um e-mail." },

  people: { en: { one: "{n} person", other: "{n} people" }, es: { one: "{n} persona", other: "{n} personas" }, pt: { one: "{n} pessoa", other: "{n} pessoas" } }, // prettier-ignore
  contact: { en: "Contact", es: "Contacto", pt: "Contato" },
  result: { en: "Result", es: "Resultado", pt: "Resultado" },
  reason: { en: "Why", es: "Por qué", pt: "Por quê" },
  took: { en: "Took", es: "Tardó", pt: "Levou" },
  when: { en: "When", es: "Cuándo", pt: "Quando" },
  since: { en: "Since", es: "Desde", pt: "Desde" },
  goes_on: { en: "Goes on {moment}", es: "Sigue el {moment}", pt: "Continua em {moment}" },
  none_title: { en: "It has not run yet", es: "Aún no se ha ejecutado", pt: "Ainda não foi executada" },
  none_text: {
    en: "Each run is noted here, with what it did and why it did not.",
    es: "Cada ejecución se anota aquí, con lo que hizo y por qué no.",
    pt: "Cada execução é anotada aqui, com o que fez e por que não.",
  },
  none_found: { en: "Nothing of this kind", es: "Nada de este tipo", pt: "Nada deste tipo" },

  story_title: { en: "What happened, step by step", es: "Qué pasó, paso a paso", pt: "O que aconteceu, passo a passo" },
  story_started: { en: "Started", es: "Empezó", pt: "Começou" },
  story_by: { en: "By", es: "Por", pt: "Por" },
  story_steps: { en: "Steps", es: "Pasos", pt: "Passos" },
  story_messages: { en: "Messages", es: "Mensajes", pt: "Mensagens" },
  story_checks: { en: "What was checked", es: "Qué se comprobó", pt: "O que foi verificado" },
  story_effects: { en: "E-mails and automations", es: "Correos y automatizaciones", pt: "E-mails e automações" },
  story_refused: {
    en: "Nobody was let in, so there are no steps. Those of one day are counted together.",
    es: "No se admitió a nadie, así que no hay pasos. Los de un mismo día se cuentan juntos.",
    pt: "Ninguém entrou, então não há passos. Os de um mesmo dia são contados juntos.",
  },
  story_details: { en: "As it was written down", es: "Tal como se anotó", pt: "Como foi anotado" },
  step_send: { en: "Sent a message", es: "Envió un mensaje", pt: "Enviou uma mensagem" },
  step_send_not: { en: "Sent nothing", es: "No envió nada", pt: "Não enviou nada" },
  step_send_settled: { en: "Learned what became of it", es: "Supo qué pasó con él", pt: "Soube o que houve com ela" },
  step_send_email: { en: "Sent an e-mail", es: "Envió un correo", pt: "Enviou um e-mail" },
  step_email_settled: { en: "Learned what became of the e-mail", es: "Supo qué pasó con el correo", pt: "Soube o que houve com o e-mail" }, // prettier-ignore
  step_start_automation: { en: "Started an automation", es: "Inició una automatización", pt: "Iniciou uma automação" },
  step_start_settled: { en: "It was started", es: "Quedó iniciada", pt: "Foi iniciada" },
  step_wait: { en: "Waited", es: "Esperó", pt: "Esperou" },
  step_update_contact: { en: "Changed the contact", es: "Cambió el contacto", pt: "Mudou o contato" },
  step_add_to_group: { en: "Added to a group", es: "Añadió a un grupo", pt: "Adicionou a um grupo" },
  step_log: { en: "Noted it down", es: "Lo anotó", pt: "Anotou" },
  step_end: { en: "Came to its end", es: "Llegó al final", pt: "Chegou ao fim" },
});

/** Our sentence for a reason of the engine's; undefined where it is not one of these. */
export function refusedKey(reason: string | null): keyof typeof outcomes | undefined {
  const key = `refused_${reason ?? ""}`;
  return key in outcomes ? (key as keyof typeof outcomes) : undefined;
}
