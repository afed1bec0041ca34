/** The usual searches as tabs, each with how many issues it finds. */
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "react-router";
import { issueHitsQuery, type IssueListParams } from "../../api/queries";
import { compact } from "../../model/format";
import { useOrg } from "../../shell/session";

const TABS = [
  ["Unresolved", "is:unresolved", true], ["For review", "is:unresolved is:for_review", true], ["Regressed", "is:regressed", true],
  ["Escalating", "is:escalating", true], ["Archived", "is:archived", false], ["Resolved", "is:resolved", false],
] as const;

export function Tabs({ params }: { params: IssueListParams }) {
  return <>{TABS.map(([label, query, counted]) => <Tab key={query} label={label} query={query} counted={counted} params={params} />)}</>;
}

function Tab({ label, query, counted, params }: { label: string; query: string; counted: boolean; params: IssueListParams }) {
  const org = useOrg();
  const { search } = useLocation();
  const { statsPeriod, project, environment } = params;
  const { data } = useQuery({ ...issueHitsQuery(org, { query, statsPeriod, project, environment }), enabled: counted });
  const next = new URLSearchParams(search);
  next.set("query", query);
  next.delete("cursor");
  return (
    <Link className="tab" to={`?${next.toString()}`} aria-current={params.query === query ? "page" : undefined}>
      {label}{typeof data === "number" && <em> {compact(data)}</em>}
    </Link>
  );
}
