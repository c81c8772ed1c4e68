// The API's error codes as sentences; what is wrong with one field of a form stands in fieldProblems.ts.

import { catalogue } from "../lib/language";

export const problems = catalogue({
  offline: {
    en: "Hilo does not answer. Check your connection; nothing you typed is lost.",
    es: "Hilo no responde. Revisa tu conexión; no se pierde nada de lo que escribiste.",
    pt: "O Hilo não responde. Verifique sua conexão; nada do que você escreveu se perde.",
  },
  internal: {
    en: "Something went wrong on our side. It was logged; try again.",
    es: "Algo falló de nuestro lado. Quedó registrado; inténtalo de nuevo.",
    pt: "Algo deu errado do nosso lado. Ficou registrado; tente de novo.",
  },
  unreadable: {
    en: "Something between you and Hilo answered instead of it. Try again.",
    es: "Respondió algo que está entre tú y Hilo. Inténtalo de nuevo.",
    pt: "Algo entre você e o Hilo respondeu no lugar dele. Tente de novo.",
  },
  unavailable: {
    en: "The database cannot be asked right now. Try again in a moment.",
    es: "La base de datos no está disponible ahora. Inténtalo en un momento.",
    pt: "O banco de dados não está disponível agora. Tente em instantes.",
  },
  overloaded: {
    en: "Too much is happening at once. Try again in a second.",
    es: "Hay demasiada actividad. Inténtalo en un segundo.",
    pt: "Há atividade demais agora. Tente em um segundo.",
  },
  not_authenticated: {
    en: "Your session has ended. Sign in again.",
    es: "Tu sesión terminó. Vuelve a entrar.",
    pt: "Sua sessão terminou. Entre de novo.",
  },
  forbidden: {
    en: "Your role does not allow this. Ask an admin.",
    es: "Tu rol no lo permite. Pídeselo a un administrador.",
    pt: "Seu papel não permite isso. Peça a um administrador.",
  },
  not_found: {
    en: "This is no longer here.",
    es: "Esto ya no está aquí.",
    pt: "Isto não está mais aqui.",
  },
  bad_credentials: {
    en: "That name and password do not go together.",
    es: "Ese usuario y esa contraseña no coinciden.",
    pt: "Esse usuário e essa senha não combinam.",
  },
  too_many_logins: {
    en: "Too many attempts. Wait a little before you try again.",
    es: "Demasiados intentos. Espera un poco antes de volver a probar.",
    pt: "Tentativas demais. Espere um pouco antes de tentar de novo.",
  },
  too_many_logins_for: {
    en: { one: "Too many attempts. Try again in a minute.", other: "Too many attempts. Try again in {n} minutes." },
    es: { one: "Demasiados intentos. Prueba en un minuto.", other: "Demasiados intentos. Prueba en {n} minutos." },
    pt: { one: "Tentativas demais. Tente em um minuto.", other: "Tentativas demais. Tente em {n} minutos." },
  },
  validation_failed: {
    en: "Please check the marked fields.",
    es: "Revisa los campos marcados.",
    pt: "Confira os campos marcados.",
  },
  contact_not_found: {
    en: "This contact is no longer here.",
    es: "Este contacto ya no está aquí.",
    pt: "Este contato não está mais aqui.",
  },
  conversation_not_found: {
    en: "This conversation is no longer here.",
    es: "Esta conversación ya no está aquí.",
    pt: "Esta conversa não está mais aqui.",
  },
  message_not_found: {
    en: "This message is no longer here.",
    es: "Este mensaje ya no está aquí.",
    pt: "Esta mensagem não está mais aqui.",
  },
  invalid_phone: {
    en: "This is not a phone number. Write it with its country, as in +52 55 1234 5678.",
    es: "No es un número de teléfono. Escríbelo con su país, como +52 55 1234 5678.",
    pt: "Não é um número de telefone. Escreva com o país, como +55 11 91234 5678.",
  },
  phone_taken: {
    en: "Another contact has this number.",
    es: "Otro contacto tiene este número.",
    pt: "Outro contato tem este número.",
  },
  window_closed: {
    en: "The 24-hour window is closed: this person has to write first.",
    es: "La ventana de 24 horas está cerrada: esta persona tiene que escribir primero.",
    pt: "A janela de 24 horas está fechada: esta pessoa precisa escrever primeiro.",
  },
  contact_inactive: {
    en: "This contact was deactivated: nothing is sent to it.",
    es: "Este contacto está desactivado: no se le envía nada.",
    pt: "Este contato foi desativado: nada é enviado a ele.",
  },
  channel_unclaimed: {
    en: "Nobody has claimed this business number yet, so nothing leaves through it.",
    es: "Nadie ha reclamado aún este número del negocio; no se envía nada por él.",
    pt: "Ninguém assumiu este número da empresa ainda; nada sai por ele.",
  },
  not_resendable: {
    en: "This message cannot be sent again: it may still arrive.",
    es: "Este mensaje no se puede reenviar: todavía puede llegar.",
    pt: "Esta mensagem não pode ser reenviada: ela ainda pode chegar.",
  },
  wrong_password: {
    en: "This is not your password until now.",
    es: "Esa no es tu contraseña actual.",
    pt: "Essa não é a sua senha atual.",
  },
  password_change_required: {
    en: "Choose a password of your own first: sign in again.",
    es: "Primero elige una contraseña propia: entra de nuevo.",
    pt: "Primeiro escolha uma senha sua: entre de novo.",
  },
  weak_password: {
    en: "This password is too easy to guess. Take a longer one, or a few words.",
    es: "Es demasiado fácil de adivinar. Usa una más larga o unas pocas palabras.",
    pt: "É fácil demais de adivinhar. Use uma mais longa ou algumas palavras.",
  },
  login_throttled: {
    en: "Too many attempts. Wait a little before you try again.",
    es: "Demasiados intentos. Espera un poco antes de volver a probar.",
    pt: "Tentativas demais. Espere um pouco antes de tentar de novo.",
  },
  session_ended: {
    en: "Your session has ended. Sign in again.",
    es: "Tu sesión terminó. Vuelve a entrar.",
    pt: "Sua sessão terminou. Entre de novo.",
  },
  beyond_api_key: {
    en: "A key cannot do this: sign in yourself.",
    es: "Una clave no puede hacer esto: entra tú mismo.",
    pt: "Uma chave não pode fazer isto: entre você mesmo.",
  },
  user_not_found: {
    en: "This user is no longer here.",
    es: "Este usuario ya no está.",
    pt: "Este usuário não está mais aqui.",
  },
  assignee_not_found: {
    en: "This person no longer works here.",
    es: "Esta persona ya no trabaja aquí.",
    pt: "Esta pessoa não trabalha mais aqui.",
  },
  group_not_found: {
    en: "This group is no longer here.",
    es: "Este grupo ya no está.",
    pt: "Este grupo não está mais aqui.",
  },
  group_name_taken: {
    en: "There is a group of this name already.",
    es: "Ya hay un grupo con este nombre.",
    pt: "Já existe um grupo com este nome.",
  },
  username_taken: {
    en: "Somebody has this user name already.",
    es: "Alguien ya tiene este usuario.",
    pt: "Alguém já tem este usuário.",
  },
  email_taken: {
    en: "Somebody has this e-mail address already.",
    es: "Alguien ya tiene este correo.",
    pt: "Alguém já tem este e-mail.",
  },
  last_admin: {
    en: "This is the last active admin. Make somebody else an admin first.",
    es: "Es el último administrador activo. Nombra antes a otro.",
    pt: "É o último administrador ativo. Torne outra pessoa administradora antes.",
  },
  own_account: {
    en: "This cannot be done to the account that you are using.",
    es: "Esto no se puede hacer con la cuenta que estás usando.",
    pt: "Isto não pode ser feito com a conta que você está usando.",
  },
  session_not_found: {
    en: "This session has ended already.",
    es: "Esta sesión ya terminó.",
    pt: "Esta sessão já terminou.",
  },
  api_key_not_found: {
    en: "This key is no longer here.",
    es: "Esta clave ya no está aquí.",
    pt: "Esta chave não está mais aqui.",
  },
  scope_not_allowed: {
    en: "A key cannot do more than you may yourself.",
    es: "Una clave no puede más de lo que puedes tú.",
    pt: "Uma chave não pode mais do que você pode.",
  },
  channel_not_found: {
    en: "This business number is no longer here.",
    es: "Este número ya no está aquí.",
    pt: "Este número não está mais aqui.",
  },
  channel_claimed: {
    en: "Somebody has claimed this number meanwhile.",
    es: "Alguien reclamó este número mientras tanto.",
    pt: "Alguém assumiu este número nesse meio-tempo.",
  },
  channel_halted: {
    en: "This number is halted already.",
    es: "Este número ya está detenido.",
    pt: "Este número já está parado.",
  },
  channel_active: {
    en: "This number is active already.",
    es: "Este número ya está activo.",
    pt: "Este número já está ativo.",
  },
  webhook_event_not_found: {
    en: "This webhook is no longer kept.",
    es: "Este webhook ya no se conserva.",
    pt: "Este webhook não é mais mantido.",
  },
  not_parked: {
    en: "Nothing of this webhook is parked any more.",
    es: "Ya no queda nada apartado de este webhook.",
    pt: "Nada deste webhook está mais separado.",
  },
  alert_not_found: {
    en: "This alert is no longer here.",
    es: "Este aviso ya no está aquí.",
    pt: "Este aviso não está mais aqui.",
  },
  automation_not_found: {
    en: "This automation is no longer here.",
    es: "Esta automatización ya no está aquí.",
    pt: "Esta automação não está mais aqui.",
  },
  invalid_automation: {
    en: "It cannot be saved as it stands. Please check the marked fields.",
    es: "No se puede guardar así. Revisa los campos marcados.",
    pt: "Não pode ser salva assim. Confira os campos marcados.",
  },
  automation_in_use: {
    en: "Another automation starts this one. Change that one first.",
    es: "Otra automatización inicia esta. Cambia primero aquella.",
    pt: "Outra automação inicia esta. Mude aquela primeiro.",
  },
  automation_has_history: {
    en: "It has run, and its records stay: switch it off instead.",
    es: "Ya se ejecutó y sus registros se quedan: apágala en su lugar.",
    pt: "Já foi executada e seus registros ficam: desligue-a em vez disso.",
  },
  automation_not_running: {
    en: "This automation is off: switch it on to run it.",
    es: "Esta automatización está apagada: actívala para ejecutarla.",
    pt: "Esta automação está desligada: ative-a para executar.",
  },
  workspace_paused: {
    en: "Everything is paused. Resume first.",
    es: "Todo está en pausa. Primero reanuda.",
    pt: "Tudo está em pausa. Retome primeiro.",
  },
  too_many_periods: {
    en: "This range is too long to be counted. Choose a shorter one.",
    es: "Este periodo es demasiado largo. Elige uno más corto.",
    pt: "Este período é longo demais. Escolha um mais curto.",
  },
  invalid_range: {
    en: "The range has to begin before it ends.",
    es: "El periodo tiene que empezar antes de terminar.",
    pt: "O período tem que começar antes de terminar.",
  },
  conflict: {
    en: "This changed meanwhile. Look again, then try once more.",
    es: "Esto cambió mientras tanto. Revísalo e inténtalo de nuevo.",
    pt: "Isto mudou nesse meio-tempo. Confira e tente de novo.",
  },
  contact_busy: {
    en: "A message to this contact is leaving right now. Try again in a moment.",
    es: "Ahora mismo sale un mensaje para este contacto. Inténtalo en un momento.",
    pt: "Uma mensagem para este contato está saindo agora. Tente em instantes.",
  },
  same_contact: {
    en: "These two are one contact already.",
    es: "Los dos ya son el mismo contacto.",
    pt: "Os dois já são o mesmo contato.",
  },
  channel_mismatch: {
    en: "This person writes to another of your numbers.",
    es: "Esta persona escribe a otro de tus números.",
    pt: "Esta pessoa escreve para outro dos seus números.",
  },
  channel_required: {
    en: "Say which of your numbers is to send it.",
    es: "Di cuál de tus números lo envía.",
    pt: "Diga qual dos seus números envia.",
  },
  not_quotable: {
    en: "This message cannot be quoted.",
    es: "Este mensaje no se puede citar.",
    pt: "Esta mensagem não pode ser citada.",
  },
  field_not_found: {
    en: "This field is no longer here.",
    es: "Este campo ya no está aquí.",
    pt: "Este campo não está mais aqui.",
  },
  field_key_taken: {
    en: "There is a field of this name already.",
    es: "Ya hay un campo con este nombre.",
    pt: "Já existe um campo com este nome.",
  },
  invalid_field: {
    en: "It cannot be saved as it stands. Please check the marked fields.",
    es: "No se puede guardar así. Revisa los campos marcados.",
    pt: "Não pode ser salvo assim. Confira os campos marcados.",
  },
  invalid_metadata: {
    en: "A custom field holds what does not fit it.",
    es: "Un campo propio tiene un valor que no le corresponde.",
    pt: "Um campo próprio tem um valor que não cabe nele.",
  },
  import_not_found: {
    en: "This import is no longer here.",
    es: "Esta importación ya no está aquí.",
    pt: "Esta importação não está mais aqui.",
  },
  invalid_table: {
    en: "This file cannot be read as a table of contacts.",
    es: "Este archivo no se puede leer como tabla de contactos.",
    pt: "Este arquivo não pode ser lido como tabela de contatos.",
  },
  body_too_large: {
    en: "This is too large.",
    es: "Es demasiado grande.",
    pt: "É grande demais.",
  },
  invalid_expiry: {
    en: "This lies in the past, or too far ahead.",
    es: "Está en el pasado o demasiado lejos.",
    pt: "Está no passado ou longe demais.",
  },
  request_in_progress: {
    en: "This is being done already. Wait a moment, then look.",
    es: "Ya se está haciendo. Espera un momento y mira.",
    pt: "Isto já está sendo feito. Espere um instante e confira.",
  },
  idempotency_mismatch: {
    en: "Something else was sent in its place. Load the page again.",
    es: "Se envió otra cosa en su lugar. Vuelve a cargar la página.",
    pt: "Outra coisa foi enviada no lugar. Recarregue a página.",
  },
  run_not_found: {
    en: "This run is no longer here.",
    es: "Esta ejecución ya no está aquí.",
    pt: "Esta execução não está mais aqui.",
  },
  start_not_found: {
    en: "This start is no longer here.",
    es: "Este inicio ya no está aquí.",
    pt: "Este início não está mais aqui.",
  },
  invalid_cursor: {
    en: "This list changed. Load the page again.",
    es: "Esta lista cambió. Vuelve a cargar la página.",
    pt: "Esta lista mudou. Recarregue a página.",
  },
  not_kept: {
    en: "Numbers this fine are no longer kept for that range.",
    es: "Ya no se guardan números tan finos de ese periodo.",
    pt: "Números tão detalhados desse período não são mais guardados.",
  },
  too_many_watchers: {
    en: "Too many pages are open at once.",
    es: "Hay demasiadas páginas abiertas a la vez.",
    pt: "Há páginas demais abertas ao mesmo tempo.",
  },
  wrong_origin: {
    en: "Another site tried to use your session. Open Hilo by its own address.",
    es: "Otro sitio intentó usar tu sesión. Abre Hilo por su propia dirección.",
    pt: "Outro site tentou usar sua sessão. Abra o Hilo pelo próprio endereço.",
  },
});
