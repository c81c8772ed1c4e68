// What is wrong with one field, by the API's code. {a} and {b} are the numbers that the server's own sentence names.

import { catalogue } from "../lib/language";

export const fieldProblems = catalogue({
  password_unchanged: {
    en: "Choose another one than the one that you have.",
    es: "Elige una distinta de la que tienes.",
    pt: "Escolha uma diferente da que você tem.",
  },
  password_too_short: {
    en: "Ten characters or more, please.",
    es: "Diez caracteres o más, por favor.",
    pt: "Dez caracteres ou mais, por favor.",
  },
  password_too_long: {
    en: "A thousand characters at most.",
    es: "Mil caracteres como máximo.",
    pt: "Mil caracteres no máximo.",
  },
  password_too_simple: {
    en: "Use more than three different characters.",
    es: "Usa más de tres caracteres distintos.",
    pt: "Use mais de três caracteres diferentes.",
  },
  password_is_name: {
    en: "Not your own name or address.",
    es: "No uses tu nombre ni tu correo.",
    pt: "Não use seu nome nem seu e-mail.",
  },
  password_too_common: {
    en: "Everybody tries this one first. Take a few plain words.",
    es: "Es de las primeras que prueban todos. Usa unas palabras sencillas.",
    pt: "É das primeiras que todos tentam. Use algumas palavras simples.",
  },
  invalid_expiry: {
    en: "This lies in the past, or too far ahead.",
    es: "Está en el pasado o demasiado lejos.",
    pt: "Está no passado ou longe demais.",
  },
  empty: { en: "This is needed.", es: "Hace falta.", pt: "É necessário." },
  not_text: { en: "This is needed.", es: "Hace falta.", pt: "É necessário." },
  no_keywords: { en: "Write at least one word.", es: "Escribe al menos una palabra.", pt: "Escreva ao menos uma palavra." }, // prettier-ignore
  nothing_to_do: {
    en: "Say what changes: a field, or tags.",
    es: "Di qué cambia: un campo o etiquetas.",
    pt: "Diga o que muda: um campo ou etiquetas.",
  },
  unknown_choice: { en: "Choose one.", es: "Elige una opción.", pt: "Escolha uma opção." },
  bad_cron: {
    en: "This is no cron expression like 0 9 * * 1.",
    es: "No es una expresión cron como 0 9 * * 1.",
    pt: "Não é uma expressão cron como 0 9 * * 1.",
  },
  bad_rrule: {
    en: "This is no rule like FREQ=DAILY;BYHOUR=9.",
    es: "No es una regla como FREQ=DAILY;BYHOUR=9.",
    pt: "Não é uma regra como FREQ=DAILY;BYHOUR=9.",
  },
  never: { en: "That day never comes.", es: "Ese día nunca llega.", pt: "Esse dia nunca chega." },
  bad_moment: { en: "Choose a date and a time.", es: "Elige una fecha y una hora.", pt: "Escolha uma data e uma hora." }, // prettier-ignore
  unknown_automation: {
    en: "This automation is no longer here.",
    es: "Esta automatización ya no está aquí.",
    pt: "Esta automação não está mais aqui.",
  },
  circle: {
    en: "They would start one another for ever.",
    es: "Se iniciarían una a otra sin fin.",
    pt: "Uma iniciaria a outra sem fim.",
  },
  missing: { en: "This is needed.", es: "Hace falta.", pt: "É necessário." },
  invalid_email: {
    en: "This is not an e-mail address.",
    es: "No es una dirección de correo.",
    pt: "Não é um endereço de e-mail.",
  },
  invalid_birthday: {
    en: "There is no such date.",
    es: "Esa fecha no existe.",
    pt: "Essa data não existe.",
  },
  unknown_time_zone: {
    en: "Name a time zone, as in America/Bogota.",
    es: "Escribe una zona horaria, como America/Bogota.",
    pt: "Escreva um fuso horário, como America/Sao_Paulo.",
  },
  string_pattern_mismatch: {
    en: "This does not look right.",
    es: "Esto no tiene la forma esperada.",
    pt: "Isto não tem a forma esperada.",
  },
  string_too_short: {
    en: "Write {a} characters or more.",
    es: "Escribe {a} caracteres o más.",
    pt: "Escreva {a} caracteres ou mais.",
  },
  string_too_long: {
    en: "Write {a} characters at most.",
    es: "Escribe {a} caracteres como máximo.",
    pt: "Escreva no máximo {a} caracteres.",
  },
  too_short: {
    en: "Give {a} or more.",
    es: "Pon {a} o más.",
    pt: "Coloque {a} ou mais.",
  },
  too_long: {
    en: "This is too long.",
    es: "Es demasiado largo.",
    pt: "É longo demais.",
  },
  too_many: {
    en: "These are too many.",
    es: "Son demasiados.",
    pt: "São demais.",
  },
  too_deep: {
    en: "This is nested too deeply.",
    es: "Tiene demasiados niveles.",
    pt: "Tem níveis demais.",
  },
  greater_than: {
    en: "Write a number above {a}.",
    es: "Escribe un número mayor que {a}.",
    pt: "Escreva um número maior que {a}.",
  },
  greater_than_equal: {
    en: "Write {a} or more.",
    es: "Escribe {a} o más.",
    pt: "Escreva {a} ou mais.",
  },
  less_than: {
    en: "Write a number below {a}.",
    es: "Escribe un número menor que {a}.",
    pt: "Escreva um número menor que {a}.",
  },
  less_than_equal: {
    en: "Write {a} or less.",
    es: "Escribe {a} o menos.",
    pt: "Escreva {a} ou menos.",
  },
  out_of_range: {
    en: "Write a whole number from {a} to {b}.",
    es: "Escribe un número entero de {a} a {b}.",
    pt: "Escreva um número inteiro de {a} a {b}.",
  },
  int_type: {
    en: "Write a whole number.",
    es: "Escribe un número entero.",
    pt: "Escreva um número inteiro.",
  },
  int_parsing: {
    en: "Write a whole number.",
    es: "Escribe un número entero.",
    pt: "Escreva um número inteiro.",
  },
  int_from_float: {
    en: "Write a whole number.",
    es: "Escribe un número entero.",
    pt: "Escreva um número inteiro.",
  },
  int_parsing_size: {
    en: "This number is too large.",
    es: "Este número es demasiado grande.",
    pt: "Este número é grande demais.",
  },
  not_a_number: {
    en: "Write a number.",
    es: "Escribe un número.",
    pt: "Escreva um número.",
  },
  not_a_text: {
    en: "Write a text of {a} characters at most.",
    es: "Escribe un texto de {a} caracteres como máximo.",
    pt: "Escreva um texto de no máximo {a} caracteres.",
  },
  not_a_boolean: {
    en: "Write true or false.",
    es: "Escribe true o false.",
    pt: "Escreva true ou false.",
  },
  not_a_flag: {
    en: "Write true or false.",
    es: "Escribe true o false.",
    pt: "Escreva true ou false.",
  },
  not_a_date: {
    en: "Write a date, as 2026-03-14.",
    es: "Escribe una fecha, como 2026-03-14.",
    pt: "Escreva uma data, como 2026-03-14.",
  },
  not_a_choice: {
    en: "This is none of the choices.",
    es: "No es ninguna de las opciones.",
    pt: "Não é nenhuma das opções.",
  },
  not_a_list: {
    en: "Write a list.",
    es: "Escribe una lista.",
    pt: "Escreva uma lista.",
  },
  not_an_object: {
    en: "Write a JSON object, like {…}.",
    es: "Escribe un objeto JSON, como {…}.",
    pt: "Escreva um objeto JSON, como {…}.",
  },
  not_a_value: {
    en: "Write one text, number or true/false.",
    es: "Escribe un texto, un número o true/false.",
    pt: "Escreva um texto, um número ou true/false.",
  },
  not_settable: {
    en: "This field cannot be set.",
    es: "Este campo no se puede cambiar.",
    pt: "Este campo não pode ser alterado.",
  },
  bad_name: {
    en: "This name has too many characters, or none.",
    es: "Este nombre tiene demasiados caracteres o ninguno.",
    pt: "Este nome tem caracteres demais ou nenhum.",
  },
  string_unicode: {
    en: "This text holds characters that are none.",
    es: "Este texto contiene caracteres que no lo son.",
    pt: "Este texto contém caracteres que não são caracteres.",
  },
  bad_value: {
    en: "This value does not fit.",
    es: "Este valor no corresponde.",
    pt: "Este valor não cabe aqui.",
  },
  bad_character: {
    en: "This holds a character that cannot be stored.",
    es: "Contiene un carácter que no se puede guardar.",
    pt: "Contém um caractere que não pode ser guardado.",
  },
  contradiction: {
    en: "The same tag is added and taken away.",
    es: "La misma etiqueta se añade y se quita.",
    pt: "A mesma etiqueta é adicionada e removida.",
  },
  unknown_key: {
    en: "There is no such field here.",
    es: "Aquí no hay tal campo.",
    pt: "Não há esse campo aqui.",
  },
  extra_forbidden: {
    en: "There is no such field here.",
    es: "Aquí no hay tal campo.",
    pt: "Não há esse campo aqui.",
  },
  unknown_operator: {
    en: "There is no such comparison.",
    es: "No existe esa comparación.",
    pt: "Não existe essa comparação.",
  },
  operator_not_for_field: {
    en: "This field cannot be compared so.",
    es: "Este campo no se puede comparar así.",
    pt: "Este campo não pode ser comparado assim.",
  },
  reserved: {
    en: "Contacts have a field of this name already.",
    es: "Los contactos ya tienen un campo con este nombre.",
    pt: "Os contatos já têm um campo com este nome.",
  },
  invalid_phone: {
    en: "This is not a phone number. Write it with its country, as in +52 55 1234 5678.",
    es: "No es un número de teléfono. Escríbelo con su país, como +52 55 1234 5678.",
    pt: "Não é um número de telefone. Escreva com o país, como +55 11 91234 5678.",
  },
  invalid_language: {
    en: "Write a language as es or pt-BR.",
    es: "Escribe un idioma como es o pt-BR.",
    pt: "Escreva um idioma como es ou pt-BR.",
  },
  invalid_id: {
    en: "This is no id that Hilo gave.",
    es: "No es un id que haya dado Hilo.",
    pt: "Não é um id dado pelo Hilo.",
  },
  phone_taken: {
    en: "Another contact has this number.",
    es: "Otro contacto tiene este número.",
    pt: "Outro contato tem este número.",
  },
  contact_not_found: {
    en: "There is no contact with this id.",
    es: "No hay ningún contacto con este id.",
    pt: "Não há contato com este id.",
  },
  table_empty: {
    en: "The file is empty.",
    es: "El archivo está vacío.",
    pt: "O arquivo está vazio.",
  },
  table_unreadable: {
    en: "This is no CSV file.",
    es: "No es un archivo CSV.",
    pt: "Não é um arquivo CSV.",
  },
  column_twice: {
    en: "Two columns have the same name.",
    es: "Dos columnas tienen el mismo nombre.",
    pt: "Duas colunas têm o mesmo nome.",
  },
  no_known_column: {
    en: "There is no column called name, phone or email.",
    es: "No hay ninguna columna llamada nombre, teléfono o correo.",
    pt: "Não há coluna chamada nome, telefone ou e-mail.",
  },
});
