// Words of what moves contacts as a whole: tables in and out, two that become one, one that is forgotten.

import { catalogue } from "../lib/language";

export const moving = catalogue({
  more: { en: "More actions", es: "Más acciones", pt: "Mais ações" },
  import: { en: "Import contacts", es: "Importar contactos", pt: "Importar contatos" },
  export_all: { en: "Export as CSV", es: "Exportar como CSV", pt: "Exportar como CSV" },
  export_found: { en: "Export those found as CSV", es: "Exportar lo encontrado como CSV", pt: "Exportar os encontrados como CSV" }, // prettier-ignore
  contacts: { en: "Contacts", es: "Contactos", pt: "Contatos" },

  file: { en: "The table", es: "La tabla", pt: "A tabela" },
  file_text: {
    en: "A CSV file with a header, as spreadsheets save it. Columns: {columns}, and your custom fields. A birthday is 1990-05-15, or 9999-05-15 when the year is unknown.",
    es: "Un archivo CSV con encabezado, como lo guardan las hojas de cálculo. Columnas: {columns}, y tus campos propios. Un cumpleaños es 1990-05-15, o 9999-05-15 si no se sabe el año.",
    pt: "Um arquivo CSV com cabeçalho, como as planilhas salvam. Colunas: {columns}, e seus campos próprios. Um aniversário é 1990-05-15, ou 9999-05-15 se o ano não é conhecido.",
  },
  choose_file: { en: "CSV file", es: "Archivo CSV", pt: "Arquivo CSV" },
  too_large: {
    en: "The file is larger than 4 MiB. Split it and import one part after the other.",
    es: "El archivo pasa de 4 MiB. Divídelo e importa una parte tras otra.",
    pt: "O arquivo passa de 4 MiB. Divida e importe uma parte após a outra.",
  },
  empty: { en: "This file is empty.", es: "Este archivo está vacío.", pt: "Este arquivo está vazio." },
  looking: { en: "Looking at the table", es: "Revisando la tabla", pt: "Conferindo a tabela" },
  what_happens: { en: "What will happen", es: "Qué va a pasar", pt: "O que vai acontecer" },
  rows_new: { en: "New contacts", es: "Contactos nuevos", pt: "Contatos novos" },
  rows_known: { en: "Contacts changed", es: "Contactos cambiados", pt: "Contatos alterados" },
  rows_failed: { en: "Rows left out", es: "Filas omitidas", pt: "Linhas ignoradas" },
  columns: { en: "Columns understood: {columns}", es: "Columnas entendidas: {columns}", pt: "Colunas entendidas: {columns}" }, // prettier-ignore
  left_out: {
    en: "Left out, as no field is called so: {columns}",
    es: "Omitidas, pues ningún campo se llama así: {columns}",
    pt: "Ignoradas, pois nenhum campo tem esse nome: {columns}",
  },
  starts: { en: { one: "This automation starts for the new ones:", other: "These automations start for the new ones:" }, es: { one: "Esta automatización arranca para los nuevos:", other: "Estas automatizaciones arrancan para los nuevos:" }, pt: { one: "Esta automação começa para os novos:", other: "Estas automações começam para os novos:" } }, // prettier-ignore
  known_text: {
    en: "Who is known by number or id is changed; empty cells change nothing, and tags are added.",
    es: "Quien ya se conoce por número o id se cambia; las celdas vacías no cambian nada y las etiquetas se añaden.",
    pt: "Quem já é conhecido por número ou id é alterado; células vazias não mudam nada, e etiquetas são adicionadas.",
  },
  tags_all: { en: "Tags for everybody in it", es: "Etiquetas para todos", pt: "Etiquetas para todos" },
  group_all: { en: "Group for everybody in it", es: "Grupo para todos", pt: "Grupo para todos" },
  no_group: { en: "No group", es: "Ningún grupo", pt: "Nenhum grupo" },
  start: { en: { one: "Import {n} contact", other: "Import {n} contacts" }, es: { one: "Importar {n} contacto", other: "Importar {n} contactos" }, pt: { one: "Importar {n} contato", other: "Importar {n} contatos" } }, // prettier-ignore
  nothing_to_import: {
    en: "No row of this table can be imported.",
    es: "Ninguna fila de esta tabla se puede importar.",
    pt: "Nenhuma linha desta tabela pode ser importada.",
  },
  faults: { en: "What is wrong", es: "Qué está mal", pt: "O que está errado" },
  faults_first: { en: "The first {n} are shown.", es: "Se muestran los primeros {n}.", pt: "São mostrados os primeiros {n}." }, // prettier-ignore
  row: { en: "Row", es: "Fila", pt: "Linha" },
  column: { en: "Column", es: "Columna", pt: "Coluna" },
  fault: { en: "Fault", es: "Falla", pt: "Falha" },

  imports: { en: "Imports until now", es: "Importaciones hasta ahora", pt: "Importações até agora" },
  imports_none: { en: "Nothing imported yet", es: "Aún no se importó nada", pt: "Nada importado ainda" },
  imports_none_text: {
    en: "Each import and its report are kept here.",
    es: "Aquí quedan cada importación y su informe.",
    pt: "Cada importação e seu relatório ficam aqui.",
  },
  unnamed: { en: "Import {id}", es: "Importación {id}", pt: "Importação {id}" },
  state: { en: "State", es: "Estado", pt: "Estado" },
  state_pending: { en: "Waits", es: "En espera", pt: "Em espera" },
  state_running: { en: "Under way", es: "En curso", pt: "Em andamento" },
  state_done: { en: "Done", es: "Lista", pt: "Pronta" },
  when: { en: "When", es: "Cuándo", pt: "Quando" },
  progress: { en: "{done} of {all} rows", es: "{done} de {all} filas", pt: "{done} de {all} linhas" },
  created: { en: "Added", es: "Añadidos", pt: "Adicionados" },
  updated: { en: "Changed", es: "Cambiados", pt: "Alterados" },
  failed: { en: "Left out", es: "Omitidas", pt: "Ignoradas" },
  all_well: { en: "Every row was taken over.", es: "Se importaron todas las filas.", pt: "Todas as linhas foram importadas." }, // prettier-ignore
  with_tag: { en: "See them", es: "Verlos", pt: "Ver" },
  again: { en: "Import another table", es: "Importar otra tabla", pt: "Importar outra tabela" },

  merge: { en: "Merge with another", es: "Unir con otro", pt: "Unir com outro" },
  merge_title: { en: "Who is the same person as {name}?", es: "¿Quién es la misma persona que {name}?", pt: "Quem é a mesma pessoa que {name}?" }, // prettier-ignore
  merge_search: { en: "Search contacts", es: "Buscar contactos", pt: "Buscar contatos" },
  merge_text: {
    en: "Conversations, messages, groups and consents of the other come to {name}. Where both know something, what {name} has stays. It cannot be undone.",
    es: "Las conversaciones, mensajes, grupos y consentimientos del otro pasan a {name}. Donde ambos saben algo, queda lo de {name}. No se puede deshacer.",
    pt: "As conversas, mensagens, grupos e consentimentos do outro passam para {name}. Onde ambos sabem algo, fica o de {name}. Não pode ser desfeito.",
  },
  merge_nobody: { en: "Nobody matches", es: "Nadie coincide", pt: "Ninguém corresponde" },
  merge_choose: { en: "Choose who it is", es: "Elige quién es", pt: "Escolha quem é" },
  merge_do: { en: "Merge", es: "Unir", pt: "Unir" },
  merged: { en: "The two are one now", es: "Ahora los dos son uno", pt: "Agora os dois são um" },

  erase: { en: "Erase for good", es: "Borrar para siempre", pt: "Apagar para sempre" },
  erase_title: { en: "Erase {name}?", es: "¿Borrar a {name}?", pt: "Apagar {name}?" },
  erase_text: {
    en: "For whoever asks to be forgotten. This goes, and cannot be brought back:",
    es: "Para quien pide que lo olviden. Se va lo siguiente y no se puede recuperar:",
    pt: "Para quem pede para ser esquecido. Isto vai embora e não volta:",
  },
  erase_contact: {
    en: "the contact with its numbers, tags, notes, fields and birthday",
    es: "el contacto con sus números, etiquetas, notas, campos y cumpleaños",
    pt: "o contato com seus números, etiquetas, notas, campos e aniversário",
  },
  erase_messages: {
    en: "every conversation with all messages of both sides",
    es: "todas las conversaciones con los mensajes de ambos lados",
    pt: "todas as conversas com as mensagens dos dois lados",
  },
  erase_consents: { en: "what was agreed to, and when", es: "lo que aceptó y cuándo", pt: "o que aceitou e quando" },
  erase_stays: {
    en: "What was counted stays as numbers. If they write again, they are a new contact. To only stop writing to them, deactivate instead.",
    es: "Lo contado queda en números. Si escribe otra vez, será un contacto nuevo. Para solo dejar de escribirle, desactívalo.",
    pt: "O que foi contado fica em números. Se escrever de novo, será um contato novo. Para só parar de escrever, desative.",
  },
  erase_type: {
    en: "Write {name} to confirm",
    es: "Escribe {name} para confirmar",
    pt: "Escreva {name} para confirmar",
  },
  erase_mismatch: { en: "This is not the name above.", es: "No es el nombre de arriba.", pt: "Não é o nome acima." },
  erased: { en: "{name} was erased", es: "Se borró a {name}", pt: "{name} foi apagado" },
});
