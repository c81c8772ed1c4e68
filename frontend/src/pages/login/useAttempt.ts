import { type FormEvent, useState } from "react";

/** For a form at the door: what it tries either takes one in, and the form goes, or says why not. */
export function useAttempt(work: () => Promise<void>) {
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function attempt() {
    setIsBusy(true);
    setError(null);
    try {
      await work();
    } catch (problem) {
      setError(problem);
      setIsBusy(false);
    }
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!isBusy) void attempt();
  }
  return { error, isBusy, submit };
}
