/** What a person does to issues: change now, confirm in a toast, take back on demand. */
import { useState } from "react";
import { deleteIssues, restoring, updateIssues } from "../api/issues";
import type { Issue, IssuePatch } from "../api/schema";
import { plural } from "../model/format";
import { awaitsReview } from "../model/issue";
import type { Question } from "../ui/Dialog";
import { complain, say } from "../ui/toasts";

export interface Triage {
  change: (issues: readonly Issue[], patch: IssuePatch, words: string) => void;
  /** Of those that wait for it. */
  review: (issues: readonly Issue[]) => void;
  merge: (issues: readonly Issue[]) => void;
  remove: (issues: readonly Issue[]) => void;
  discard: (issues: readonly Issue[]) => void;
  question: Question | null;
  closeQuestion: () => void;
}

/** `onGone` runs after issues ceased to exist, with those that are left to look at. */
export function useTriage(org: string, onGone: () => void): Triage {
  const [question, setQuestion] = useState<Question | null>(null);
  const change = (issues: readonly Issue[], patch: IssuePatch, words: string) => void act(org, issues, patch, words);
  const review = (issues: readonly Issue[]) => void act(org, issues.filter(awaitsReview), { inbox: false }, "Reviewed");
  const merge = (issues: readonly Issue[]) => {
    const target = issues.reduce<Issue | undefined>((most, one) => (most === undefined || one.count > most.count ? one : most), undefined);
    setQuestion({
      title: `Merge ${plural(issues.length, "issue")} into one?`,
      description: `They become ${target?.shortId ?? "one issue"}, which has seen most events. Fingerprints can be split off again on its page, but states, assignees and comments of the others are lost.`,
      action: "Merge",
      run: async () => { await updateIssues(org, ids(issues), { merge: 1 }); say(`Merged ${plural(issues.length, "issue")}`); onGone(); },
    });
  };
  const remove = (issues: readonly Issue[]) => setQuestion({
    title: `Delete ${named(issues)}?`,
    description: "All events, comments and attachments go. A new event of the same kind opens a new issue. This cannot be undone.",
    action: "Delete",
    run: async () => { await deleteIssues(org, ids(issues)); say(`Deleted ${named(issues)}`); onGone(); },
  });
  const discard = (issues: readonly Issue[]) => setQuestion({
    title: `Delete ${named(issues)} and discard what follows?`,
    description: "The issue goes, and every later event of the same kind is dropped on arrival. This cannot be undone.",
    action: "Delete and discard",
    run: async () => { await updateIssues(org, ids(issues), { discard: true }); say(`Discarded ${named(issues)}`); onGone(); },
  });
  return { change, review, merge, remove, discard, question, closeQuestion: () => setQuestion(null) };
}

async function act(org: string, issues: readonly Issue[], patch: IssuePatch, words: string): Promise<void> {
  if (issues.length === 0) return;
  const back = restoring(issues, patch, new Date()).filter((one) => Object.keys(one.patch).length > 0);
  const undo = async () => {
    for (const one of back) await updateIssues(org, one.ids, one.patch);
  };
  try {
    await updateIssues(org, ids(issues), patch);
    say(`${words}: ${named(issues)}`, back.length === 0 ? null : undo);
  } catch (error) {
    complain(error);
  }
}

function ids(issues: readonly Issue[]): string[] {
  return issues.map((issue) => issue.id);
}

function named(issues: readonly Issue[]): string {
  return issues.length === 1 ? (issues[0]?.shortId ?? "one issue") : plural(issues.length, "issue");
}
