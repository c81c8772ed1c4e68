import type { AutomationAnswer } from "../../api/schema";

interface Wanted {
  q: string;
  trigger: string;
  isActive: boolean | null;
}

const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Those that match, in the order in which they come into play: by priority, then by age. Accents and case do not count. */
export function found(all: readonly AutomationAnswer[], { q, trigger, isActive }: Wanted): AutomationAnswer[] {
  const words = plain(q).split(/\s+/).filter(Boolean);
  return all
    .filter((each) => {
      if (trigger !== "" && each.trigger_type !== trigger) return false;
      if (isActive !== null && each.is_active !== isActive) return false;
      const text = plain([each.name, each.description, JSON.stringify(each.trigger_conditions)].join(" "));
      return words.every((word) => text.includes(word));
    })
    .sort((one, other) => other.priority - one.priority || one.id - other.id);
}
