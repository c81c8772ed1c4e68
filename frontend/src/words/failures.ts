// Why a message did not go out, or waits. `reason_…` are ours, from the gates; `code_…` are Meta's error codes, of which
// those have a sentence that an operator can do something about.

import { catalogue } from "../lib/language";

export const failures = catalogue({
  unknown_reason: {
    en: "WhatsApp did not accept it.",
    es: "WhatsApp no lo aceptó.",
    pt: "O WhatsApp não aceitou.",
  },
  reason_workspace_paused: {
    en: "Everything is paused. It leaves when somebody resumes.",
    es: "Todo está en pausa. Sale cuando alguien reanude.",
    pt: "Tudo está em pausa. Sai quando alguém retomar.",
  },
  reason_channel_halted: {
    en: "This business number is halted. It leaves when the number resumes.",
    es: "Este número del negocio está detenido. Sale cuando se reanude.",
    pt: "Este número da empresa está parado. Sai quando for retomado.",
  },
  reason_channel_unclaimed: {
    en: "Nobody has claimed this business number.",
    es: "Nadie ha reclamado este número del negocio.",
    pt: "Ninguém assumiu este número da empresa.",
  },
  reason_automation_inactive: {
    en: "The automation was switched off before this could leave.",
    es: "La automatización se apagó antes de que saliera.",
    pt: "A automação foi desligada antes de sair.",
  },
  reason_contact_inactive: {
    en: "The contact was deactivated.",
    es: "El contacto está desactivado.",
    pt: "O contato foi desativado.",
  },
  reason_no_recipient: {
    en: "No number or WhatsApp id is known for this person.",
    es: "No se conoce número ni identificador de WhatsApp de esta persona.",
    pt: "Não se conhece número nem identificador do WhatsApp desta pessoa.",
  },
  reason_opted_out: {
    en: "This person asked not to be written to.",
    es: "Esta persona pidió no recibir mensajes.",
    pt: "Esta pessoa pediu para não receber mensagens.",
  },
  reason_window_closed: {
    en: "The 24-hour window was closed when it was to leave.",
    es: "La ventana de 24 horas estaba cerrada cuando iba a salir.",
    pt: "A janela de 24 horas estava fechada quando ia sair.",
  },
  reason_daily_stop: {
    en: "Automations have written to this person fifty times today; that is where they stop.",
    es: "Las automatizaciones ya le escribieron cincuenta veces hoy; ahí se detienen.",
    pt: "As automações já escreveram cinquenta vezes hoje; aí elas param.",
  },
  reason_pair_rate: {
    en: "WhatsApp allows one message to the same person every few seconds. It leaves by itself.",
    es: "WhatsApp permite un mensaje a la misma persona cada pocos segundos. Sale solo.",
    pt: "O WhatsApp permite uma mensagem à mesma pessoa a cada poucos segundos. Sai sozinha.",
  },
  reason_number_rate: {
    en: "The business number sends as fast as WhatsApp allows. It leaves by itself.",
    es: "El número envía tan rápido como WhatsApp permite. Sale solo.",
    pt: "O número envia tão rápido quanto o WhatsApp permite. Sai sozinha.",
  },
  reason_outcome_unknown: {
    en: "The answer was lost, and nothing proves whether it arrived. Look at the conversation before sending it again.",
    es: "La respuesta se perdió y nada prueba si llegó. Mira la conversación antes de reenviarlo.",
    pt: "A resposta se perdeu e nada prova se chegou. Veja a conversa antes de reenviar.",
  },
  reason_expired: {
    en: "Its time ran out before it could leave.",
    es: "Se le acabó el tiempo antes de salir.",
    pt: "O tempo acabou antes de sair.",
  },
  code_131026: {
    en: "This number cannot receive it: not on WhatsApp, or an old version of it.",
    es: "Este número no puede recibirlo: no tiene WhatsApp o es una versión antigua.",
    pt: "Este número não pode receber: não tem WhatsApp ou usa uma versão antiga.",
  },
  code_131047: {
    en: "More than 24 hours have passed since this person last wrote.",
    es: "Pasaron más de 24 horas desde que esta persona escribió.",
    pt: "Passaram mais de 24 horas desde que esta pessoa escreveu.",
  },
  code_131049: {
    en: "WhatsApp holds back marketing for this person for now.",
    es: "WhatsApp limita por ahora el marketing a esta persona.",
    pt: "O WhatsApp limita por ora o marketing a esta pessoa.",
  },
  code_131050: {
    en: "This person stopped marketing messages from you.",
    es: "Esta persona dejó de aceptar tu marketing.",
    pt: "Esta pessoa parou de aceitar seu marketing.",
  },
  code_131048: {
    en: "WhatsApp limits this number because people blocked or reported it.",
    es: "WhatsApp limita este número porque hubo bloqueos o denuncias.",
    pt: "O WhatsApp limita este número por bloqueios ou denúncias.",
  },
  code_131056: {
    en: "Too many messages to the same person in a short time.",
    es: "Demasiados mensajes a la misma persona en poco tiempo.",
    pt: "Mensagens demais à mesma pessoa em pouco tempo.",
  },
  code_130429: {
    en: "Too many messages at once for this business number.",
    es: "Demasiados mensajes a la vez para este número.",
    pt: "Mensagens demais de uma vez para este número.",
  },
  code_131030: {
    en: "This person is not on the list of your test number.",
    es: "Esta persona no está en la lista de tu número de prueba.",
    pt: "Esta pessoa não está na lista do seu número de teste.",
  },
  code_131042: {
    en: "The account's payment at Meta needs attention.",
    es: "El pago de la cuenta en Meta necesita atención.",
    pt: "O pagamento da conta na Meta precisa de atenção.",
  },
  code_190: {
    en: "Meta's token has expired or is not valid.",
    es: "El token de Meta venció o no es válido.",
    pt: "O token da Meta venceu ou não é válido.",
  },
  code_130472: {
    en: "This person is part of an experiment of WhatsApp, and gets no marketing.",
    es: "Esta persona está en un experimento de WhatsApp y no recibe marketing.",
    pt: "Esta pessoa está em um experimento do WhatsApp e não recebe marketing.",
  },
});

type Reason = keyof typeof failures;

/** The word for what a message's `error_code` and `error_message` say; null where we have none of our own. */
export function reasonKey(code: number | null, message: string | null): Reason | null {
  const ours = `reason_${message ?? ""}`;
  if (ours in failures) return ours as Reason;
  const theirs = `code_${code ?? ""}`;
  return theirs in failures ? (theirs as Reason) : null;
}
