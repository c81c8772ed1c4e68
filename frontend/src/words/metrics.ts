// What metrics are called and what they count. The API says the same in English, and stands in for what has no words
// here.

import { catalogue } from "../lib/language";

export const metrics = catalogue({
  requested: { en: "Requested", es: "Pedidos", pt: "Pedidas" },
  sent: { en: "Sent", es: "Enviados", pt: "Enviadas" },
  delivered: { en: "Delivered", es: "Entregados", pt: "Entregues" },
  read: { en: "Read", es: "Leídos", pt: "Lidas" },
  failed: { en: "Failed", es: "Fallidos", pt: "Com falha" },
  received: { en: "Received", es: "Recibidos", pt: "Recebidas" },
  delivery_rate: { en: "Delivery rate", es: "Tasa de entrega", pt: "Taxa de entrega" },
  read_rate: { en: "Read rate", es: "Tasa de lectura", pt: "Taxa de leitura" },
  reply_rate: { en: "Reply rate", es: "Tasa de respuesta", pt: "Taxa de resposta" },
  reply_time: { en: "Reply time", es: "Tiempo de respuesta", pt: "Tempo de resposta" },
  active_contacts: { en: "Active contacts", es: "Contactos activos", pt: "Contatos ativos" },
  new_contacts: { en: "New contacts", es: "Contactos nuevos", pt: "Contatos novos" },
  entries: { en: "Entries", es: "Entradas", pt: "Entradas" },
  runs_ended: { en: "Ended", es: "Terminadas", pt: "Terminadas" },
  success_rate: { en: "Success rate", es: "Tasa de éxito", pt: "Taxa de sucesso" },
  run_duration: { en: "Duration", es: "Duración", pt: "Duração" },
  messages_by_users: { en: "Messages", es: "Mensajes", pt: "Mensagens" },
  logins: { en: "Logins", es: "Accesos", pt: "Acessos" },
  changes: { en: "Changes", es: "Cambios", pt: "Mudanças" },

  requested_text: {
    en: "Messages that somebody or something asked to send, counted at the moment of asking.",
    es: "Mensajes que alguien o algo pidió enviar, contados cuando se pidieron.",
    pt: "Mensagens que alguém ou algo pediu para enviar, contadas quando foram pedidas.",
  },
  sent_text: {
    en: "Of the messages asked for, those that WhatsApp reported as sent, delivered or read.",
    es: "De los mensajes pedidos, los que WhatsApp informó como enviados, entregados o leídos.",
    pt: "Das mensagens pedidas, as que o WhatsApp informou como enviadas, entregues ou lidas.",
  },
  delivered_text: {
    en: "Of these, those that WhatsApp reported as delivered or read.",
    es: "De estos, los que WhatsApp informó como entregados o leídos.",
    pt: "Destas, as que o WhatsApp informou como entregues ou lidas.",
  },
  read_text: {
    en: "Of these, those reported as read. People may have switched that off.",
    es: "De estos, los informados como leídos. Las personas pueden haberlo desactivado.",
    pt: "Destas, as informadas como lidas. As pessoas podem ter desativado isso.",
  },
  failed_text: {
    en: "Of the messages asked for, those that failed: at WhatsApp, or for a reason of ours.",
    es: "De los mensajes pedidos, los que fallaron: en WhatsApp o por una razón nuestra.",
    pt: "Das mensagens pedidas, as que falharam: no WhatsApp ou por um motivo nosso.",
  },
  received_text: {
    en: "Messages from people, by WhatsApp's time.",
    es: "Mensajes de personas, según la hora de WhatsApp.",
    pt: "Mensagens de pessoas, pela hora do WhatsApp.",
  },
  delivery_rate_text: {
    en: "Delivered messages as a share of those sent.",
    es: "Mensajes entregados, como parte de los enviados.",
    pt: "Mensagens entregues, como parte das enviadas.",
  },
  read_rate_text: {
    en: "Read messages as a share of those delivered.",
    es: "Mensajes leídos, como parte de los entregados.",
    pt: "Mensagens lidas, como parte das entregues.",
  },
  reply_rate_text: {
    en: "How many questions got an answer. A question is what people wrote before you answered.",
    es: "Cuántas preguntas tuvieron respuesta. Una pregunta es lo que alguien escribió antes de tu respuesta.",
    pt: "Quantas perguntas tiveram resposta. Uma pergunta é o que alguém escreveu antes da sua resposta.",
  },
  reply_time_text: {
    en: "From the first message of a question to your first message after it. Half took less than this.",
    es: "Del primer mensaje de una pregunta a tu primer mensaje después. La mitad tardó menos.",
    pt: "Da primeira mensagem de uma pergunta à sua primeira mensagem depois. Metade levou menos.",
  },
  active_contacts_text: {
    en: "Different people who wrote in a period. Of several periods the mean is shown.",
    es: "Personas distintas que escribieron en un periodo. De varios se muestra la media.",
    pt: "Pessoas diferentes que escreveram em um período. De vários mostra-se a média.",
  },
  new_contacts_text: {
    en: "Contacts that are there for the first time: they wrote, or somebody added them.",
    es: "Contactos que aparecen por primera vez: escribieron o alguien los añadió.",
    pt: "Contatos que aparecem pela primeira vez: escreveram ou alguém os adicionou.",
  },
});

/** Our word, or what the API calls it. */
export function metricWord(t: (key: "sent") => string, key: string, otherwise: string): string {
  return key in metrics ? t(key as "sent") : otherwise;
}

/** Why messages failed, by class: WhatsApp's, or a gate of ours. */
export const classes = catalogue({
  throttled: { en: "Too many at once", es: "Demasiados a la vez", pt: "Demais de uma vez" },
  transient: {
    en: "A passing fault at WhatsApp",
    es: "Fallo pasajero de WhatsApp",
    pt: "Falha passageira do WhatsApp",
  },
  ambiguous: { en: "Outcome not known", es: "Resultado desconocido", pt: "Resultado desconhecido" },
  recipient: {
    en: "The number cannot receive it",
    es: "El número no puede recibirlo",
    pt: "O número não pode receber",
  },
  opt_out: { en: "Stopped by the person", es: "La persona lo detuvo", pt: "A pessoa parou" },
  ecosystem: { en: "Held back by WhatsApp", es: "Limitado por WhatsApp", pt: "Limitado pelo WhatsApp" },
  quality: { en: "Quality of your number", es: "Calidad de tu número", pt: "Qualidade do seu número" },
  window: { en: "24-hour window closed", es: "Ventana de 24 horas cerrada", pt: "Janela de 24 horas fechada" },
  configuration: { en: "Something is set up wrong", es: "Algo está mal configurado", pt: "Algo está mal configurado" },
  account: { en: "The account needs attention", es: "La cuenta necesita atención", pt: "A conta precisa de atenção" },
  paused_template: { en: "Template paused", es: "Plantilla en pausa", pt: "Modelo em pausa" },
  maintenance: { en: "Maintenance at WhatsApp", es: "Mantenimiento de WhatsApp", pt: "Manutenção do WhatsApp" },
  pair: { en: "Too many to one person", es: "Demasiados a una persona", pt: "Demais para uma pessoa" },
  unknown: { en: "Another reason", es: "Otra razón", pt: "Outro motivo" },
});
