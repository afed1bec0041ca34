/** Where we are, and the way to the events before and after. */
import { Link } from "react-router";
import type { IssueDetail } from "../../api/schema";
import type { EventView } from "../../model/event";
import { Time } from "../../ui/Time";
import { useIssueBase } from "./base";

export function TopBar({ issue, event }: { issue: IssueDetail; event: EventView | null }) {
  const base = useIssueBase();
  return (
    <div className="topbar">
      <nav aria-label="Breadcrumb" className="min-w-0">
        <span className="muted"><Link to="/issues/">Issues</Link> / {issue.project.slug !== "" && <><Link to={`/issues/?project=${issue.project.id}`}>{issue.project.slug}</Link> / </>}</span>
        <Link to={`${base}/`} className="font-semibold">{issue.shortId}</Link>
      </nav>
      <nav aria-label="Events" className="ml-auto flex flex-wrap gap-2">
        <Step to={event?.previous ? `${base}/events/oldest/` : null} name="Oldest event" label="«" />
        <Step to={event?.previous ? `${base}/events/${event.previous}/` : null} name="Older event" label={<>‹ <span className="muted max-[760px]:hidden">older</span></>} />
        <Link className="btn" to={`${base}/events/`} title="All events of this issue">
          {event === null ? "Events" : <><span className="mono">{event.eventID.slice(0, 8)}</span> · <Time at={event.date} suffix /></>}
        </Link>
        <Step to={event?.next ? `${base}/events/${event.next}/` : null} name="Newer event" label={<><span className="muted max-[760px]:hidden">newer</span> ›</>} />
        <Step to={event !== null && (event.next !== null || isBehind(issue, event)) ? `${base}/events/latest/` : null} name="Latest event" label="»" />
      </nav>
    </div>
  );
}

/** Events that came while this one was read are not in its `next` yet. */
function isBehind(issue: IssueDetail, event: EventView): boolean {
  return issue.lastSeen !== null && event.date !== null && issue.lastSeen.getTime() - event.date.getTime() > 1000;
}

function Step({ to, name, label }: { to: string | null; name: string; label: React.ReactNode }) {
  if (to === null) return <button type="button" className="btn" disabled aria-label={`${name}: there is none`}>{label}</button>;
  return <Link className="btn" to={to} aria-label={name} preventScrollReset>{label}</Link>;
}
