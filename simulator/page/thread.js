// The list of messages: keeps one element per row and touches only rows that differ, so that thousands of messages
// stay smooth. Only the latest are in the page; older ones come as one scrolls up.

import { bubble, refresh } from "./bubble.js";
import { el, icon } from "./dom.js";
import { countShown, rowsOf } from "./rows.js";
import { t } from "./words.js";

const PAGE = 60;
const NEAR_BOTTOM_PX = 90;
const NEAR_TOP_PX = 400;

export class Thread {
  /** `scroller` scrolls, `list` holds the rows, `jump` is the button to the latest message. */
  constructor({ scroller, list, jump, handlers }) {
    Object.assign(this, { scroller, list, jump, handlers });
    this.nodes = new Map();
    this.clear();
    scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    jump.addEventListener("click", () => this.toBottom({ smooth: true }));
    // The composer grows, a keyboard opens, a font arrives: whoever reads the latest message keeps reading it.
    const watcher = new ResizeObserver(() => this.pinned && this.toBottom());
    watcher.observe(scroller);
    watcher.observe(list);
  }

  clear() {
    for (const { node } of this.nodes.values()) node.remove();
    this.nodes.clear();
    this.items = [];
    this.aliases = new Map();
    this.limit = PAGE;
    this.pinned = true;
    this.rest = 0; // How far down the end was, when it was last shown.
    this.missed = 0;
    this.unread = null;
    this.settled = false;
    this.view = {};
    this.showJump();
  }

  /** The server's id of a message that was written here first: its element stays. */
  alias(serverId, localId) {
    this.aliases.set(serverId, localId);
  }

  /** `items` oldest first. Returns the messages from the business that were not here before. */
  show(items, view) {
    this.notice();
    const known = new Set(this.items.map((item) => item.id));
    const arrived = this.settled ? items.filter((item) => item.direction === "outbound" && !known.has(item.id)) : [];
    const counted = arrived.filter((item) => item.type !== "reaction");
    if (counted.length && (document.hidden || !this.pinned)) this.markUnread(counted[0].id, counted.length);
    this.items = items;
    this.view = view;
    const wasPinned = this.pinned;
    // Who reads the latest needs no older ones in the page any more.
    if (wasPinned) this.limit = PAGE;
    this.render({ animate: this.settled });
    if (wasPinned) this.toBottom();
    else this.missed += counted.length;
    this.settled = true;
    this.showJump();
    return arrived;
  }

  /** Draws everything again: the language changed. */
  redraw() {
    for (const { node } of this.nodes.values()) node.remove();
    this.nodes.clear();
    this.render({ animate: false });
    this.showJump();
  }

  markUnread(id, count) {
    this.unread = this.unread ? { ...this.unread, count: this.unread.count + count } : { id, count };
  }

  /** I answered, so nothing is unread any more. */
  answered() {
    this.unread = null;
    this.pinned = true;
    this.rest = 0;
  }

  render({ animate }) {
    const from = Math.max(0, countShown(this.items) - this.limit);
    const keyOf = (item) => this.aliases.get(item.id) ?? item.id;
    const rows = rowsOf({ items: this.items, from, unread: this.unread, keyOf, ...this.view });
    const wanted = new Set(rows.map((row) => row.key));
    for (const [key, { node }] of this.nodes) {
      if (wanted.has(key)) continue;
      node.remove();
      this.nodes.delete(key);
    }
    let cursor = this.list.firstElementChild;
    for (const row of rows) {
      const old = this.nodes.get(row.key)?.node;
      const node = this.nodeFor(row, animate);
      if (old && old !== node) {
        if (old === cursor) cursor = cursor.nextElementSibling;
        old.remove();
      }
      if (node === cursor) cursor = cursor.nextElementSibling;
      else this.list.insertBefore(node, cursor);
    }
  }

  nodeFor(row, animate) {
    const held = this.nodes.get(row.key);
    if (held?.shape === row.shape) {
      if (row.kind === "message") refresh(held.node, row, this.handlers);
      return held.node;
    }
    const node = build(row, this.handlers);
    if (!held && animate) node.classList.add("row-new");
    this.nodes.set(row.key, { node, shape: row.shape });
    return node;
  }

  /** The event of a scroll comes a frame after it: whoever has just moved up is not taken back to the end. */
  notice() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const movedUp = scrollTop < this.rest - NEAR_BOTTOM_PX;
    if (movedUp && scrollHeight - scrollTop - clientHeight >= NEAR_BOTTOM_PX) this.pinned = false;
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.pinned = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PX;
    if (this.pinned) {
      this.rest = scrollTop;
      this.missed = 0;
    }
    this.showJump();
    if (scrollTop < NEAR_TOP_PX && countShown(this.items) > this.limit) this.showOlder();
  }

  showOlder() {
    const fromBottom = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.limit += PAGE;
    this.render({ animate: false });
    this.scroller.scrollTop = this.scroller.scrollHeight - fromBottom;
  }

  toBottom({ smooth = false } = {}) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
    if (smooth && !calm) return; // It is at the bottom when the scrolling says so.
    this.pinned = true;
    this.rest = this.scroller.scrollTop;
    this.missed = 0;
    this.showJump();
  }

  showJump() {
    this.jump.hidden = this.pinned;
    const label = this.missed ? t("jump_new", { n: this.missed }) : t("jump");
    this.jump.setAttribute("aria-label", label);
    this.jump.replaceChildren(icon("down"), ...(this.missed ? [el("span", { class: "badge" }, String(this.missed))] : []));
  }
}

function build(row, handlers) {
  switch (row.kind) {
    case "message":
      return bubble(row, handlers);
    case "typing":
      return el(
        "li",
        { class: "row row-theirs row-first row-last", "data-kind": "typing" },
        el("div", { class: "bubble bubble-typing" }, el("i"), el("i"), el("i"), el("span", { class: "unseen" }, t("typing"))),
      );
    default:
      return el("li", { class: `separator separator-${row.kind}` }, el("span", {}, row.label));
  }
}
