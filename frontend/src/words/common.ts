// Words that more than one area uses.

import { catalogue } from "../lib/language";

export const common = catalogue({
  add: { en: "Add", es: "Añadir", pt: "Adicionar" },
  all: { en: "All", es: "Todos", pt: "Todos" },
  back: { en: "Back", es: "Volver", pt: "Voltar" },
  cancel: { en: "Cancel", es: "Cancelar", pt: "Cancelar" },
  close: { en: "Close", es: "Cerrar", pt: "Fechar" },
  copy: { en: "Copy", es: "Copiar", pt: "Copiar" },
  copied: { en: "Copied", es: "Copiado", pt: "Copiado" },
  delete: { en: "Delete", es: "Eliminar", pt: "Excluir" },
  edit: { en: "Edit", es: "Editar", pt: "Editar" },
  failed_title: { en: "That did not work", es: "No funcionó", pt: "Não funcionou" },
  filter: { en: "Filter", es: "Filtrar", pt: "Filtrar" },
  gone_text: {
    en: "Somebody may have deleted it, or the address is mistyped.",
    es: "Quizá alguien lo eliminó, o la dirección tiene un error.",
    pt: "Talvez alguém tenha excluído, ou o endereço tem um erro.",
  },
  hide_password: { en: "Hide", es: "Ocultar", pt: "Ocultar" },
  language: { en: "Language", es: "Idioma", pt: "Idioma" },
  loading: { en: "Loading", es: "Cargando", pt: "Carregando" },
  more: { en: "More", es: "Más", pt: "Mais" },
  never: { en: "Never", es: "Nunca", pt: "Nunca" },
  none: { en: "None", es: "Ninguno", pt: "Nenhum" },
  no_name: { en: "No name", es: "Sin nombre", pt: "Sem nome" },
  refused: { en: "This is for admins", es: "Esto es para administradores", pt: "Isto é para administradores" },
  refused_text: {
    en: "Your role does not open this page. An admin can change your role, or do it for you.",
    es: "Tu rol no abre esta página. Un administrador puede cambiar tu rol o hacerlo por ti.",
    pt: "Seu papel não abre esta página. Um administrador pode mudar seu papel ou fazer isso por você.",
  },
  read_only: {
    en: "You can look; your role changes nothing here.",
    es: "Puedes mirar; tu rol no cambia nada aquí.",
    pt: "Você pode ver; seu papel não muda nada aqui.",
  },
  remove_named: { en: "Remove {name}", es: "Quitar {name}", pt: "Remover {name}" },
  save: { en: "Save", es: "Guardar", pt: "Salvar" },
  saved: { en: "Saved", es: "Guardado", pt: "Salvo" },
  saving: { en: "Saving", es: "Guardando", pt: "Salvando" },
  search: { en: "Search", es: "Buscar", pt: "Buscar" },
  show_password: { en: "Show", es: "Mostrar", pt: "Mostrar" },
  show_more: { en: "Show more", es: "Mostrar más", pt: "Mostrar mais" },
  try_again: { en: "Try again", es: "Reintentar", pt: "Tentar de novo" },
  undo: { en: "Undo", es: "Deshacer", pt: "Desfazer" },
});
