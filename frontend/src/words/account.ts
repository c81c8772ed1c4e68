import { catalogue } from "../lib/language";

export const account = catalogue({
  title: { en: "Your account", es: "Tu cuenta", pt: "Sua conta" },
  name: {
    en: "Your name, as others see it",
    es: "Tu nombre, como lo ven los demás",
    pt: "Seu nome, como os outros veem",
  },
  role_admin: { en: "Admin", es: "Administrador", pt: "Administrador" },
  role_user: { en: "User", es: "Usuario", pt: "Usuário" },
  password: { en: "Password", es: "Contraseña", pt: "Senha" },
  password_old: { en: "Password until now", es: "Contraseña actual", pt: "Senha atual" },
  password_new: { en: "New password", es: "Contraseña nueva", pt: "Senha nova" },
  password_hint: {
    en: "A few plain words are good. Changing it signs you out everywhere else.",
    es: "Unas pocas palabras sencillas sirven. Al cambiarla sales en los demás dispositivos.",
    pt: "Algumas palavras simples servem. Ao trocá-la, você sai dos outros dispositivos.",
  },
  password_change: { en: "Change password", es: "Cambiar contraseña", pt: "Trocar senha" },
  password_changed: { en: "Password changed", es: "Contraseña cambiada", pt: "Senha trocada" },
  devices: { en: "Where you are signed in", es: "Dónde has entrado", pt: "Onde você entrou" },
  device_this: { en: "Here", es: "Aquí", pt: "Aqui" },
  device_end: { en: "Sign out", es: "Cerrar sesión", pt: "Encerrar" },
  device_unknown: { en: "Unknown device", es: "Dispositivo desconocido", pt: "Dispositivo desconhecido" },
});
