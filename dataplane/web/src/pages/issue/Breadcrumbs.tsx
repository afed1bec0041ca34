/** What led to the event, newest first, each with how long before. */
import { useState } from "react";
import type { Breadcrumb } from "../../model/event";
import { exactTime, shown } from "../../model/format";
import { LongText } from "../../ui/KeyValues";
import { Panel } from "../../ui/Panel";

const FIRST_SHOWN = 8;
/** A breadcrumb is a line to skim; half of this cuts most SQL, twice pushes the next crumbs away. */
const CRUMB_CHARS = 280;

export function Breadcrumbs({ crumbs, at }: { crumbs: readonly Breadcrumb[]; at: Date | null }) {
  const [all, setAll] = useState(false);
  const visible = all ? crumbs : crumbs.slice(0, FIRST_SHOWN);
  const more = crumbs.length > FIRST_SHOWN;
  return (
    <Panel title="Breadcrumbs" note={more ? `${visible.length} of ${crumbs.length}` : `${crumbs.length}, newest first`} right={more ? <button type="button" onClick={() => setAll(!all)} aria-expanded={all}>{all ? "Fewer" : "All"}</button> : undefined}>
      <ol className="panel bc">{visible.map((crumb, index) => <Crumb key={index} crumb={crumb} at={at} />)}</ol>
    </Panel>
  );
}

function Crumb({ crumb, at }: { crumb: Breadcrumb; at: Date | null }) {
  const isBad = crumb.level === "error" || crumb.level === "fatal" || crumb.type === "error";
  const rest = Object.entries(crumb.data).filter(([key]) => !(crumb.type === "http" && ["url", "method", "status_code"].includes(key)) || !crumb.message.includes(shown(crumb.data[key])));
  return (
    <li>
      <span className="muted at" title={crumb.date === null ? undefined : exactTime(crumb.date)}>{before(crumb.date, at)}</span>
      <span className={isBad ? "text-error" : "muted"}>{crumb.category}</span>
      <span className={`say ${crumb.type === "http" || crumb.category === "query" ? "mono" : ""}`}>{crumb.message ? <LongText text={crumb.message} most={CRUMB_CHARS} /> : <span className="muted">(no message)</span>}
        {rest.length > 0 && <span className="muted mono block text-xs"><LongText text={rest.map(([key, value]) => `${key}: ${shown(value)}`).join(" · ")} most={CRUMB_CHARS} /></span>}
      </span>
      <span className="muted lvl">{crumb.level}</span>
    </li>
  );
}

/** "−0.140 s" before the event; beyond a minute in minutes. */
function before(date: Date | null, at: Date | null): string {
  if (date === null || at === null) return "?";
  const seconds = (date.getTime() - at.getTime()) / 1000;
  const sign = seconds > 0 ? "+" : "−";
  const size = Math.abs(seconds);
  return size < 100 ? `${sign}${size.toFixed(3)} s` : size < 6000 ? `${sign}${Math.round(size / 60)} min` : `${sign}${Math.round(size / 3600)} h`;
}
