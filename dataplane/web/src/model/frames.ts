/** Exceptions and stack frames: read from an event, ordered newest first, library runs collapsed. */
import { each, flag, list, number, pairs, record, text } from "./read";

export interface Frame {
  function: string; place: string; line: number | null; column: number | null; module: string | null; package: string | null;
  inApp: boolean; source: { line: number; text: string }[]; variables: [string, unknown][]; sourceLink: string | null; address: string | null;
}
export interface Exception {
  type: string; value: string; module: string | null; handled: boolean | null; mechanism: string | null; threadId: string | null;
  /** Newest call first; the wire has it last. */
  frames: Frame[];
}
export type FrameView = "mine" | "all" | "raw";
export type Run = { kind: "frame"; frame: Frame; index: number } | { kind: "library"; frames: { frame: Frame; index: number }[]; names: string };

/** A run shorter than this is not worth a click. */
const COLLAPSE_MIN = 2;

export function parseException(value: unknown): Exception | null {
  const raw = record(value);
  const type = text(raw["type"]);
  const message = text(raw["value"]);
  const frames = parseFrames(raw["stacktrace"]);
  if (type === null && message === null && frames.length === 0) return null;
  const mechanism = record(raw["mechanism"]);
  return {
    type: type ?? "Error", value: message ?? "", module: text(raw["module"]), frames,
    handled: flag(mechanism["handled"]), mechanism: text(mechanism["type"]), threadId: text(raw["threadId"]) ?? text(raw["thread_id"]),
  };
}

export function parseFrames(stacktrace: unknown): Frame[] {
  return each(record(stacktrace)["frames"], parseFrame).reverse();
}

export function parseFrame(value: unknown): Frame | null {
  const raw = record(value);
  if (Object.keys(raw).length === 0) return null;
  const module = text(raw["module"]);
  const address = text(raw["instructionAddr"]);
  return {
    function: text(raw["function"]) ?? text(raw["rawFunction"]) ?? "<unknown>",
    place: text(raw["filename"]) ?? text(raw["absPath"]) ?? module ?? text(raw["package"]) ?? address ?? "<unknown>",
    line: number(raw["lineNo"]), column: number(raw["colNo"]), module, package: text(raw["package"]), address,
    inApp: raw["inApp"] === true,
    source: each(raw["context"], parseSourceLine),
    variables: pairs(raw["vars"]),
    sourceLink: text(raw["sourceLink"]),
  };
}

function parseSourceLine(value: unknown): { line: number; text: string } | null {
  const [line, source] = list(value);
  const at = number(line);
  return at === null ? null : { line: at, text: typeof source === "string" ? source : "" };
}

/**
 * What to draw for one exception. "mine" keeps frames in the app and folds each run of the rest; with no frame in the app
 * everything is shown, since a fold of everything would answer nothing.
 */
export function collapse(frames: readonly Frame[], view: FrameView): Run[] {
  const all: Run[] = frames.map((frame, index) => ({ kind: "frame", frame, index }));
  if (view !== "mine" || !frames.some((frame) => frame.inApp)) return all;
  const runs: Run[] = [];
  let library: { frame: Frame; index: number }[] = [];
  const close = () => {
    if (library.length >= COLLAPSE_MIN) runs.push({ kind: "library", frames: library, names: libraryNames(library.map(({ frame }) => frame)) });
    else runs.push(...library.map(({ frame, index }): Run => ({ kind: "frame", frame, index })));
    library = [];
  };
  frames.forEach((frame, index) => {
    if (!frame.inApp) return void library.push({ frame, index });
    close();
    runs.push({ kind: "frame", frame, index });
  });
  close();
  return runs;
}

/** "django and asyncio": the packages a run belongs to, at most three. */
export function libraryNames(frames: readonly Frame[]): string {
  const names = [...new Set(frames.flatMap((frame) => libraryName(frame) ?? []))];
  const shown = names.length > 3 ? [...names.slice(0, 2), `${names.length - 2} others`] : names;
  return shown.length < 2 ? (shown[0] ?? "libraries") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1) ?? ""}`;
}

function libraryName(frame: Frame): string | null {
  const path = frame.place.replaceAll("\\", "/");
  const inModules = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? /(?:site|dist)-packages\/([^/.]+)/.exec(path)?.[1];
  if (inModules) return inModules;
  if (path.startsWith("node:")) return "node";
  if (frame.package !== null && !frame.package.includes("/")) return frame.package;
  const root = (frame.module ?? path).split(/[./:]/).find((part) => part !== "" && part !== "..");
  return root && !/^\d+$/.test(root) ? root : null;
}

/** The stack as the language itself would print it, for copying. */
export function rawTrace(exception: Exception, platform: string | null): string {
  const head = `${exception.type}${exception.value ? `: ${exception.value}` : ""}`;
  const at = (frame: Frame) => `${frame.place}${frame.line === null ? "" : `:${frame.line}`}${frame.column === null ? "" : `:${frame.column}`}`;
  if (platform === "python") {
    const lines = [...exception.frames].reverse().flatMap((frame) => {
      const source = frame.source.find((line) => line.line === frame.line)?.text.trim();
      return [`  File "${frame.place}", line ${frame.line ?? "?"}, in ${frame.function}`, ...(source ? [`    ${source}`] : [])];
    });
    return ["Traceback (most recent call last):", ...lines, head].join("\n");
  }
  return [head, ...exception.frames.map((frame) => `    at ${frame.function} (${at(frame)})`)].join("\n");
}
