import { catalogue } from "../lib/language";

export const analytics = catalogue({
  title: { en: "Analytics", es: "Analítica", pt: "Análises" },
  range: { en: "Range", es: "Periodo", pt: "Período" },
  range_today: { en: "Today", es: "Hoy", pt: "Hoje" },
  range_7: { en: "7 days", es: "7 días", pt: "7 dias" },
  range_30: { en: "30 days", es: "30 días", pt: "30 dias" },
  range_90: { en: "90 days", es: "90 días", pt: "90 dias" },
  range_own: { en: "Own", es: "Otro", pt: "Outro" },
  from: { en: "From", es: "Desde", pt: "De" },
  to: { en: "To", es: "Hasta", pt: "Até" },
  compare: { en: "Compare with the period before", es: "Comparar con el periodo anterior", pt: "Comparar com o período anterior" }, // prettier-ignore
  channel: { en: "Business number", es: "Número del negocio", pt: "Número da empresa" },
  any_channel: { en: "All numbers", es: "Todos los números", pt: "Todos os números" },
  export: { en: "Export CSV", es: "Exportar CSV", pt: "Exportar CSV" },
  what_means: { en: "What the numbers mean", es: "Qué significan los números", pt: "O que os números significam" },
  about_one: { en: "What is {name}?", es: "¿Qué es {name}?", pt: "O que é {name}?" },
  not_current: { en: "The newest are still being counted.", es: "Lo más reciente aún se está contando.", pt: "O mais recente ainda está sendo contado." }, // prettier-ignore
  days_of: { en: "Days are those of {zone}.", es: "Los días son los de {zone}.", pt: "Os dias são os de {zone}." },
  none_title: {
    en: "Nothing was sent or received in this range",
    es: "No se envió ni recibió nada en este periodo",
    pt: "Nada foi enviado ou recebido neste período",
  },
  none_text: {
    en: "Numbers appear as soon as somebody writes to you, within seconds. Choose a longer range to look back.",
    es: "Los números aparecen en segundos en cuanto alguien te escribe. Elige un periodo más largo para mirar atrás.",
    pt: "Os números aparecem em segundos assim que alguém escreve. Escolha um período maior para olhar atrás.",
  },
  before: { en: "before: {value}", es: "antes: {value}", pt: "antes: {value}" },
  same: { en: "As before", es: "Como antes", pt: "Como antes" },

  key_figures: { en: "Key figures", es: "Cifras clave", pt: "Números principais" },
  over_time: { en: "Messages over time", es: "Mensajes en el tiempo", pt: "Mensagens ao longo do tempo" },
  over_time_text: {
    en: "Messages sent and received in each period; the table below has the numbers.",
    es: "Mensajes enviados y recibidos en cada periodo; la tabla de abajo tiene los números.",
    pt: "Mensagens enviadas e recebidas em cada período; a tabela abaixo tem os números.",
  },
  previous: { en: "Sent before", es: "Enviados antes", pt: "Enviadas antes" },
  as_table: { en: "As a table", es: "Como tabla", pt: "Como tabela" },
  period: { en: "Period", es: "Periodo", pt: "Período" },
  funnel: {
    en: "How far messages came",
    es: "Hasta dónde llegaron los mensajes",
    pt: "Até onde as mensagens chegaram",
  },
  of_first: { en: "{share} of all", es: "{share} del total", pt: "{share} do total" },
  failures: { en: "Why messages failed", es: "Por qué fallaron", pt: "Por que falharam" },
  failures_none: { en: "None failed.", es: "Ninguno falló.", pt: "Nenhuma falhou." },
  busiest: { en: "Busiest hours", es: "Horas con más mensajes", pt: "Horas mais movimentadas" },
  busiest_text: {
    en: "Messages from people, on all numbers.",
    es: "Mensajes de personas, en todos los números.",
    pt: "Mensagens de pessoas, em todos os números.",
  },
  busiest_cell: { en: { one: "{day} {hour}:00, {n} message", other: "{day} {hour}:00, {n} messages" }, es: { one: "{day} {hour}:00, {n} mensaje", other: "{day} {hour}:00, {n} mensajes" }, pt: { one: "{day} {hour}:00, {n} mensagem", other: "{day} {hour}:00, {n} mensagens" } }, // prettier-ignore
  fewer: { en: "Fewer", es: "Menos", pt: "Menos" },
  more: { en: "More", es: "Más", pt: "Mais" },
  replies: { en: "Time to a reply", es: "Tiempo hasta responder", pt: "Tempo até responder" },
  by_automation: { en: "By automations", es: "Por automatizaciones", pt: "Por automações" },
  by_team: { en: "By your team", es: "Por tu equipo", pt: "Pela sua equipe" },
  by_api: { en: "Through the API", es: "Por la API", pt: "Pela API" },
  median: { en: "Half within", es: "La mitad en", pt: "Metade em" },
  slowest: { en: "9 of 10 within", es: "9 de 10 en", pt: "9 de 10 em" },
  automations: { en: "Automations", es: "Automatizaciones", pt: "Automações" },
  automations_none: { en: "None ran in this range.", es: "Ninguna se ejecutó en este periodo.", pt: "Nenhuma foi executada neste período." }, // prettier-ignore
  users: { en: "Your team", es: "Tu equipo", pt: "Sua equipe" },
  users_none: { en: "Nobody did anything in this range.", es: "Nadie hizo nada en este periodo.", pt: "Ninguém fez nada neste período." }, // prettier-ignore
  name: { en: "Name", es: "Nombre", pt: "Nome" },
  elsewhere: { en: "Without one", es: "Sin ninguna", pt: "Sem nenhuma" },
  others: { en: "All others", es: "Los demás", pt: "Os demais" },
});
