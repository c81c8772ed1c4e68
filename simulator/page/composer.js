// Where one writes. Enter sends and Shift+Enter breaks the line, except while an input method is composing.

const byId = (id) => document.getElementById(id);

export class Composer {
  constructor({ onSend }) {
    this.onSend = onSend;
    this.field = byId("text");
    this.field.addEventListener("input", () => this.fit());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    // A soft keyboard that jumps up by itself would hide the page from whoever just arrived.
    if (matchMedia("(hover: hover) and (pointer: fine)").matches) this.field.focus({ preventScroll: true });
    this.fit();
  }

  get text() {
    return this.field.value;
  }

  set text(value) {
    this.field.value = value;
    this.fit();
  }

  submit() {
    const text = this.text.trim();
    if (!text) return;
    this.text = "";
    this.field.focus({ preventScroll: true });
    this.onSend(text);
  }

  fit() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
    byId("send").disabled = !this.text.trim();
  }
}
