// The API's error codes as sentences. `field_…` are about one field of a form.

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
  field_password_unchanged: {
    en: "Choose another one than the one that you have.",
    es: "Elige una distinta de la que tienes.",
    pt: "Escolha uma diferente da que você tem.",
  },
  field_password_too_short: {
    en: "Ten characters or more, please.",
    es: "Diez caracteres o más, por favor.",
    pt: "Dez caracteres ou mais, por favor.",
  },
  field_password_too_long: {
    en: "A thousand characters at most.",
    es: "Mil caracteres como máximo.",
    pt: "Mil caracteres no máximo.",
  },
  field_password_too_simple: {
    en: "Use more than three different characters.",
    es: "Usa más de tres caracteres distintos.",
    pt: "Use mais de três caracteres diferentes.",
  },
  field_password_is_name: {
    en: "Not your own name or address.",
    es: "No uses tu nombre ni tu correo.",
    pt: "Não use seu nome nem seu e-mail.",
  },
  field_password_too_common: {
    en: "Everybody tries this one first. Take a few plain words.",
    es: "Es de las primeras que prueban todos. Usa unas palabras sencillas.",
    pt: "É das primeiras que todos tentam. Use algumas palavras simples.",
  },
  field_invalid_expiry: {
    en: "This lies in the past, or too far ahead.",
    es: "Está en el pasado o demasiado lejos.",
    pt: "Está no passado ou longe demais.",
  },
  field_greater_than_equal: { en: "This is too small.", es: "Es demasiado pequeño.", pt: "É pequeno demais." },
  field_less_than_equal: { en: "This is too large.", es: "Es demasiado grande.", pt: "É grande demais." },
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
  field_empty: { en: "This is needed.", es: "Hace falta.", pt: "É necessário." },
  field_not_text: { en: "This is needed.", es: "Hace falta.", pt: "É necessário." },
  field_not_a_number: {
    en: "Write a whole number.",
    es: "Escribe un número entero.",
    pt: "Escreva um número inteiro.",
  },
  field_no_keywords: { en: "Write at least one word.", es: "Escribe al menos una palabra.", pt: "Escreva ao menos uma palavra." }, // prettier-ignore
  field_nothing_to_do: {
    en: "Say what changes: a field, or tags.",
    es: "Di qué cambia: un campo o etiquetas.",
    pt: "Diga o que muda: um campo ou etiquetas.",
  },
  field_unknown_choice: { en: "Choose one.", es: "Elige una opción.", pt: "Escolha uma opção." },
  field_bad_cron: {
    en: "This is no cron expression like 0 9 * * 1.",
    es: "No es una expresión cron como 0 9 * * 1.",
    pt: "Não é uma expressão cron como 0 9 * * 1.",
  },
  field_bad_rrule: {
    en: "This is no rule like FREQ=DAILY;BYHOUR=9.",
    es: "No es una regla como FREQ=DAILY;BYHOUR=9.",
    pt: "Não é uma regra como FREQ=DAILY;BYHOUR=9.",
  },
  field_never: { en: "That day never comes.", es: "Ese día nunca llega.", pt: "Esse dia nunca chega." },
  field_bad_moment: { en: "Choose a date and a time.", es: "Elige una fecha y una hora.", pt: "Escolha uma data e uma hora." }, // prettier-ignore
  field_unknown_automation: {
    en: "This automation is no longer here.",
    es: "Esta automatización ya no está aquí.",
    pt: "Esta automação não está mais aqui.",
  },
  field_circle: {
    en: "They would start one another for ever.",
    es: "Se iniciarían una a otra sin fin.",
    pt: "Uma iniciaria a outra sem fim.",
  },
  field_missing: { en: "This is needed.", es: "Hace falta.", pt: "É necessário." },
  field_string_too_short: { en: "This is too short.", es: "Es demasiado corto.", pt: "É curto demais." },
  field_string_too_long: { en: "This is too long.", es: "Es demasiado largo.", pt: "É longo demais." },
  field_invalid_phone: {
    en: "This is not a phone number. Write it with its country, as in +52 55 1234 5678.",
    es: "No es un número de teléfono. Escríbelo con su país, como +52 55 1234 5678.",
    pt: "Não é um número de telefone. Escreva com o país, como +55 11 91234 5678.",
  },
  field_invalid_email: {
    en: "This is not an e-mail address.",
    es: "No es una dirección de correo.",
    pt: "Não é um endereço de e-mail.",
  },
  field_invalid_birthday: {
    en: "There is no such date.",
    es: "Esa fecha no existe.",
    pt: "Essa data não existe.",
  },
  field_unknown_time_zone: {
    en: "Name a time zone, as in America/Bogota.",
    es: "Escribe una zona horaria, como America/Bogota.",
    pt: "Escreva um fuso horário, como America/Sao_Paulo.",
  },
  field_string_pattern_mismatch: {
    en: "This does not look right.",
    es: "Esto no tiene la forma esperada.",
    pt: "Isto não tem a forma esperada.",
  },
});
