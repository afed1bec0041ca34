/** The live stream of changed issues: one EventSource for the page, read by components as "open or not". */
import { useSyncExternalStore } from "react";
import { record, text } from "../model/read";
import { queryClient } from "./queries";

/** A busy project changes many times a second; a list that redraws more often than this cannot be read. */
const REFRESH_EVERY_MS = 2000;
/** The tabs' counts are five questions at once; they may lag behind the rows. */
const COUNTS_EVERY_MS = 15_000;
const RECONNECT_MS = 5000;

class IssueStream {
  private source: EventSource | null = null;
  private wasClosed = false;
  private countedAt = 0;
  private listeners = new Set<() => void>();
  private changed = new Set<string>();
  private refresh: ReturnType<typeof setTimeout> | null = null;
  private reconnect: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly org: string) {}

  isOpen = (): boolean => this.source?.readyState === EventSource.OPEN;

  subscribe = (listener: () => void): (() => void) => {
    if (this.listeners.size === 0) document.addEventListener("visibilitychange", this.follow);
    this.listeners.add(listener);
    this.follow();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      document.removeEventListener("visibilitychange", this.follow);
      this.close();
    };
  };

  /**
   * Open only while somebody looks: a browser grants six HTTP/1.1 connections per server over all tabs, and six forgotten
   * tabs would leave none for the seventh.
   */
  private follow = (): void => {
    if (document.hidden) return this.close();
    if (this.source !== null) return;
    this.open();
    if (!this.wasClosed) return;
    void queryClient.invalidateQueries({ queryKey: ["issues", this.org] });
    void queryClient.invalidateQueries({ queryKey: ["issue", this.org], predicate: ({ queryKey }) => queryKey[3] !== "event" });
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
    this.wasClosed = true;
    this.source?.close();
    this.source = null;
    this.tell();
  }

  private tell(): void {
    for (const notify of this.listeners) notify();
  }

  private note(data: unknown): void {
    const id = text(record(parse(data))["id"]);
    if (id !== null) this.changed.add(id);
    this.refresh ??= setTimeout(() => void this.redraw(), REFRESH_EVERY_MS);
  }

  /** Ends when all is read: a new round would cancel reads that take longer than a round, and a slow server would never be seen. */
  private async redraw(): Promise<void> {
    const ids = [...this.changed];
    this.changed.clear();
    const countsToo = Date.now() - this.countedAt > COUNTS_EVERY_MS;
    if (countsToo) this.countedAt = Date.now();
    await Promise.all([
      queryClient.invalidateQueries({ queryKey: ["issues", this.org], predicate: ({ queryKey }) => countsToo || queryKey[2] !== "hits" }),
      // The event on screen stays: somebody is reading it.
      queryClient.invalidateQueries({ queryKey: ["issue", this.org], predicate: ({ queryKey }) => ids.includes(String(queryKey[2])) && queryKey[3] !== "event" }),
    ]);
    this.refresh = this.changed.size > 0 ? setTimeout(() => void this.redraw(), REFRESH_EVERY_MS) : null;
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

/** Keeps the organization's stream open while the caller is drawn; true only while it is open. */
export function useLive(org: string): boolean {
  const stream = streams.get(org) ?? new IssueStream(org);
  streams.set(org, stream);
  return useSyncExternalStore(stream.subscribe, stream.isOpen);
}
