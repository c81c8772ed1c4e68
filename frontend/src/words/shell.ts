// Words of the frame around every page, and of the sign-in page.

import { catalogue } from "../lib/language";

export const shell = catalogue({
  inbox: { en: "Inbox", es: "Bandeja", pt: "Caixa de entrada" },
  contacts: { en: "Contacts", es: "Contactos", pt: "Contatos" },
  automations: { en: "Automations", es: "Automatizaciones", pt: "Automações" },
  analytics: { en: "Analytics", es: "Analítica", pt: "Análises" },
  settings: { en: "Settings", es: "Ajustes", pt: "Configurações" },
  // At the bottom of a phone, where there is little room.
  inbox_brief: { en: "Inbox", es: "Bandeja", pt: "Entrada" },
  settings_brief: { en: "Settings", es: "Ajustes", pt: "Ajustes" },
  navigation: { en: "Main", es: "Principal", pt: "Principal" },
  skip: { en: "Skip to the page", es: "Saltar a la página", pt: "Ir para a página" },
  you: { en: "Your menu", es: "Tu menú", pt: "Seu menu" },
  account: { en: "Your account", es: "Tu cuenta", pt: "Sua conta" },
  theme: { en: "Appearance", es: "Apariencia", pt: "Aparência" },
  theme_system: { en: "As the system", es: "Como el sistema", pt: "Como o sistema" },
  theme_light: { en: "Light", es: "Claro", pt: "Claro" },
  theme_dark: { en: "Dark", es: "Oscuro", pt: "Escuro" },
  language: { en: "Language", es: "Idioma", pt: "Idioma" },
  shortcuts: { en: "Keyboard shortcuts", es: "Atajos de teclado", pt: "Atalhos de teclado" },
  api_docs: { en: "API documentation", es: "Documentación de la API", pt: "Documentação da API" },
  phone: { en: "Simulated phone", es: "Teléfono simulado", pt: "Telefone simulado" },
  log_out: { en: "Sign out", es: "Salir", pt: "Sair" },

  alerts: { en: "Alerts", es: "Avisos", pt: "Avisos" },
  alerts_open: { en: { one: "{n} open alert", other: "{n} open alerts" }, es: { one: "{n} aviso abierto", other: "{n} avisos abiertos" }, pt: { one: "{n} aviso aberto", other: "{n} avisos abertos" } }, // prettier-ignore
  alerts_none: { en: "All quiet", es: "Todo tranquilo", pt: "Tudo tranquilo" },
  alerts_none_text: {
    en: "What needs a person shows up here.",
    es: "Aquí aparece lo que necesita a una persona.",
    pt: "Aqui aparece o que precisa de uma pessoa.",
  },
  alert_times: { en: { one: "once", other: "{n} times" }, es: { one: "una vez", other: "{n} veces" }, pt: { one: "uma vez", other: "{n} vezes" } }, // prettier-ignore
  alert_resolve: { en: "Done with it", es: "Resuelto", pt: "Resolvido" },

  unreachable: {
    en: "Hilo does not answer. Trying again; what you see may be old.",
    es: "Hilo no responde. Reintentando; lo que ves puede ser antiguo.",
    pt: "O Hilo não responde. Tentando de novo; o que você vê pode ser antigo.",
  },

  paused: { en: "Everything is paused", es: "Todo está en pausa", pt: "Tudo está em pausa" },
  paused_text: {
    en: "Nothing leaves and no automation starts; what comes in is kept.",
    es: "No sale nada ni arranca ninguna automatización; lo que llega se guarda.",
    pt: "Nada sai e nenhuma automação começa; o que chega é guardado.",
  },
  pause_all: { en: "Pause everything", es: "Pausar todo", pt: "Pausar tudo" },
  pause_title: { en: "Pause everything?", es: "¿Pausar todo?", pt: "Pausar tudo?" },
  pause_text: {
    en: "Within a second nothing leaves any more and no automation starts. What comes in is kept, and you can resume at any time.",
    es: "En un segundo deja de salir todo y no arranca ninguna automatización. Lo que llega se guarda, y puedes reanudar cuando quieras.",
    pt: "Em um segundo nada mais sai e nenhuma automação começa. O que chega é guardado, e você pode retomar quando quiser.",
  },
  pause_reason: { en: "Why (others see it)", es: "Por qué (lo ven los demás)", pt: "Por quê (os outros veem)" },
  resume: { en: "Resume", es: "Reanudar", pt: "Retomar" },
  resumed: { en: "Everything goes on", es: "Todo sigue", pt: "Tudo continua" },

  keys_anywhere: { en: "Anywhere", es: "En cualquier parte", pt: "Em qualquer lugar" },
  keys_inbox: { en: "In the inbox", es: "En la bandeja", pt: "Na caixa de entrada" },
  keys_writing: { en: "While writing", es: "Al escribir", pt: "Ao escrever" },
  key_go: { en: "Go to {name}", es: "Ir a {name}", pt: "Ir para {name}" },
  key_search: { en: "Search on this page", es: "Buscar en esta página", pt: "Buscar nesta página" },
  key_new: { en: "Add a contact or automation", es: "Añadir un contacto o automatización", pt: "Adicionar um contato ou automação" }, // prettier-ignore
  key_help: { en: "Show these shortcuts", es: "Mostrar estos atajos", pt: "Mostrar estes atalhos" },
  key_close: { en: "Close what is open", es: "Cerrar lo abierto", pt: "Fechar o que está aberto" },
  key_next: { en: "Next conversation", es: "Siguiente conversación", pt: "Próxima conversa" },
  key_previous: { en: "Previous conversation", es: "Conversación anterior", pt: "Conversa anterior" },
  key_reply: { en: "Write a reply", es: "Escribir una respuesta", pt: "Escrever uma resposta" },
  key_close_conversation: { en: "Close or reopen it", es: "Cerrarla o reabrirla", pt: "Fechá-la ou reabri-la" },
  key_panel: {
    en: "Show or hide the contact",
    es: "Mostrar u ocultar el contacto",
    pt: "Mostrar ou ocultar o contato",
  },
  key_send: { en: "Send", es: "Enviar", pt: "Enviar" },
  key_newline: { en: "New line", es: "Nueva línea", pt: "Nova linha" },

  leave_title: { en: "Leave without saving?", es: "¿Salir sin guardar?", pt: "Sair sem salvar?" },
  leave_text: {
    en: "What you changed on this page will be lost.",
    es: "Se perderá lo que cambiaste en esta página.",
    pt: "O que você mudou nesta página se perderá.",
  },
  leave: { en: "Leave", es: "Salir", pt: "Sair" },

  not_found: { en: "There is nothing here", es: "Aquí no hay nada", pt: "Não há nada aqui" },
  not_found_text: {
    en: "The address may be mistyped, or what it led to is gone.",
    es: "La dirección puede tener un error, o lo que había ya no está.",
    pt: "O endereço pode ter um erro, ou o que havia já não está.",
  },
  broken: { en: "This page broke", es: "Esta página se rompió", pt: "Esta página quebrou" },
  broken_text: {
    en: "The rest of Hilo goes on. Load the page again; if it breaks once more, tell whoever runs Hilo.",
    es: "El resto de Hilo sigue. Vuelve a cargar la página; si falla otra vez, avisa a quien administra Hilo.",
    pt: "O resto do Hilo continua. Recarregue a página; se quebrar de novo, avise quem administra o Hilo.",
  },
  reload: { en: "Load again", es: "Volver a cargar", pt: "Recarregar" },

  sign_in: { en: "Sign in", es: "Entrar", pt: "Entrar" },
  sign_in_title: { en: "Welcome back", es: "Hola de nuevo", pt: "Olá de novo" },
  sign_in_text: {
    en: "Your team's conversations, automations and customers, in one calm place.",
    es: "Las conversaciones, automatizaciones y clientes de tu equipo, en un lugar tranquilo.",
    pt: "As conversas, automações e clientes da sua equipe, em um lugar tranquilo.",
  },
  signing_in: { en: "Signing in", es: "Entrando", pt: "Entrando" },
  username: { en: "E-mail or user name", es: "Correo o usuario", pt: "E-mail ou usuário" },
  password: { en: "Password", es: "Contraseña", pt: "Senha" },
  ended: {
    en: "Your session ended. Sign in to go on where you were.",
    es: "Tu sesión terminó. Entra para seguir donde estabas.",
    pt: "Sua sessão terminou. Entre para continuar de onde parou.",
  },
  choose_title: { en: "Choose your password", es: "Elige tu contraseña", pt: "Escolha sua senha" },
  choose_text: {
    en: "Somebody else knows the one that you signed in with. Choose one that only you know.",
    es: "Alguien más conoce la contraseña con la que entraste. Elige una que solo sepas tú.",
    pt: "Outra pessoa conhece a senha com que você entrou. Escolha uma que só você saiba.",
  },
  choose_hint: {
    en: "Ten characters or more; a few plain words are good.",
    es: "Diez caracteres o más; unas palabras sencillas sirven.",
    pt: "Dez caracteres ou mais; algumas palavras simples servem.",
  },
  choose: { en: "Go on", es: "Continuar", pt: "Continuar" },
  first_time: {
    en: "First time here? The first start printed your login, and keeps it in first-login.txt in the data folder.",
    es: "¿Primera vez? El primer arranque mostró tu acceso y lo guarda en first-login.txt, en la carpeta de datos.",
    pt: "Primeira vez? A primeira execução mostrou seu acesso e o guarda em first-login.txt, na pasta de dados.",
  },
  try_phone: {
    en: "Or text the shop from the simulated phone",
    es: "O escribe a la tienda desde el teléfono simulado",
    pt: "Ou escreva à loja pelo telefone simulado",
  },
});
