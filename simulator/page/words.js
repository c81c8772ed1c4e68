// Every word that the page shows, in English, Spanish and Portuguese.
// What the business or the customer wrote is never translated, so it never passes through here.

export const WORDS = {
  en: {
    title: "Simulated phone · Hilo",
    headline: "Text the shop. Watch it answer.",
    intro:
      "This phone is simulated. What you write reaches Hilo exactly as WhatsApp would deliver it, and your automations reply. No Meta account; nothing leaves this machine.",
    caption: "Simulated phone. Not connected to WhatsApp or Meta.",
    notice: "Simulated chat. Messages stay on this machine.",
    business_account: "Business account",
    online: "online",
    typing: "typing…",
    connecting: "connecting…",
    try_title: "Try",
    people_title: "You are",
    add_person: "Add a person",
    name: "Name",
    number: "Phone number",
    number_hint: "Digits with country code, 8 to 15 of them.",
    number_taken: "That number is already here.",
    save: "Add",
    cancel: "Cancel",
    close: "Close",
    phone_title: "This phone",
    online_label: "Online",
    online_hint: "Off: messages wait, as on a plane",
    receipts_label: "Read receipts",
    receipts_hint: "Off: the shop never sees “read”",
    blocked_label: "Block the shop",
    blocked_hint: "On: nothing reaches this phone",
    ticks_title: "Ticks on your messages",
    tick_sent: "With WhatsApp",
    tick_delivered: "With the shop",
    tick_read: "Read",
    api_docs: "Operator API",
    reset: "Start over",
    reset_title: "Empty the simulator?",
    reset_text: "Every conversation on every simulated phone goes. What Hilo itself has stored stays.",
    reset_confirm: "Empty it",
    theme: "Light or dark",
    language: "Language",
    open_panel: "You are {name}. People and settings",
    message: "Message",
    send: "Send",
    conversation: "Conversation with {name}",
    jump: "Go to the latest message",
    jump_new: ["Go to the latest message, {n} new", "Go to the latest message, {n} new"],
    today: "Today",
    yesterday: "Yesterday",
    unread: ["{n} unread message", "{n} unread messages"],
    empty_title: "Say hello",
    empty_text: "Type “hola”, or tap one:",
    away: "The simulator does not answer. Trying again…",
    offline: "This phone is offline. Messages wait until it is back.",
    go_online: "Go online",
    blocked: "You blocked this business.",
    unblock: "Unblock",
    failed: "Not sent",
    retry: "Try again",
    failed_control: "That did not work. Try again.",
    you: "You",
    pending: "waiting",
    sent: "sent",
    delivered: "delivered",
    read: "read",
    failed_status: "failed",
    mine_pending: "Waiting to be sent",
    mine_sent: "With WhatsApp",
    mine_delivered: "Delivered to the shop",
    mine_read: "Read by the shop",
    mine_failed: "Not sent",
    business_sees: "What the business sees: {status}",
    edited: "Edited",
    revoked: "This message was deleted",
    says: "{name} says: {text}",
    options: "Choose an option",
    image: "Photo",
    video: "Video",
    audio: "Audio",
    document: "Document",
    sticker: "Sticker",
    location: "Location",
    contacts: "Contact",
    order: "Order",
    template: "Template",
    reaction: "Reacted {emoji}",
    unknown_type: "This phone cannot show a message of type “{type}”.",
  },
  es: {
    title: "Teléfono simulado · Hilo",
    headline: "Escribe a la tienda. Mira cómo responde.",
    intro:
      "Este teléfono es simulado. Lo que escribes llega a Hilo tal como lo entregaría WhatsApp, y tus automatizaciones contestan. Sin cuenta de Meta; nada sale de este equipo.",
    caption: "Teléfono simulado. Sin conexión con WhatsApp ni Meta.",
    notice: "Chat simulado. Los mensajes no salen de este equipo.",
    business_account: "Cuenta de empresa",
    online: "en línea",
    typing: "escribiendo…",
    connecting: "conectando…",
    try_title: "Prueba",
    people_title: "Eres",
    add_person: "Añadir una persona",
    name: "Nombre",
    number: "Número de teléfono",
    number_hint: "Cifras con prefijo de país, de 8 a 15.",
    number_taken: "Ese número ya está aquí.",
    save: "Añadir",
    cancel: "Cancelar",
    close: "Cerrar",
    phone_title: "Este teléfono",
    online_label: "En línea",
    online_hint: "Apagado: los mensajes esperan, como en un avión",
    receipts_label: "Confirmación de lectura",
    receipts_hint: "Apagado: la tienda nunca ve «leído»",
    blocked_label: "Bloquear la tienda",
    blocked_hint: "Encendido: nada llega a este teléfono",
    ticks_title: "Marcas en tus mensajes",
    tick_sent: "En WhatsApp",
    tick_delivered: "En la tienda",
    tick_read: "Leído",
    api_docs: "API del operador",
    reset: "Empezar de nuevo",
    reset_title: "¿Vaciar el simulador?",
    reset_text: "Se borran las conversaciones de todos los teléfonos simulados. Lo que Hilo guardó se queda.",
    reset_confirm: "Vaciar",
    theme: "Claro u oscuro",
    language: "Idioma",
    open_panel: "Eres {name}. Personas y ajustes",
    message: "Mensaje",
    send: "Enviar",
    conversation: "Conversación con {name}",
    jump: "Ir al último mensaje",
    jump_new: ["Ir al último mensaje, {n} nuevo", "Ir al último mensaje, {n} nuevos"],
    today: "Hoy",
    yesterday: "Ayer",
    unread: ["{n} mensaje no leído", "{n} mensajes no leídos"],
    empty_title: "Di hola",
    empty_text: "Escribe «hola» o toca una:",
    away: "El simulador no responde. Reintentando…",
    offline: "Este teléfono está sin conexión. Los mensajes esperan.",
    go_online: "Conectar",
    blocked: "Bloqueaste esta empresa.",
    unblock: "Desbloquear",
    failed: "No enviado",
    retry: "Reintentar",
    failed_control: "No funcionó. Inténtalo de nuevo.",
    you: "Tú",
    pending: "en espera",
    sent: "enviado",
    delivered: "entregado",
    read: "leído",
    failed_status: "fallido",
    mine_pending: "Esperando para enviarse",
    mine_sent: "En WhatsApp",
    mine_delivered: "Entregado a la tienda",
    mine_read: "Leído por la tienda",
    mine_failed: "No enviado",
    business_sees: "Lo que ve la empresa: {status}",
    edited: "Editado",
    revoked: "Se eliminó este mensaje",
    says: "{name} dice: {text}",
    options: "Elige una opción",
    image: "Foto",
    video: "Vídeo",
    audio: "Audio",
    document: "Documento",
    sticker: "Sticker",
    location: "Ubicación",
    contacts: "Contacto",
    order: "Pedido",
    template: "Plantilla",
    reaction: "Reaccionó con {emoji}",
    unknown_type: "Este teléfono no puede mostrar un mensaje de tipo «{type}».",
  },
  pt: {
    title: "Telefone simulado · Hilo",
    headline: "Escreva à loja. Veja como ela responde.",
    intro:
      "Este telefone é simulado. O que você escreve chega ao Hilo tal como o WhatsApp entregaria, e suas automações respondem. Sem conta da Meta; nada sai desta máquina.",
    caption: "Telefone simulado. Sem ligação com o WhatsApp ou a Meta.",
    notice: "Conversa simulada. As mensagens não saem desta máquina.",
    business_account: "Conta comercial",
    online: "online",
    typing: "digitando…",
    connecting: "conectando…",
    try_title: "Experimente",
    people_title: "Você é",
    add_person: "Adicionar uma pessoa",
    name: "Nome",
    number: "Número de telefone",
    number_hint: "Dígitos com código do país, de 8 a 15.",
    number_taken: "Esse número já está aqui.",
    save: "Adicionar",
    cancel: "Cancelar",
    close: "Fechar",
    phone_title: "Este telefone",
    online_label: "Online",
    online_hint: "Desligado: as mensagens esperam, como no avião",
    receipts_label: "Confirmação de leitura",
    receipts_hint: "Desligado: a loja nunca vê “lida”",
    blocked_label: "Bloquear a loja",
    blocked_hint: "Ligado: nada chega a este telefone",
    ticks_title: "Marcas nas suas mensagens",
    tick_sent: "No WhatsApp",
    tick_delivered: "Na loja",
    tick_read: "Lida",
    api_docs: "API do operador",
    reset: "Recomeçar",
    reset_title: "Esvaziar o simulador?",
    reset_text: "Todas as conversas de todos os telefones simulados somem. O que o Hilo guardou fica.",
    reset_confirm: "Esvaziar",
    theme: "Claro ou escuro",
    language: "Idioma",
    open_panel: "Você é {name}. Pessoas e ajustes",
    message: "Mensagem",
    send: "Enviar",
    conversation: "Conversa com {name}",
    jump: "Ir para a última mensagem",
    jump_new: ["Ir para a última mensagem, {n} nova", "Ir para a última mensagem, {n} novas"],
    today: "Hoje",
    yesterday: "Ontem",
    unread: ["{n} mensagem não lida", "{n} mensagens não lidas"],
    empty_title: "Diga olá",
    empty_text: "Digite “hola” ou toque em uma:",
    away: "O simulador não responde. Tentando de novo…",
    offline: "Este telefone está offline. As mensagens esperam.",
    go_online: "Conectar",
    blocked: "Você bloqueou esta empresa.",
    unblock: "Desbloquear",
    failed: "Não enviada",
    retry: "Tentar de novo",
    failed_control: "Não funcionou. Tente de novo.",
    you: "Você",
    pending: "aguardando",
    sent: "enviada",
    delivered: "entregue",
    read: "lida",
    failed_status: "falhou",
    mine_pending: "Aguardando envio",
    mine_sent: "No WhatsApp",
    mine_delivered: "Entregue à loja",
    mine_read: "Lida pela loja",
    mine_failed: "Não enviada",
    business_sees: "O que a empresa vê: {status}",
    edited: "Editada",
    revoked: "Esta mensagem foi apagada",
    says: "{name} diz: {text}",
    options: "Escolha uma opção",
    image: "Foto",
    video: "Vídeo",
    audio: "Áudio",
    document: "Documento",
    sticker: "Figurinha",
    location: "Localização",
    contacts: "Contato",
    order: "Pedido",
    template: "Modelo",
    reaction: "Reagiu com {emoji}",
    unknown_type: "Este telefone não consegue mostrar uma mensagem do tipo “{type}”.",
  },
};

export const LANGUAGES = { en: "English", es: "Español", pt: "Português" };

let current = remembered() ?? preferred();
const formats = new Map();

export const language = () => current;

/** The text for `key`; a pair of forms is chosen by `values.n`. */
export function t(key, values = {}) {
  const entry = WORDS[current][key];
  const text = Array.isArray(entry) ? entry[values.n === 1 ? 0 : 1] : entry;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

export function setLanguage(code) {
  current = code;
  try {
    localStorage.setItem("hilo.language", code);
  } catch {
    // Storage can be forbidden; the choice then lasts as long as the page.
  }
}

/** Making a formatter is slow, and every message wants one. */
export function dateFormat(options) {
  const key = `${current} ${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(current, options));
  return formats.get(key);
}

/** Fills elements marked data-word (text), data-word-label, data-word-title and data-word-placeholder. */
export function applyWords(root) {
  document.documentElement.lang = current;
  document.title = t("title");
  for (const node of root.querySelectorAll("[data-word]")) node.textContent = t(node.dataset.word);
  for (const node of root.querySelectorAll("[data-word-label]")) {
    node.setAttribute("aria-label", t(node.dataset.wordLabel));
  }
  for (const node of root.querySelectorAll("[data-word-title]")) node.title = t(node.dataset.wordTitle);
  for (const node of root.querySelectorAll("[data-word-placeholder]")) {
    node.placeholder = t(node.dataset.wordPlaceholder);
  }
}

function remembered() {
  try {
    const code = localStorage.getItem("hilo.language");
    return code in WORDS ? code : null;
  } catch {
    return null;
  }
}

function preferred() {
  for (const tag of navigator.languages ?? [navigator.language ?? "en"]) {
    const code = tag.slice(0, 2).toLowerCase();
    if (code in WORDS) return code;
  }
  return "en";
}
