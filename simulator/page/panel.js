// The panel beside the phone (a sheet over it on a small screen): who I am, what this phone does, language and theme.

import { change, reset } from "./api.js";
import { el, icon, initials, tint, withPlus } from "./dom.js";
import { plain } from "./format.js";
import { LANGUAGES, applyWords, language, setLanguage, t } from "./words.js";

const byId = (id) => document.getElementById(id);

export class Panel {
  /** `actions`: onPerson(waId), onSuggestion(text), onLanguage(), onReset(), onChoice(changes). */
  constructor(actions) {
    this.actions = actions;
    this.users = [];
    this.selected = null;
    this.small = matchMedia("(max-width: 879.98px)");
    this.wireSheet();
    this.wireTheme();
    this.wireLanguage();
    this.wirePeople();
    this.wireSwitches();
    this.wireReset();
    document.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-suggestion]");
      if (!chip) return;
      this.close();
      actions.onSuggestion(chip.dataset.suggestion);
    });
  }

  /** `users` as the simulator lists them; `selected` may be someone it does not know yet. */
  show(users, selected, business) {
    this.users = users;
    this.selected = selected.wa_id;
    const known = users.some((user) => user.wa_id === selected.wa_id);
    this.showPeople(known ? users : [selected, ...users]);
    byId("switch-online").checked = selected.online ?? true;
    byId("switch-receipts").checked = selected.read_receipts ?? true;
    byId("switch-blocked").checked = selected.blocked ?? false;
    const docs = byId("api-docs");
    docs.hidden = !business?.app_url;
    if (business?.app_url) {
      const address = `${business.app_url.replace(/\/$/, "")}/docs`;
      docs.href = address;
      byId("api-address").textContent = address.replace(/^https?:\/\//, "");
    }
    const me = byId("open-panel");
    me.setAttribute("aria-label", t("open_panel", { name: selected.name ?? "" }));
    me.dataset.tint = tint(selected.wa_id);
    byId("open-panel-initials").textContent = initials(selected.name || selected.wa_id);
  }

  showPeople(users) {
    const shape = JSON.stringify([language(), this.selected, users.map((user) => [user.wa_id, user.name, user.unread, user.last_message?.text])]);
    if (shape === this.peopleShape) return;
    this.peopleShape = shape;
    const focused = document.activeElement?.closest?.("#people [data-wa-id]")?.dataset.waId;
    byId("people").replaceChildren(...users.map((user) => this.person(user)));
    if (focused) byId("people").querySelector(`[data-wa-id="${CSS.escape(focused)}"]`)?.focus();
  }

  person(user) {
    const mine = user.wa_id === this.selected;
    const last = user.last_message?.text;
    const preview = typeof last === "string" ? plain(last) : "";
    const button = el(
      "button",
      { type: "button", class: "person", "data-wa-id": user.wa_id, "aria-current": mine ? "true" : null },
      el("span", { class: "avatar", "data-tint": tint(user.wa_id), "aria-hidden": "true" }, initials(user.name || user.wa_id)),
      el(
        "span",
        { class: "person-text" },
        el("span", { class: "person-name" }, user.name || withPlus(user.wa_id)),
        el("span", { class: "person-detail" }, preview || withPlus(user.wa_id)),
      ),
      user.unread && user.read_receipts !== false && !mine ? el("span", { class: "badge" }, String(user.unread)) : null,
      mine ? icon("check") : null,
    );
    button.addEventListener("click", () => {
      this.close();
      this.actions.onPerson(user.wa_id);
    });
    return el("li", {}, button);
  }

  wirePeople() {
    const form = byId("add-person");
    const opener = byId("add-person-open");
    const show = (shown) => {
      form.hidden = !shown;
      opener.hidden = shown;
      opener.setAttribute("aria-expanded", String(shown));
    };
    opener.addEventListener("click", () => {
      byId("add-number").value = this.freeNumber();
      byId("add-error").textContent = "";
      show(true);
      byId("add-name").focus();
    });
    byId("add-cancel").addEventListener("click", () => {
      show(false);
      opener.focus();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      byId("add-cancel").click();
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await this.addPerson()) show(false);
    });
  }

  async addPerson() {
    const name = byId("add-name").value.trim();
    const waId = byId("add-number").value.replace(/\D/g, "");
    const error = byId("add-error");
    if (!/^\d{8,15}$/.test(waId)) error.textContent = t("number_hint");
    else if (this.users.some((user) => user.wa_id === waId)) error.textContent = t("number_taken");
    else {
      const added = await this.attempt(() => change(waId, { name }), error);
      if (!added) return false;
      byId("add-name").value = "";
      this.close();
      this.actions.onPerson(waId, name);
      return true;
    }
    byId("add-number").focus();
    return false;
  }

  freeNumber() {
    const taken = new Set(this.users.map((user) => user.wa_id));
    let number = 5_215_500_000_001;
    while (taken.has(String(number))) number += 1;
    return `+${number}`;
  }

  wireSwitches() {
    const switches = { "switch-online": "online", "switch-receipts": "read_receipts", "switch-blocked": "blocked" };
    for (const [id, key] of Object.entries(switches)) {
      byId(id).addEventListener("change", (event) => this.set({ [key]: event.target.checked }));
    }
  }

  /** Changes this phone, or says that the simulator did not take it. */
  set(changes) {
    return this.attempt(() => this.actions.onChoice(changes), byId("switch-error"));
  }

  async attempt(work, place) {
    try {
      await work();
      place.textContent = "";
      return true;
    } catch {
      place.textContent = t("failed_control");
      return false;
    }
  }

  wireReset() {
    const dialog = byId("reset-dialog");
    byId("reset-open").addEventListener("click", () => {
      byId("reset-error").textContent = "";
      dialog.showModal();
    });
    byId("reset-cancel").addEventListener("click", () => dialog.close());
    byId("reset-confirm").addEventListener("click", async () => {
      if (!(await this.attempt(reset, byId("reset-error")))) return;
      dialog.close();
      this.close();
      this.actions.onReset();
    });
  }

  wireTheme() {
    const root = document.documentElement;
    const system = matchMedia("(prefers-color-scheme: dark)");
    const isDark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
    const paint = () => {
      byId("theme").replaceChildren(icon(isDark() ? "sun" : "moon"));
      document.querySelector('meta[name="theme-color"]').content = getComputedStyle(root).getPropertyValue("--bar-solid");
    };
    byId("theme").addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      try {
        localStorage.setItem("hilo.theme", root.dataset.theme);
      } catch {
        // Storage can be forbidden; the choice then lasts as long as the page.
      }
      paint();
    });
    system.addEventListener("change", paint);
    paint();
  }

  wireLanguage() {
    const select = byId("language");
    select.append(...Object.entries(LANGUAGES).map(([code, name]) => el("option", { value: code }, name)));
    select.value = language();
    select.addEventListener("change", () => {
      setLanguage(select.value);
      applyWords(document);
      this.actions.onLanguage();
    });
    applyWords(document);
  }

  wireSheet() {
    byId("open-panel").addEventListener("click", () => this.open());
    byId("close-panel").addEventListener("click", () => this.close());
    byId("backdrop").addEventListener("click", () => this.close());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !byId("reset-dialog").open) this.close();
    });
    this.small.addEventListener("change", () => this.settle(false));
    this.settle(false);
  }

  open() {
    this.settle(true);
    byId("close-panel").focus();
  }

  close() {
    if (!document.body.classList.contains("sheet-open")) return;
    this.settle(false);
    byId("open-panel").focus();
  }

  /** Beside the phone the panel is simply there; as a sheet it is closed to keys and readers until it opens. */
  settle(opened) {
    const sheet = this.small.matches;
    document.body.classList.toggle("sheet-open", sheet && opened);
    byId("panel").inert = sheet && !opened;
    byId("phone").inert = sheet && opened;
    byId("panel").toggleAttribute("aria-modal", sheet && opened);
    byId("panel").setAttribute("role", sheet ? "dialog" : "complementary");
  }
}
