/** The live stream of changed issues: one EventSource for the page, read by components as "open or not". */
import { record, text } from "../model/read";
import { queryClient } from "./queries";

/** A busy project changes many times a second; a list that redraws more often than this cannot be read. */
const REFRESH_EVERY_MS = 2000;
const RECONNECT_MS = 5000;

export class IssueStream {
  private source: EventSource | null = null;
  private listeners = new Set<() => void>();
  private changed = new Set<string>();
  private refresh: ReturnType<typeof setTimeout> | null = null;
  private reconnect: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly org: string) {}

  isOpen = (): boolean => this.source?.readyState === EventSource.OPEN;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.source === null) this.open();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.close();
    };
  };

  private open(): void {
    const source = new EventSource(`/api/0/organizations/${this.org}/issues/stream/`, { withCredentials: true });
    this.source = source;
    source.onopen = () => this.tell();
    source.addEventListener("issue", (event) => this.note(event.data));
    source.onerror = () => {
      this.tell();
      // The browser retries by itself unless the server refused; then we ask again, slowly.
      if (source.readyState !== EventSource.CLOSED || this.reconnect !== null) return;
      this.reconnect = setTimeout(() => {
        this.reconnect = null;
        if (this.source === source && this.listeners.size > 0) this.open();
      }, RECONNECT_MS);
    };
  }

  private close(): void {
    this.source?.close();
    this.source = null;
  }

  private tell(): void {
    for (const notify of this.listeners) notify();
  }

  private note(data: unknown): void {
    const id = text(record(parse(data))["id"]);
    if (id !== null) this.changed.add(id);
    this.refresh ??= setTimeout(() => {
      this.refresh = null;
      const ids = [...this.changed];
      this.changed.clear();
      const refetchType = document.hidden ? "none" : "active";
      void queryClient.invalidateQueries({ queryKey: ["issues", this.org], refetchType });
      for (const issue of ids) void queryClient.invalidateQueries({ queryKey: ["issue", this.org, issue], refetchType });
    }, REFRESH_EVERY_MS);
  }
}

function parse(data: unknown): unknown {
  try {
    return JSON.parse(String(data));
  } catch {
    return null;
  }
}

const streams = new Map<string, IssueStream>();

export function issueStream(org: string): IssueStream {
  const stream = streams.get(org) ?? new IssueStream(org);
  streams.set(org, stream);
  return stream;
}
