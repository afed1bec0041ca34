/** The panels of one event, in reading order; what was not sent is named at the end instead of drawn empty. */
import type { IssueDetail } from "../../api/schema";
import { useQuery } from "@tanstack/react-query";
import { attachmentsQuery } from "../../api/queries";
import type { EventView } from "../../model/event";
import { useOrg } from "../../shell/session";
import { KeyValues } from "../../ui/KeyValues";
import { Panel } from "../../ui/Panel";
import { Attachments } from "./Attachments";
import { Breadcrumbs } from "./Breadcrumbs";
import { Contexts, EventFacts, EventTags, Highlights, Report, RequestPanel } from "./panels";
import { StackTrace } from "./StackTrace";
import { Why } from "./Why";

export function EventPanels({ event, issue }: { event: EventView; issue: IssueDetail }) {
  const org = useOrg();
  const { slug } = issue.project;
  const attachments = useQuery({ ...attachmentsQuery(org, slug, event.eventID), enabled: slug !== "" });
  const files = attachments.data ?? [];
  const missing = absent(event, attachments.isSuccess && files.length === 0);
  return (
    <>
      <Highlights event={event} />
      {event.report !== null && <Report report={event.report} />}
      <StackTrace event={event} />
      {slug !== "" && <Why project={slug} eventId={event.eventID} />}
      {event.breadcrumbs.length > 0 && <Breadcrumbs crumbs={event.breadcrumbs} at={event.date} />}
      {event.request !== null && <RequestPanel request={event.request} />}
      {event.tags.length > 0 && <EventTags tags={event.tags} />}
      {event.user.length > 0 && <Panel title="User"><div className="panel"><KeyValues rows={event.user} label="User" /></div></Panel>}
      {event.contexts.length > 0 && <Contexts contexts={event.contexts} />}
      {event.extra.length > 0 && <Panel title="Additional data"><div className="panel"><KeyValues rows={event.extra} /></div></Panel>}
      {event.others.map(({ type, rows }) => <Panel key={type} title={type === "csp" ? "Content security policy" : type}><div className="panel"><KeyValues rows={rows} /></div></Panel>)}
      {(files.length > 0 || attachments.isError) && <Attachments files={files} project={slug} eventId={event.eventID} error={attachments.error} retry={() => void attachments.refetch()} />}
      <EventFacts event={event} project={slug} />
      {missing.length > 0 && <p className="muted mt-6 text-s">Not sent with this event: {missing.join(", ")}.</p>}
    </>
  );
}

function absent(event: EventView, noFiles: boolean): string[] {
  return [
    event.breadcrumbs.length === 0 && "breadcrumbs", event.request === null && "request", event.tags.length === 0 && "tags",
    event.user.length === 0 && "user", event.contexts.length === 0 && "contexts", noFiles && "attachments",
  ].filter((name) => name !== false);
}
