/** What stands where rows would: nothing yet, no match, an error with a retry, or the outline of what is coming. */
import type { ReactNode } from "react";
import { sentence } from "../api/client";

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="px-6 py-12 text-center">
      <p className="font-semibold">{title}</p>
      {children !== undefined && <div className="mt-1 text-ink-2">{children}</div>}
    </div>
  );
}

export function Failure({ error, what, retry }: { error: unknown; what: string; retry?: () => void }) {
  return (
    <div role="alert" className="notice m-4" style={{ "--tone": "var(--error)" } as React.CSSProperties}>
      <p><b className="font-semibold">{what} could not be loaded.</b> {sentence(error)}</p>
      {retry !== undefined && <button type="button" className="btn mt-2" onClick={retry}>Try again</button>}
    </div>
  );
}

/** Said above the rows of a search that ended before it had looked at everything; `more` names the way on. */
export function Incomplete({ more }: { more: string }) {
  return (
    <p role="status" className="notice m-3" style={{ "--tone": "var(--warning)" } as React.CSSProperties}>
      <b className="font-semibold">This search gave up before it had looked at all events,</b> so what only older ones would tell is missing. {more}
    </p>
  );
}

export function Bone({ width }: { width: number | string }) {
  return <span className="skeleton" style={{ width }} aria-hidden="true">&nbsp;</span>;
}

/** Rows of a plain table while it loads. */
export function Bones({ rows = 4, label }: { rows?: number; label: string }) {
  return (
    <div role="status" aria-label={`${label} loading`} className="grid gap-3 p-4">
      {Array.from({ length: rows }, (_, row) => <Bone key={row} width={`${90 - row * 13}%`} />)}
    </div>
  );
}
