/** Sends envelopes the way an SDK does, and reads recorded ones. */
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { settings } from "./settings";

export interface SentEvent { event_id: string; [field: string]: unknown }
export interface Item { header: Record<string, unknown>; body: Buffer }
export interface Capture { name: string; event: SentEvent; attachments: { name: string; body: Buffer }[] }

export async function send(event: Record<string, unknown>, attachments: Capture["attachments"] = [], dsn = settings.dsn): Promise<string> {
  const { username: key, host, protocol, pathname } = new URL(dsn);
  const event_id = randomUUID().replaceAll("-", "");
  const items = [
    item({ type: "event" }, Buffer.from(JSON.stringify({ ...event, event_id, timestamp: Date.now() / 1000 }))),
    ...attachments.map(({ name, body }) => item({ type: "attachment", filename: name, content_type: "text/plain" }, body)),
  ];
  const head = Buffer.from(`${JSON.stringify({ event_id, sent_at: new Date().toISOString() })}\n`);
  const answer = await fetch(`${protocol}//${host}/api${pathname}/envelope/`, {
    method: "POST", body: new Uint8Array(Buffer.concat([head, ...items])),
    headers: { "Content-Type": "application/x-sentry-envelope", "X-Sentry-Auth": `Sentry sentry_version=7, sentry_client=errata-e2e/1, sentry_key=${key}` },
  });
  if (!answer.ok) throw new Error(`the server refused the envelope: ${answer.status} ${await answer.text()}`);
  return event_id;
}

function item(header: Record<string, unknown>, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ ...header, length: body.length })}\n`), body, Buffer.from("\n")]);
}

/** Every recorded error event; `only` keeps the suite short. */
export function captures(only: RegExp): Capture[] {
  const root = settings.captures;
  if (root === null || !existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory()).flatMap(({ name: sdk }) =>
    readdirSync(join(root, sdk)).filter((file) => file.endsWith(".body.bin") && only.test(`${sdk}/${file}`)).flatMap((file) => {
      const items = parse(opened(readFileSync(join(root, sdk, file))));
      const event = items.find(({ header }) => header["type"] === "event");
      if (event === undefined) return [];
      const attachments = items.filter(({ header }) => header["type"] === "attachment").map(({ header, body }) => ({ name: String(header["filename"]), body }));
      return [{ name: `${sdk}/${file.replace(".body.bin", "")}`, event: JSON.parse(event.body.toString("utf8")) as SentEvent, attachments }];
    }));
}

function opened(body: Buffer): Buffer {
  if (body[0] === 0x1f && body[1] === 0x8b) return gunzipSync(body);
  return body[0] === 0x7b ? body : brotliDecompressSync(body);
}

function parse(envelope: Buffer): Item[] {
  const items: Item[] = [];
  let at = lineEnd(envelope, 0) + 1;
  while (at < envelope.length) {
    const end = lineEnd(envelope, at);
    const line = envelope.subarray(at, end).toString("utf8");
    if (line.trim() === "") { at = end + 1; continue; }
    const header = JSON.parse(line) as Record<string, unknown>;
    const start = end + 1;
    const stop = typeof header["length"] === "number" ? start + header["length"] : lineEnd(envelope, start);
    items.push({ header, body: envelope.subarray(start, stop) });
    at = stop + 1;
  }
  return items;
}

function lineEnd(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(10, from);
  return end === -1 ? bytes.length : end;
}
