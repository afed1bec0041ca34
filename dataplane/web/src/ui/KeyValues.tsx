/** Names and values, however the SDK wrote them. */
import { shown } from "../model/format";

/** What scrubbing leaves in place of a value. */
const SCRUBBED = /^\[(Filtered|Removed|email|ip|creditcard|password)\]$/i;

export function KeyValues({ rows, label }: { rows: readonly (readonly [string, unknown])[]; label?: string }) {
  return (
    <dl className="kv" aria-label={label}>
      {rows.map(([key, value], index) => <Row key={`${key}-${index}`} name={key} value={value} />)}
    </dl>
  );
}

export function Row({ name, value }: { name: string; value: unknown }) {
  const words = shown(value);
  return <><dt>{name}</dt><dd className={SCRUBBED.test(words) ? "scrubbed" : undefined} title={SCRUBBED.test(words) ? "Removed before it was stored" : undefined}>{words === "" ? <span className="muted">(empty)</span> : words}</dd></>;
}
