// What the system's checks found, by their codes. `time` is a span, `n` a count.

import { catalogue } from "../lib/language";

export const checks = catalogue({
  well: { en: "All is well.", es: "Todo bien.", pt: "Tudo bem." },
  database_silent: {
    en: "The database does not answer.",
    es: "La base de datos no responde.",
    pt: "O banco de dados não responde.",
  },
  database_foreign: {
    en: "The database is not Hilo's, or of another version.",
    es: "La base de datos no es de Hilo o es de otra versión.",
    pt: "O banco de dados não é do Hilo ou é de outra versão.",
  },
  broker_silent: {
    en: "The broker does not answer.",
    es: "La cola de mensajes no responde.",
    pt: "A fila de mensagens não responde.",
  },
  workers_silent: {
    en: "No sign of life for {time} from: {names}.",
    es: "Sin señales de vida desde hace {time}: {names}.",
    pt: "Sem sinal de vida há {time}: {names}.",
  },
  beat_silent: {
    en: "No worker heard a tick: beat, or every worker, is away.",
    es: "Ningún trabajador oye el reloj: falta beat, o faltan todos los trabajadores.",
    pt: "Nenhum trabalhador ouve o relógio: falta o beat, ou faltam todos os trabalhadores.",
  },
  lag: {
    en: "The oldest webhook body has waited for {time}.",
    es: "El cuerpo de webhook más antiguo espera desde hace {time}.",
    pt: "O corpo de webhook mais antigo espera há {time}.",
  },
  signature_missing: {
    en: "Webhooks are refused until WHATSAPP_APP_SECRET is set.",
    es: "Los webhooks se rechazan hasta que se defina WHATSAPP_APP_SECRET.",
    pt: "Os webhooks são recusados até que WHATSAPP_APP_SECRET seja definido.",
  },
  paused: {
    en: "Everything is paused: {reason}",
    es: "Todo está en pausa: {reason}",
    pt: "Tudo está em pausa: {reason}",
  },
  paused_unexplained: {
    en: "Everything is paused; no reason was given.",
    es: "Todo está en pausa; nadie dio un motivo.",
    pt: "Tudo está em pausa; ninguém deu um motivo.",
  },
  running: {
    en: "Automations run, and messages are sent.",
    es: "Las automatizaciones funcionan y los mensajes salen.",
    pt: "As automações funcionam e as mensagens saem.",
  },
  webhooks_never: {
    en: "WhatsApp has never called: subscribe its webhook “messages” to /webhooks/whatsapp with your verify token.",
    es: "WhatsApp nunca ha llamado: suscribe su webhook «messages» a /webhooks/whatsapp con tu token de verificación.",
    pt: "O WhatsApp nunca chamou: assine o webhook “messages” em /webhooks/whatsapp com o seu token de verificação.",
  },
  webhooks_last: {
    en: "WhatsApp last called {time} ago.",
    es: "WhatsApp llamó por última vez hace {time}.",
    pt: "O WhatsApp chamou pela última vez há {time}.",
  },
  parked: {
    en: {
      one: "{n} webhook body holds an item that could not be applied: replay it.",
      other: "{n} webhook bodies hold an item that could not be applied: replay them.",
    },
    es: {
      one: "{n} cuerpo de webhook tiene un elemento que no se pudo aplicar: repítelo.",
      other: "{n} cuerpos de webhook tienen un elemento que no se pudo aplicar: repítelos.",
    },
    pt: {
      one: "{n} corpo de webhook tem um item que não pôde ser aplicado: repita-o.",
      other: "{n} corpos de webhook têm um item que não pôde ser aplicado: repita-os.",
    },
  },
  parked_none: {
    en: "Everything that came in was applied.",
    es: "Todo lo que llegó se aplicó.",
    pt: "Tudo o que chegou foi aplicado.",
  },
  public_url: {
    en: "WhatsApp is expected to reach us at {url}.",
    es: "Se espera que WhatsApp nos encuentre en {url}.",
    pt: "Espera-se que o WhatsApp nos encontre em {url}.",
  },
  public_url_unset: {
    en: "PUBLIC_URL is not set: whether WhatsApp can reach us is never tried.",
    es: "PUBLIC_URL no está definida: no se comprueba si WhatsApp puede encontrarnos.",
    pt: "PUBLIC_URL não está definida: não se verifica se o WhatsApp pode nos encontrar.",
  },
  numbers_active: {
    en: "Every business number is active.",
    es: "Todos los números del negocio están activos.",
    pt: "Todos os números da empresa estão ativos.",
  },
  numbers_waiting: {
    en: "Halted: {halted}. Waiting to be claimed: {unclaimed}.",
    es: "Detenidos: {halted}. Por reclamar: {unclaimed}.",
    pt: "Parados: {halted}. Por reivindicar: {unclaimed}.",
  },
  numbers_none: {
    en: "No business number is active: claim one, or resume one that was halted.",
    es: "Ningún número del negocio está activo: reclama uno o reanuda uno detenido.",
    pt: "Nenhum número da empresa está ativo: reivindique um ou retome um que parou.",
  },
});
