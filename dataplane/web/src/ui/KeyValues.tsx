/** Names and values, however the SDK wrote them. */
import { useState } from "react";
import { shown } from "../model/format";

/** What scrubbing leaves in place of a value. */
const SCRUBBED = /^\[(Filtered|Removed|email|ip|creditcard|password)\]$/i;

/** Values beyond this push everything else off the screen. */
const LONG = 600;

export function KeyValues({ rows, label }: { rows: readonly (readonly [string, unknown])[]; label?: string }) {
  return (
    <dl className="kv" aria-label={label}>
      {rows.map(([key, value], index) => <Row key={`${key}-${index}`} name={key} value={value} />)}
    </dl>
  );
}

export function Row({ name, value }: { name: string; value: unknown }) {
  const words = shown(value);
  return <><dt>{name}</dt><dd className={SCRUBBED.test(words) ? "scrubbed" : undefined} title={SCRUBBED.test(words) ? "Removed before it was stored" : undefined}>{words === "" ? <span className="muted">(empty)</span> : <LongText text={words} />}</dd></>;
}

export function LongText({ text, most = LONG }: { text: string; most?: number }) {
  const [all, setAll] = useState(false);
  if (text.length <= most) return text;
  return <>{all ? text : `${text.slice(0, most)}…`} <button type="button" className="linkish font-sans" aria-expanded={all} onClick={() => setAll(!all)}>{all ? "less" : `all ${text.length} characters`}</button></>;
}
