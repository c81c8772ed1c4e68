import { catalogue } from "../lib/language";

export const contacts = catalogue({
  title: { en: "Contacts", es: "Contactos", pt: "Contatos" },
  new: { en: "New contact", es: "Nuevo contacto", pt: "Novo contato" },
  search: {
    en: "Search name, phone or e-mail",
    es: "Buscar nombre, teléfono o correo",
    pt: "Buscar nome, telefone ou e-mail",
  },
  name: { en: "Name", es: "Nombre", pt: "Nome" },
  phone: { en: "Phone", es: "Teléfono", pt: "Telefone" },
  email: { en: "E-mail", es: "Correo", pt: "E-mail" },
  tags: { en: "Tags", es: "Etiquetas", pt: "Etiquetas" },
  birthday: { en: "Birthday", es: "Cumpleaños", pt: "Aniversário" },
  last_contacted: { en: "Last contact", es: "Último contacto", pt: "Último contato" },
  active: { en: "Active", es: "Activos", pt: "Ativos" },
  inactive: { en: "Deactivated", es: "Desactivados", pt: "Desativados" },
  show: { en: "Which contacts", es: "Qué contactos", pt: "Quais contatos" },
  tag_filter: { en: "Tag", es: "Etiqueta", pt: "Etiqueta" },
  any_tag: { en: "Any tag", es: "Cualquier etiqueta", pt: "Qualquer etiqueta" },
  none_title: { en: "No contacts yet", es: "Aún no hay contactos", pt: "Ainda não há contatos" },
  none_text: {
    en: "Whoever writes to you becomes a contact by itself. You can also add people yourself.",
    es: "Quien te escribe se vuelve contacto por sí solo. También puedes añadir personas.",
    pt: "Quem escreve para você vira contato sozinho. Você também pode adicionar pessoas.",
  },
  none_found: { en: "Nobody matches", es: "Nadie coincide", pt: "Ninguém corresponde" },
  none_found_text: {
    en: "Try fewer letters, or take a filter away.",
    es: "Prueba con menos letras o quita un filtro.",
    pt: "Tente menos letras ou remova um filtro.",
  },
  clear: { en: "Clear search and filters", es: "Quitar búsqueda y filtros", pt: "Limpar busca e filtros" },
});
