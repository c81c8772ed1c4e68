// Words of custom fields: what contacts hold besides what every contact has.

import { catalogue } from "../lib/language";

export const fields = catalogue({
  title: { en: "Custom fields", es: "Campos propios", pt: "Campos próprios" },
  new: { en: "New field", es: "Nuevo campo", pt: "Novo campo" },
  none: { en: "No custom fields yet", es: "Aún no hay campos propios", pt: "Ainda não há campos próprios" },
  none_text: {
    en: "Declare what you keep about your contacts: a size, a renewal date, a branch. It gets its place in every contact, in imports and in messages.",
    es: "Declara lo que guardas de tus contactos: una talla, una fecha de renovación, una sucursal. Tendrá su lugar en cada contacto, en importaciones y mensajes.",
    pt: "Declare o que você guarda dos contatos: um tamanho, uma data de renovação, uma filial. Terá seu lugar em cada contato, em importações e mensagens.",
  },
  field_title: { en: "Title", es: "Título", pt: "Título" },
  field_title_hint: { en: "What your team reads.", es: "Lo que lee tu equipo.", pt: "O que a sua equipe lê." },
  key: { en: "Name in messages", es: "Nombre en mensajes", pt: "Nome nas mensagens" },
  key_hint: {
    en: "Letters, digits, _ and -. Messages write it as {mark}; it never changes.",
    es: "Letras, dígitos, _ y -. Los mensajes lo escriben {mark}; no cambia nunca.",
    pt: "Letras, dígitos, _ e -. As mensagens escrevem {mark}; nunca muda.",
  },
  key_wrong: {
    en: "Begin with a letter; then letters, digits, _ and -, 64 at most.",
    es: "Empieza con una letra; luego letras, dígitos, _ y -, 64 como máximo.",
    pt: "Comece com uma letra; depois letras, dígitos, _ e -, no máximo 64.",
  },
  kind: { en: "Holds", es: "Guarda", pt: "Guarda" },
  kind_text: { en: "Text", es: "Texto", pt: "Texto" },
  kind_number: { en: "A number", es: "Un número", pt: "Um número" },
  kind_date: { en: "A date", es: "Una fecha", pt: "Uma data" },
  kind_boolean: { en: "Yes or no", es: "Sí o no", pt: "Sim ou não" },
  kind_choice: { en: "One of several", es: "Una de varias", pt: "Uma de várias" },
  choices: { en: "Choices", es: "Opciones", pt: "Opções" },
  choices_hint: { en: "Enter or a comma after each.", es: "Enter o una coma tras cada una.", pt: "Enter ou vírgula após cada uma." }, // prettier-ignore
  choices_needed: { en: "Say what there is to choose from.", es: "Di qué hay para elegir.", pt: "Diga o que há para escolher." }, // prettier-ignore
  declare: { en: "Add field", es: "Añadir campo", pt: "Adicionar campo" },
  declared: { en: "Field added", es: "Campo añadido", pt: "Campo adicionado" },
  delete_title: { en: "Delete the field “{name}”?", es: "¿Eliminar el campo «{name}»?", pt: "Excluir o campo “{name}”?" }, // prettier-ignore
  delete_text: {
    en: "Contacts keep what they hold under {key}; it is only no longer checked, and has no place of its own.",
    es: "Los contactos conservan lo que tienen en {key}; solo deja de revisarse y de tener su lugar.",
    pt: "Os contatos guardam o que têm em {key}; só deixa de ser conferido e de ter seu lugar.",
  },
  deleted: { en: "Field deleted", es: "Campo eliminado", pt: "Campo excluído" },
  yes: { en: "Yes", es: "Sí", pt: "Sim" },
  no: { en: "No", es: "No", pt: "Não" },
  unsaid: { en: "Not known", es: "No se sabe", pt: "Não se sabe" },
});
