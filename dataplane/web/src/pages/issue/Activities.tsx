/** What happened to the issue and what people said about it, newest first, with a line to say more. */
import { useState, type FormEvent } from "react";
import { addNote, deleteNote } from "../../api/issues";
import type { Activity, IssueDetail } from "../../api/schema";
import { activityWords, isImpersonal } from "../../model/activity";
import { initials } from "../../model/format";
import { lookup } from "../../model/read";
import { useConfig, useOrg } from "../../shell/session";
import { Confirm, type Question } from "../../ui/Dialog";
import { Panel } from "../../ui/Panel";
import { Time } from "../../ui/Time";
import { complain } from "../../ui/toasts";

export function Activities({ issue }: { issue: IssueDetail }) {
  const org = useOrg();
  const [question, setQuestion] = useState<Question | null>(null);
  const remove = (note: Activity) => setQuestion({ title: "Delete this comment?", description: activityWords(note), action: "Delete", run: () => deleteNote(org, issue.id, note.id) });
  return (
    <Panel title="Activity">
      <NoteForm issueId={issue.id} />
      {issue.activity.length === 0 && <p className="muted text-s">Nothing has happened yet.</p>}
      <ol>{issue.activity.map((item, index) => <Item key={`${item.id}-${index}`} item={item} onDelete={item.type === "note" ? () => remove(item) : null} />)}</ol>
      {question !== null && <Confirm question={question} onClose={() => setQuestion(null)} />}
    </Panel>
  );
}

const SIGNS: Record<string, string> = { set_regression: "●", first_seen: "★", set_escalating: "▲" };

function Item({ item, onDelete }: { item: Activity; onDelete: (() => void) | null }) {
  const { user } = useConfig();
  const words = activityWords(item);
  const isNote = item.type === "note";
  const alone = isImpersonal(item.type);
  const isMine = item.author !== null && user !== null && (item.author === user.name || item.author === user.username || item.author === user.email);
  return (
    <li className="act">
      <span className="who" aria-hidden="true">{lookup(SIGNS, item.type) ?? (item.author === null ? "·" : initials(item.author))}</span>
      <div className="said">
        {!alone && <b className="font-semibold">{item.author ?? "Somebody"}</b>}{!alone && (isNote ? ": " : " ")}{isNote ? `“${words}”` : words}
        <span className="when"> · {item.date === null ? "at an unknown time" : <Time at={item.date} suffix />}</span>
        {onDelete !== null && isMine && <button type="button" className="linkish ml-2" onClick={onDelete}>Delete</button>}
      </div>
    </li>
  );
}

function NoteForm({ issueId }: { issueId: string }) {
  const org = useOrg();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === "") return;
    setBusy(true);
    try {
      await addNote(org, issueId, text.trim());
      setText("");
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="mb-3 grid gap-2">
      <textarea className="field font-sans!" rows={text === "" ? 1 : 3} aria-label="Comment" placeholder="Add a comment" value={text} onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit(); }} />
      {text !== "" && <div className="text-right"><button type="submit" className="btn" disabled={busy}>Comment</button></div>}
    </form>
  );
}
