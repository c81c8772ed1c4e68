// The sheet with a list message's rows. It belongs to the phone's screen, so it covers the chat and not the page.

import { optionsOf } from "./bubble.js";
import { el, icon } from "./dom.js";
import { t } from "./words.js";

/** Calls `onChoose(item, id)`; focus goes back to `opener` however it closes. */
export function openOptions(item, opener, onChoose) {
  const screen = document.getElementById("screen");
  const chat = document.getElementById("chat");
  const { title, sections } = optionsOf(item);
  const close = () => {
    sheet.remove();
    chat.inert = false;
    opener.focus({ preventScroll: true });
  };
  const row = ({ id, title: name, description }) =>
    el(
      "button",
      { type: "button", class: "option", on: { click: () => (close(), onChoose(item, id)) } },
      el("span", {}, name),
      description ? el("span", { class: "small" }, description) : null,
    );
  const shut = el("button", { type: "button", class: "round", "aria-label": t("close"), on: { click: close } }, icon("close"));
  const sheet = el(
    "div",
    { class: "options", role: "dialog", "aria-modal": "true", "aria-label": title },
    el("div", { class: "options-veil", on: { click: close } }),
    el(
      "div",
      { class: "options-sheet" },
      el("div", { class: "options-head" }, el("strong", {}, title), shut),
      ...sections.flatMap((section) => [
        section.title ? el("div", { class: "options-section" }, section.title) : null,
        ...(section.rows ?? []).map(row),
      ].filter(Boolean)),
    ),
  );
  sheet.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  screen.append(sheet);
  chat.inert = true;
  (sheet.querySelector(".option") ?? shut).focus();
}
