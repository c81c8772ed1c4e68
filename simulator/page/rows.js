// From messages to the rows of the list: pure, so that the list can compare and touch only what differs.

import { isMine, textOf } from "./bubble.js";
import { dateFormat, language, t } from "./words.js";

const GROUP_SECONDS = 300;
const DAY_MS = 86_400_000;

/**
 * Rows are {key, kind, …}. A row with the same key and `shape` keeps its element; `state` may change in place.
 * `from` is the index of the first message shown; `unread` is {id, count} or null.
 */
export function rowsOf({ items, from, unread, typing, businessName, keyOf }) {
  const { shown, reactions } = withoutReactions(items);
  const byId = new Map(items.map((item) => [item.id, item]));
  const newest = items.length ? Number(items.at(-1).timestamp) * 1000 : 0;
  const now = Math.max(Date.now(), newest);
  const rows = [];
  let day = null;
  for (let index = Math.max(0, from); index < shown.length; index += 1) {
    const item = shown[index];
    const [before, after] = [shown[index - 1], shown[index + 1]];
    const startsDay = dayOf(item) !== day;
    if (startsDay) {
      day = dayOf(item);
      const label = dayLabel(item, now);
      rows.push({ key: `day ${day}`, kind: "day", label, shape: label });
    }
    const startsUnread = unread?.id === item.id;
    if (startsUnread) {
      const label = t("unread", { n: unread.count });
      rows.push({ key: "unread", kind: "unread", label, shape: label });
    }
    const last = !after || !together(item, after) || unread?.id === after.id;
    const quoted = byId.get(item.context?.id) ?? null;
    const emoji = [...(reactions.get(item.id)?.values() ?? [])].join("");
    rows.push({
      key: keyOf(item),
      kind: "message",
      item,
      first: startsDay || startsUnread || !before || !together(before, item),
      last,
      caption: last || item.status !== after.status,
      quoted,
      reactions: emoji,
      businessName,
      shape: JSON.stringify([language(), item.type, item[item.type], item.timestamp, item.edited, item.revoked, quoted?.id, emoji]),
    });
  }
  if (typing) rows.push({ key: "typing", kind: "typing", shape: language() });
  return rows;
}

export const countShown = (items) => withoutReactions(items).shown.length;

function together(one, other) {
  return (
    isMine(one) === isMine(other) &&
    Math.abs(Number(other.timestamp) - Number(one.timestamp)) < GROUP_SECONDS &&
    dayOf(one) === dayOf(other)
  );
}

/** A reaction sits on its message; one whose message is unknown is a message of its own. */
function withoutReactions(items) {
  const reactions = new Map();
  if (!items.some((item) => item.type === "reaction")) return { shown: items, reactions };
  const ids = new Set(items.map((item) => item.id));
  const shown = items.filter((item) => {
    const target = item.reaction?.message_id;
    if (item.type !== "reaction" || !ids.has(target)) return item.type !== "reaction" || textOf(item) !== "";
    const given = reactions.get(target) ?? new Map();
    if (item.reaction.emoji) given.set(item.direction, item.reaction.emoji);
    else given.delete(item.direction);
    reactions.set(target, given);
    return false;
  });
  return { shown, reactions };
}

function dayOf(item) {
  const at = new Date(Number(item.timestamp) * 1000);
  return `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}`;
}

function dayLabel(item, now) {
  const at = new Date(Number(item.timestamp) * 1000);
  const midnight = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());
  const days = Math.round((midnight(new Date(now)) - midnight(at)) / DAY_MS);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  const form = days > 1 && days < 7 ? { weekday: "long" } : { day: "numeric", month: "long", year: "numeric" };
  const label = dateFormat(form).format(at);
  return label.charAt(0).toUpperCase() + label.slice(1);
}
