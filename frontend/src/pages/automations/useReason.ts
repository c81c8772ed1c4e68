import { useWords } from "../../lib/language";
import { failures, reasonKey } from "../../words/failures";
import { outcomes, refusedKey } from "../../words/outcomes";

/** The sentence for what a log gives as its reason: the engine's refusals, the gates', WhatsApp's, or as it was written. */
export function useReason(): (reason: string | null, code?: number | null) => string | null {
  const t = useWords(outcomes);
  const tf = useWords(failures);
  return (reason, code = null) => {
    if (reason === null) return null;
    const refused = refusedKey(reason);
    if (refused !== undefined) return t(refused as "refused_paused");
    const known = reasonKey(code, reason);
    return known === null ? reason : tf(known);
  };
}
