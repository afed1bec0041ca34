/** The chain of exceptions with their frames: only mine, all, or raw text. The view is part of the address. */
import { useSearchParams } from "react-router";
import { collapse, rawTrace, type Exception, type Frame, type FrameView } from "../../model/frames";
import type { EventView } from "../../model/event";
import { CopyButton } from "../../ui/Copy";
import { LongText } from "../../ui/KeyValues";
import { Panel } from "../../ui/Panel";
import { FrameList } from "./FrameList";

const VIEWS: readonly (readonly [FrameView, string])[] = [["mine", "Only mine"], ["all", "All"], ["raw", "Raw"]];

export function StackTrace({ event }: { event: EventView }) {
  const [search, setSearch] = useSearchParams();
  const view = VIEWS.find(([key]) => key === search.get("stack"))?.[0] ?? "mine";
  const stacks = stacksOf(event);
  const show = (next: FrameView) => setSearch((before) => { before.set("stack", next); return before; }, { replace: true, preventScrollReset: true });
  const right = stacks.length === 0 ? undefined : VIEWS.map(([key, label]) => <button key={key} type="button" aria-pressed={key === view} onClick={() => show(key)}>{label}</button>);
  return (
    <Panel title={event.exceptions.length > 0 || stacks.length > 0 ? "Stack trace" : "Message"} note={counted(stacks)} right={right}>
      {event.exceptions.length === 0 && event.message !== null && <p className="panel mono mb-3 px-4 py-3" style={{ whiteSpace: "pre-wrap" }}>{event.message}</p>}
      {stacks.map((stack, index) => (
        <article key={`${event.eventID}-${index}`} className="panel exc">
          <StackHead stack={stack} cause={stack.threadName === null ? stacks[index + 1] : undefined} />
          {view === "raw" ? <RawTrace stack={stack} platform={event.platform} />
            : <FrameList key={view} runs={collapse(stack.frames, view)} platform={event.platform} isFirst={index === 0} />}
        </article>
      ))}
      {stacks.length === 0 && event.message === null && <p className="muted">This event has neither a stack trace nor a message.</p>}
    </Panel>
  );
}

interface Stack extends Exception { threadName: string | null }

function stacksOf(event: EventView): Stack[] {
  const raised = event.exceptions.map((exception): Stack => ({ ...exception, threadName: null }));
  const hasFrames = raised.some((one) => one.frames.length > 0);
  const named = (frames: readonly Frame[], type: string, value: string): Stack[] => (frames.length === 0 ? [] : [{ type, value, frames: [...frames], module: null, handled: null, mechanism: null, threadId: null, threadName: type }]);
  const loose = hasFrames ? [] : named(event.stack, "Stack", event.message ?? "");
  const threads = event.threads.flatMap((thread) => (hasFrames && thread.crashed ? [] : named(thread.frames, `Thread ${thread.name ?? thread.id}`, thread.crashed ? "crashed" : thread.current ? "current" : "")));
  return [...raised, ...loose, ...threads];
}

function StackHead({ stack, cause }: { stack: Stack; cause: Stack | undefined }) {
  const isCaused = cause !== undefined && cause.threadName === null;
  return (
    <header className="eh">
      <h3><b><bdi>{stack.type}</bdi></b>{isCaused && <span className="muted"> caused by {cause.type} below</span>}{stack.mechanism !== null && stack.mechanism !== "generic" && <span className="muted"> · {stack.mechanism}</span>}</h3>
      {stack.value !== "" && <p><LongText text={stack.value} /></p>}
    </header>
  );
}

function RawTrace({ stack, platform }: { stack: Stack; platform: string | null }) {
  const text = rawTrace(stack, platform);
  return (
    <div className="relative">
      <pre className="raw" tabIndex={0} role="group" aria-label={`Raw trace of ${stack.type}`}>{text}</pre>
      <div className="absolute right-2 top-2 max-[760px]:static max-[760px]:px-4 max-[760px]:pb-3"><CopyButton text={text} name="Copy the raw trace" /></div>
    </div>
  );
}

function counted(stacks: readonly Stack[]): string | undefined {
  const frames = stacks.flatMap((stack) => stack.frames);
  if (frames.length === 0) return undefined;
  const mine = frames.filter((frame) => frame.inApp).length;
  return `newest frame first · ${mine} of ${frames.length} ${frames.length === 1 ? "frame" : "frames"} ${mine === 1 ? "is" : "are"} yours`;
}
