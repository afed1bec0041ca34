/** The small panels of an event: highlights, report, request, tags, contexts, and the facts about the event itself. */
import { useState } from "react";
import { Link } from "react-router";
import type { ContextGroup, EventView, HttpRequest, UserReport } from "../../model/event";
import { bytes, plural, shown } from "../../model/format";
import { highlights } from "../../model/highlights";
import { withFilter } from "../../model/query";
import { useOrg } from "../../shell/session";
import { KeyValues } from "../../ui/KeyValues";
import { Panel } from "../../ui/Panel";
import { Time } from "../../ui/Time";

export function Highlights({ event }: { event: EventView }) {
  const facts = highlights(event);
  return (
    <Panel title="Highlights">
      <dl className="panel hl">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd title={value}>{value}</dd></div>)}</dl>
    </Panel>
  );
}

export function Report({ report }: { report: UserReport }) {
  return (
    <Panel title="User report" note={<>{report.name}{report.email !== null && ` <${report.email}>`} · <Time at={report.date} suffix /></>}>
      <blockquote className="notice" style={{ whiteSpace: "pre-wrap" }}>{report.comments}</blockquote>
    </Panel>
  );
}

export function RequestPanel({ request }: { request: HttpRequest }) {
  const parts: [string, [string, unknown][]][] = [["Query", request.query], ["Headers", request.headers], ["Cookies", request.cookies], ["Environment", request.env]];
  return (
    <Panel title="Request" note={<span className="mono">{request.method ?? "GET"} {request.path}</span>}>
      <div className="panel">
        <KeyValues rows={[["method", request.method ?? "GET"], ["url", request.url], ...(request.fragment === null ? [] : [["fragment", request.fragment] as const])]} label="Request line" />
        {request.body !== null && <Part title="Body" rows={bodyRows(request.body)} />}
        {parts.map(([title, rows]) => rows.length > 0 && <Part key={title} title={title} rows={rows} />)}
      </div>
    </Panel>
  );
}

function bodyRows(body: unknown): [string, unknown][] {
  return typeof body === "object" && body !== null && !Array.isArray(body) ? Object.entries(body) : [["body", shown(body)]];
}

function Part({ title, rows }: { title: string; rows: [string, unknown][] }) {
  return <div className="border-t border-line pt-1"><h3 className="muted px-4 pt-1 text-xs">{title}</h3><KeyValues rows={rows} label={title} /></div>;
}

export function EventTags({ tags }: { tags: EventView["tags"] }) {
  return (
    <Panel title="Tags" note="of this event">
      <ul className="tagrow">
        {tags.map(({ key, value }, index) => (
          <li key={`${key}-${index}`} className="pill"><span>{key}</span><Link to={`/issues/?query=${encodeURIComponent(withFilter("", key, value))}`} title={`Issues with ${key}: ${value}`}>{value}</Link></li>
        ))}
      </ul>
    </Panel>
  );
}

export function Contexts({ contexts }: { contexts: readonly ContextGroup[] }) {
  return (
    <Panel title="Contexts">
      <div className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,320px),1fr))] items-start gap-3">
        {contexts.map((context) => (
          <div key={context.key} className="panel">
            <h3 className="border-b border-line px-4 py-1.5 text-s font-semibold">{context.title}</h3>
            <KeyValues rows={context.rows} label={context.title} />
          </div>
        ))}
      </div>
    </Panel>
  );
}

export function EventFacts({ event, project }: { event: EventView; project: string }) {
  const org = useOrg();
  const [open, setOpen] = useState(false);
  const rows: [string, unknown][] = [["event id", event.eventID]];
  if (event.sdk !== null) rows.push(["sdk", event.sdk]);
  if (event.dist !== null) rows.push(["dist", event.dist]);
  if (event.date !== null) rows.push(["happened", event.date.toISOString()]);
  if (event.received !== null) rows.push(["received", event.received.toISOString()]);
  if (event.size !== null) rows.push(["size", bytes(event.size)]);
  if (event.fingerprints.length > 0) rows.push(["fingerprints", event.fingerprints.join(", ")]);
  return (
    <Panel title="Event" right={project === "" ? undefined : <a href={`/api/0/projects/${org}/${project}/events/${event.eventID}/json/`}>Raw JSON</a>}>
      <div className="panel"><KeyValues rows={rows} label="Event" /></div>
      {event.errors.length > 0 && (
        <div className="notice mt-3 text-s" style={{ "--tone": "var(--warning)" } as React.CSSProperties}>
          <p>Some of this event could not be read or was cut:</p>
          <ul className="list-disc pl-5">{event.errors.map((error, index) => <li key={index}>{error.replaceAll("_", " ")}</li>)}</ul>
        </div>
      )}
      {event.packages.length > 0 && (
        <>
          <button type="button" className="linkish mt-2 text-s" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? "Hide packages" : `Show ${plural(event.packages.length, "package")}`}</button>
          {open && <div className="panel mt-2"><KeyValues rows={event.packages} label="Packages" /></div>}
        </>
      )}
    </Panel>
  );
}
