/** How the events of an issue spread over each tag, as bars. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { facetsQuery } from "../../api/queries";
import type { TagFacet } from "../../api/schema";
import { exact, percent } from "../../model/format";
import { useOrg } from "../../shell/session";
import { Bones, Failure } from "../../ui/States";
import { useIssueBase } from "./base";

const VALUES_SHOWN = 3;
/** What people look for first; the rest follows by name. */
const FIRST = ["release", "environment", "level", "browser", "os", "device", "url", "user", "server_name"];
/** A tag with one value for every event tells nothing twice: at most this many facets stand open. */
const FACETS_SHOWN = 12;

export function Facets({ issueId }: { issueId: string }) {
  const org = useOrg();
  const facets = useQuery(facetsQuery(org, issueId));
  if (facets.isError) return <section><h2>Tags</h2><Failure what="Tags" error={facets.error} retry={() => void facets.refetch()} /></section>;
  if (facets.data === undefined) return <Bones rows={5} label="Tags" />;
  if (facets.data.length === 0) return <section><h2>Tags</h2><p className="muted text-s">No event of this issue has a tag.</p></section>;
  const rank = (key: string) => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  const sorted = facets.data.toSorted((a, b) => rank(a.key) - rank(b.key) || a.key.localeCompare(b.key));
  return <section aria-label="Tag distribution">{sorted.slice(0, FACETS_SHOWN).map((facet) => <Facet key={facet.key} facet={facet} />)}</section>;
}

function Facet({ facet }: { facet: TagFacet }) {
  const base = useIssueBase();
  const shown = facet.topValues.slice(0, VALUES_SHOWN);
  const others = facet.totalValues - shown.reduce((sum, value) => sum + value.count, 0);
  const hidden = facet.uniqueValues - shown.length;
  const to = `${base}/tags/${encodeURIComponent(facet.key)}/`;
  return (
    <div className="facet">
      <h2><Link to={to}>{facet.name.toLowerCase() === facet.name ? facet.name : facet.key}</Link></h2>
      {shown.map((value) => <Bar key={value.value} label={value.name} count={value.count} total={facet.totalValues} to={`${base}/events/?query=${encodeURIComponent(`${facet.key}:"${value.value}"`)}`} />)}
      {others > 0 && hidden > 0 && <Bar label={`${hidden} ${hidden === 1 ? "other" : "others"}`} count={others} total={facet.totalValues} to={to} />}
    </div>
  );
}

export function Bar({ label, count, total, to }: { label: string; count: number; total: number; to: string }) {
  const share = percent(count, total);
  return (
    <div className="bar" title={`${exact(count)} of ${exact(total)}`}>
      <Link to={to}>{label}</Link><span className="pc">{share === 0 && count > 0 ? "<1" : share} %</span>
      <div className="gauge" aria-hidden="true"><i style={{ width: `${Math.max(share, 1)}%` }} /></div>
    </div>
  );
}
