/** Every event of an issue, searchable. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearchParams } from "react-router";
import { issueEventsQuery } from "../../api/queries";
import { useOrg } from "../../shell/session";
import { Bones, Empty, Failure, Incomplete } from "../../ui/States";
import { Time } from "../../ui/Time";
import { SearchBox } from "../issues/SearchBox";
import { useIssueBase } from "./base";
import { SubPage } from "./SubPage";

/** Columns that a narrow screen writes below the title. */
const WIDE = "truncate max-w-[180px] max-[760px]:hidden!";

export function Component() {
  const org = useOrg();
  const base = useIssueBase();
  const { issueId = "" } = useParams();
  const [search, setSearch] = useSearchParams();
  const query = search.get("query") ?? "";
  const events = useQuery(issueEventsQuery(org, issueId, query, search.get("cursor")));
  const turn = (cursor: string | null) => setSearch((before) => { if (cursor === null) before.delete("cursor"); else before.set("cursor", cursor); return before; });
  return (
    <SubPage title="All events">
      <div className="flex px-6 py-3 max-[760px]:px-3!"><SearchBox key={query} query={query} label="Search events" placeholder="release:… environment:… user.id:…" onSearch={(next) => setSearch(next === "" ? {} : { query: next })} /></div>
      {events.isError && <Failure what="Events" error={events.error} retry={() => void events.refetch()} />}
      {events.isPending && <Bones rows={6} label="Events" />}
      {events.data?.isIncomplete === true && !events.isError && <Incomplete more={events.data.next === null ? "Add terms to narrow it." : "Next goes on where it stopped."} />}
      {events.data !== undefined && !events.isError && (events.data.rows.length === 0 ? <Empty title={events.data.isIncomplete ? "Nothing was found so far." : query === "" ? "No event is left." : "No event matches."}>{events.data.isIncomplete ? undefined : query === "" ? "They were older than the retention." : "Try fewer terms."}</Empty> : (
        <div className="overflow-x-auto px-3 max-[760px]:px-0!" tabIndex={0} role="group" aria-label="Table">
          <table className="rows">
            <thead><tr><th scope="col">Event</th><th scope="col">Title</th><th scope="col" className={WIDE}>Release</th><th scope="col" className={WIDE}>Environment</th><th scope="col" className={WIDE}>User</th><th scope="col" className="r">Age</th></tr></thead>
            <tbody>
              {events.data.rows.map((event) => (
                <tr key={event.eventID}>
                  <td><Link className="linkish mono" to={`${base}/events/${event.eventID}/`}>{event.eventID.slice(0, 8)}</Link></td>
                  <td className="t" title={event.title}>{event.title}<div className="muted truncate min-[761px]:hidden">{[event.release, event.environment, event.user].filter((fact) => fact !== null).join(" · ")}</div></td>
                  <td className={`mono muted ${WIDE}`} title={event.release ?? ""}>{event.release ?? "–"}</td><td className={`muted ${WIDE}`} title={event.environment ?? ""}>{event.environment ?? "–"}</td><td className={`muted ${WIDE}`} title={event.user ?? ""}>{event.user ?? "–"}</td><td className="r muted"><Time at={event.date} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ))}
      {events.data !== undefined && (events.data.next !== null || events.data.previous !== null) && (
        <nav className="pager" aria-label="Pages">
          <button type="button" className="btn" disabled={events.data.previous === null} onClick={() => turn(events.data.previous)}>‹ Previous</button>
          <button type="button" className="btn" disabled={events.data.next === null} onClick={() => turn(events.data.next)}>Next ›</button>
        </nav>
      )}
    </SubPage>
  );
}
