/** Saving a form: busy while it runs, a toast when it worked, the refusal where it happened. */
import { useState } from "react";
import { ApiError, sentence } from "../../api/client";
import { say } from "../../ui/toasts";

interface Save { busy: boolean; problem: string | null; fields: Record<string, string>; run: (work: () => Promise<void>, words: string, undo?: () => Promise<void>) => Promise<boolean> }

export function useSave(): Save {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run: Save["run"] = async (work, words, undo) => {
    setBusy(true);
    setError(null);
    try {
      await work();
      say(words, undo ?? null);
      return true;
    } catch (failure) {
      setError(failure);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, run, problem: error === null ? null : sentence(error), fields: error instanceof ApiError ? error.fields : {} };
}
