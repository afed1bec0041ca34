/** Frames of one stack. The newest of yours is open; runs of library frames are one line until asked for. */
import { useState } from "react";
import { inks } from "../../model/code";
import type { Frame, Run } from "../../model/frames";
import { Row } from "../../ui/KeyValues";

interface FrameListProps { runs: readonly Run[]; platform: string | null; isFirst: boolean }

/** Frames of yours that stand open with their source; more and the page begins with scrolling. */
const OPEN_MAX = 3;

export function FrameList({ runs, platform, isFirst }: FrameListProps) {
  if (runs.length === 0) return <p className="muted px-4 py-2 text-s">No frames were sent.</p>;
  const hasOwn = runs.some((run) => run.kind === "frame" && run.frame.inApp);
  const open = new Set(runs.flatMap((run) => (run.kind === "frame" && hasDetail(run.frame) && (run.frame.inApp || !hasOwn) ? [run.index] : [])).slice(0, hasOwn ? (isFirst ? OPEN_MAX : 1) : 1));
  return runs.map((run, index) => (run.kind === "frame"
    ? <FrameRow key={index} frame={run.frame} platform={platform} startsOpen={open.has(run.index)} />
    : <LibraryRun key={index} run={run} platform={platform} />));
}

function LibraryRun({ run, platform }: { run: Extract<Run, { kind: "library" }>; platform: string | null }) {
  const [shown, setShown] = useState(false);
  if (!shown) return <button type="button" className="fr fold" onClick={() => setShown(true)}>show {run.frames.length} frames of {run.names}</button>;
  return run.frames.map(({ frame, index }) => <FrameRow key={index} frame={frame} platform={platform} startsOpen={false} />);
}

function FrameRow({ frame, platform, startsOpen }: { frame: Frame; platform: string | null; startsOpen: boolean }) {
  const [open, setOpen] = useState(startsOpen);
  const at = `${frame.place}${frame.line === null ? "" : `:${frame.line}`}${frame.column === null || frame.column === 0 ? "" : `:${frame.column}`}`;
  const inside = <><b>{frame.function}</b><span className="loc">{at}</span>{frame.inApp && <span className="tag plain mine">in app</span>}</>;
  const tone = frame.inApp ? "fr" : "fr sys";
  if (!hasDetail(frame)) return <div className={tone}>{inside}</div>;
  return (
    <>
      <button type="button" className={tone} aria-expanded={open} onClick={() => setOpen(!open)}>{inside}</button>
      {open && frame.source.length > 0 && <Source frame={frame} platform={platform} />}
      {open && frame.variables.length > 0 && <dl className="kv" aria-label={`Variables of ${frame.function}`}>{frame.variables.map(([name, value]) => <Row key={name} name={name} value={value} />)}</dl>}
    </>
  );
}

function Source({ frame, platform }: { frame: Frame; platform: string | null }) {
  return (
    <pre className="src" tabIndex={0} role="group" aria-label={`Source of ${frame.function}`}>
      {frame.source.map((line) => (
        <code key={line.line} className={line.line === frame.line ? "hit" : undefined} aria-current={line.line === frame.line ? "location" : undefined}>
          <i>{line.line}</i>{inks(line.text, platform).map(({ kind, text }, index) => (kind === "keyword" ? <em key={index}>{text}</em> : kind === "string" ? <q key={index}>{text}</q> : kind === "comment" ? <s key={index}>{text}</s> : text))}{"\n"}
        </code>
      ))}
    </pre>
  );
}

function hasDetail(frame: Frame): boolean {
  return frame.source.length > 0 || frame.variables.length > 0;
}
