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
/** What people look for first, then the tags they set themselves, then what the SDK or the server derived. */
const FIRST = ["release", "environment", "browser", "os", "device"];
const DERIVED = ["user", "url", "server_name", "transaction", "runtime", "runtime.name", "browser.name", "os.name", "client_os", "client_os.name", "device.family", "level", "handled", "mechanism", "dist", "logger", "sentry:release"];
/** More would push the activity out of sight; the others are one click away. */
const FACETS_SHOWN = 6;

export function Facets({ issueId }: { issueId: string }) {
  const org = useOrg();
  const base = useIssueBase();
  const facets = useQuery(facetsQuery(org, issueId));
  if (facets.isError) return <section><h2>Tags</h2><Failure what="Tags" error={facets.error} retry={() => void facets.refetch()} /></section>;
  if (facets.data === undefined) return <Bones rows={5} label="Tags" />;
  if (facets.data.length === 0) return <section><h2>Tags</h2><p className="muted text-s">No event of this issue has a tag.</p></section>;
  return (
    <section aria-label="Tag distribution">
      {inOrder(facets.data).slice(0, FACETS_SHOWN).map((facet) => <Facet key={facet.key} facet={facet} />)}
      {facets.data.length > FACETS_SHOWN && <p className="mb-2 text-s"><Link className="linkish" to={`${base}/tags/`}>All {facets.data.length} tags</Link></p>}
    </section>
  );
}

export function inOrder(facets: readonly TagFacet[]): TagFacet[] {
  const rank = (key: string) => (FIRST.includes(key) ? FIRST.indexOf(key) : DERIVED.includes(key) ? FIRST.length + 1 + DERIVED.indexOf(key) : FIRST.length);
  return facets.toSorted((a, b) => rank(a.key) - rank(b.key) || a.key.localeCompare(b.key));
}

export function Facet({ facet }: { facet: TagFacet }) {
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
