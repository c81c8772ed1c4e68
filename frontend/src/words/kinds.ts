// What the engine's kinds and their fields are called. The API's schema has the same in English, and stands in for what
// has no words here.

import { catalogue } from "../lib/language";

export const kinds = catalogue({
  trigger_keyword: { en: "A keyword", es: "Una palabra clave", pt: "Uma palavra-chave" },
  trigger_keyword_text: {
    en: "Starts when a message says one of the words.",
    es: "Empieza cuando un mensaje dice una de las palabras.",
    pt: "Começa quando uma mensagem diz uma das palavras.",
  },
  trigger_message_received: { en: "Any message", es: "Cualquier mensaje", pt: "Qualquer mensagem" },
  trigger_message_received_text: {
    en: "Starts with every message that comes in.",
    es: "Empieza con cada mensaje que llega.",
    pt: "Começa com cada mensagem que chega.",
  },
  trigger_new_contact: { en: "A new contact", es: "Un contacto nuevo", pt: "Um contato novo" },
  trigger_new_contact_text: {
    en: "Starts when somebody writes for the first time, or is added to the contacts.",
    es: "Empieza cuando alguien escribe por primera vez o se añade a los contactos.",
    pt: "Começa quando alguém escreve pela primeira vez ou é adicionado aos contatos.",
  },
  trigger_birthday: { en: "A birthday", es: "Un cumpleaños", pt: "Um aniversário" },
  trigger_birthday_text: {
    en: "Starts once a year on the contact's birthday.",
    es: "Empieza una vez al año, en el cumpleaños del contacto.",
    pt: "Começa uma vez por ano, no aniversário do contato.",
  },
  trigger_scheduled: { en: "A schedule", es: "Un horario", pt: "Um horário" },
  trigger_scheduled_text: {
    en: "Starts at set times, for every contact that the conditions fit.",
    es: "Empieza a horas fijas, para cada contacto que cumple las condiciones.",
    pt: "Começa em horas fixas, para cada contato que cumpre as condições.",
  },
  trigger_time_based: { en: "So long after", es: "Un tiempo después", pt: "Um tempo depois" },
  trigger_time_based_text: {
    en: "Starts a number of days after something, once for each time.",
    es: "Empieza unos días después de algo, una vez por cada vez.",
    pt: "Começa alguns dias depois de algo, uma vez a cada vez.",
  },
  trigger_manual: { en: "By hand", es: "A mano", pt: "À mão" },
  trigger_manual_text: {
    en: "Starts when somebody runs it, for the contacts that they choose.",
    es: "Empieza cuando alguien la ejecuta, para los contactos que elija.",
    pt: "Começa quando alguém a executa, para os contatos que escolher.",
  },
  action_send_message: { en: "Send a message", es: "Enviar un mensaje", pt: "Enviar uma mensagem" },
  action_add_to_group: { en: "Add to a group", es: "Añadir a un grupo", pt: "Adicionar a um grupo" },
  action_update_contact: { en: "Change the contact", es: "Cambiar el contacto", pt: "Mudar o contato" },
  action_trigger_automation: { en: "Start another automation", es: "Iniciar otra automatización", pt: "Iniciar outra automação" }, // prettier-ignore
  action_send_email: { en: "Send an e-mail", es: "Enviar un correo", pt: "Enviar um e-mail" },
  action_log_activity: { en: "Note it down", es: "Anotarlo", pt: "Anotar" },

  keywords: { en: "Words", es: "Palabras", pt: "Palavras" },
  keywords_hint: {
    en: "Enter or a comma after each.",
    es: "Intro o coma después de cada una.",
    pt: "Enter ou vírgula depois de cada uma.",
  },
  mode: { en: "Where in the message", es: "Dónde en el mensaje", pt: "Onde na mensagem" },
  mode_word: {
    en: "Anywhere, as a word",
    es: "En cualquier parte, como palabra",
    pt: "Em qualquer lugar, como palavra",
  },
  mode_exact: { en: "Nothing else", es: "Nada más que eso", pt: "Nada além disso" },
  mode_contains: { en: "Anywhere, also inside words", es: "En cualquier parte, también dentro de palabras", pt: "Em qualquer lugar, também dentro de palavras" }, // prettier-ignore
  mode_starts: { en: "At the beginning", es: "Al principio", pt: "No começo" },
  fold: { en: "Ignore accents", es: "Ignorar acentos", pt: "Ignorar acentos" },
  after: { en: "After they", es: "Después de que", pt: "Depois que" },
  after_created_at: { en: "became a contact", es: "se volvió contacto", pt: "virou contato" },
  after_last_contacted: {
    en: "were last written to",
    es: "se le escribió por última vez",
    pt: "recebeu a última mensagem",
  },
  after_last_inbound: { en: "last wrote", es: "escribió por última vez", pt: "escreveu pela última vez" },
  sources: { en: "Whom it means", es: "A quiénes se refiere", pt: "A quem se refere" },
  sources_message: { en: "Whoever wrote", es: "Quienes escribieron", pt: "Quem escreveu" },
  sources_manual: { en: "Added by hand", es: "Añadidos a mano", pt: "Adicionados à mão" },
  sources_api: { en: "Added by a program", es: "Añadidos por un programa", pt: "Adicionados por um programa" },
  sources_import: { en: "Imported from a table", es: "Importados de una tabla", pt: "Importados de uma tabela" },
  days: { en: "Days", es: "Días", pt: "Dias" },
  message_template: { en: "Message", es: "Mensaje", pt: "Mensagem" },
  content: {
    en: "Message in WhatsApp's shape",
    es: "Mensaje en la forma de WhatsApp",
    pt: "Mensagem na forma do WhatsApp",
  },
  as_message_template: { en: "Plain text", es: "Texto simple", pt: "Texto simples" },
  as_content: { en: "Any WhatsApp message", es: "Cualquier mensaje de WhatsApp", pt: "Qualquer mensagem do WhatsApp" },
  group: { en: "Group", es: "Grupo", pt: "Grupo" },
  set: { en: "Fields to fill in", es: "Campos que rellenar", pt: "Campos a preencher" },
  add_tags: { en: "Tags to add", es: "Etiquetas que añadir", pt: "Etiquetas a adicionar" },
  remove_tags: { en: "Tags to remove", es: "Etiquetas que quitar", pt: "Etiquetas a remover" },
  automation_id: { en: "Automation", es: "Automatización", pt: "Automação" },
  to: { en: "To", es: "Para", pt: "Para" },
  to_hint: {
    en: "Empty: the contact's own address.",
    es: "Vacío: la dirección del contacto.",
    pt: "Vazio: o endereço do contato.",
  },
  subject: { en: "Subject", es: "Asunto", pt: "Assunto" },
  body: { en: "Text", es: "Texto", pt: "Texto" },
  message: { en: "Note", es: "Nota", pt: "Nota" },

  first_name: { en: "First name", es: "Nombre de pila", pt: "Primeiro nome" },
  name: { en: "Name", es: "Nombre", pt: "Nome" },
  phone: { en: "Phone", es: "Teléfono", pt: "Telefone" },
  email: { en: "E-mail", es: "Correo", pt: "E-mail" },
  birthday: { en: "Birthday", es: "Cumpleaños", pt: "Aniversário" },
  tags: { en: "Tags", es: "Etiquetas", pt: "Etiquetas" },
});

/** Our word for `key`, or what the schema calls it. */
export function wordOr(t: (key: "name") => string, key: string, otherwise: string): string {
  return key in kinds ? t(key as "name") : otherwise;
}
