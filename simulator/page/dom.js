// Small helpers that build elements. Text only ever enters the page as text nodes, so nothing a customer or an
// automation writes can become markup.

/** `attributes` whose value is null or false are left out; `on` holds listeners. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const ICONS = {
  tick: { box: "0 0 18 12", paths: ["M4.5 6.4 8 9.8 15 2.2"] },
  ticks: { box: "0 0 18 12", paths: ["M1 6.4 4.5 9.8 11.5 2.2", "M8.4 9.2 9 9.8 16 2.2"] },
  clock: { box: "0 0 16 16", paths: ["M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8Z", "M8 4.6V8l2.2 1.6"] },
  alert: { box: "0 0 16 16", paths: ["M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8Z", "M8 4.7v4", "M8 11.1v.1"] },
  send: { box: "0 0 24 24", paths: ["M5 12h13", "M12.5 5.8 18.7 12l-6.2 6.2"] },
  down: { box: "0 0 24 24", paths: ["m6 9.5 6 6 6-6"] },
  close: { box: "0 0 24 24", paths: ["m6.5 6.5 11 11", "m17.5 6.5-11 11"] },
  plus: { box: "0 0 24 24", paths: ["M12 5.5v13", "M5.5 12h13"] },
  check: { box: "0 0 24 24", paths: ["m5.5 12.5 4.3 4.3 8.7-9.6"] },
  sun: {
    box: "0 0 24 24",
    paths: ["M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Z", "M12 2.8v1.7M12 19.5v1.7M2.8 12h1.7M19.5 12h1.7M5.5 5.5l1.2 1.2M17.3 17.3l1.2 1.2M5.5 18.5l1.2-1.2M17.3 6.7l1.2-1.2"],
  },
  moon: { box: "0 0 24 24", paths: ["M19.8 14.2A8.2 8.2 0 0 1 9.8 4.2a8.2 8.2 0 1 0 10 10Z"] },
  out: { box: "0 0 24 24", paths: ["M8 16 16.5 7.5", "M9.5 7.5h7v7"] },
  again: { box: "0 0 24 24", paths: ["M5 12a7 7 0 1 0 2.2-5.1L5 9", "M5 4.5V9h4.5"] },
  lock: { box: "0 0 16 16", paths: ["M4 7.2h8v6H4z", "M5.6 7.2V5.4a2.4 2.4 0 0 1 4.8 0v1.8"] },
  list: { box: "0 0 24 24", paths: ["M9 7h10M9 12h10M9 17h10", "M5 7h.1M5 12h.1M5 17h.1"] },
  reply: { box: "0 0 24 24", paths: ["M10 7 5 12l5 5", "M5.5 12H14a5 5 0 0 1 5 5v1"] },
  image: { box: "0 0 24 24", paths: ["M4 5.5h16v13H4z", "m4.5 16 4.5-4.5 3.5 3.5 2.5-2.5 4.5 4.5", "M15.5 9.2v.1"] },
  video: { box: "0 0 24 24", paths: ["M4 6.5h11v11H4z", "m15 11 5-3v8l-5-3"] },
  audio: { box: "0 0 24 24", paths: ["M12 4a2.5 2.5 0 0 0-2.5 2.5V12a2.5 2.5 0 0 0 5 0V6.5A2.5 2.5 0 0 0 12 4Z", "M6.5 11.5a5.5 5.5 0 0 0 11 0", "M12 17v3"] },
  document: { box: "0 0 24 24", paths: ["M7 3.5h7l4 4v13H7z", "M14 3.5v4h4"] },
  sticker: { box: "0 0 24 24", paths: ["M5 5h14v8l-6 6H5z", "M19 13h-6v6"] },
  location: { box: "0 0 24 24", paths: ["M12 21s6.5-6 6.5-11a6.5 6.5 0 0 0-13 0c0 5 6.5 11 6.5 11Z", "M12 7.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4Z"] },
  contacts: { box: "0 0 24 24", paths: ["M12 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z", "M5 19.5c.6-3.2 3.4-5 7-5s6.4 1.8 7 5"] },
  order: { box: "0 0 24 24", paths: ["M5 8h14l-1.2 11.5H6.2z", "M9 10.5V7a3 3 0 0 1 6 0v3.5"] },
  template: { box: "0 0 24 24", paths: ["M4.5 5h15v14h-15z", "M8 9.5h8M8 14h5"] },
};

/** A line icon in the colour of the text around it; it is decoration, so it has no name. */
export function icon(name) {
  const { box, paths } = ICONS[name];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", box);
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  for (const d of paths) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

export function initials(name) {
  const words = name.replace(/[^\p{L}\p{N}\s]/gu, "").split(/\s+/).filter(Boolean);
  if (!words.length) return "?";
  if (/^\d+$/.test(words[0])) return words[0].slice(-2);
  return words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");
}

/** A stable tint per person, so that switching people is visible at a glance. */
export function tint(seed) {
  let sum = 0;
  for (const letter of seed) sum = (sum * 31 + letter.codePointAt(0)) % 997;
  return String(sum % 5);
}

export const withPlus = (number) => (/^\d+$/.test(number) ? `+${number}` : number);
