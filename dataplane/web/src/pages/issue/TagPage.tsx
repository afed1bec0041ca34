/** One tag of an issue: every known value, how often, since when. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { facetQuery } from "../../api/queries";
import { exact, percent } from "../../model/format";
import { useOrg } from "../../shell/session";
import { Bones, Empty, Failure } from "../../ui/States";
import { Time } from "../../ui/Time";
import { useIssueBase } from "./base";
import { SubPage } from "./SubPage";

export function Component() {
  const org = useOrg();
  const base = useIssueBase();
  const { issueId = "", key = "" } = useParams();
  const facet = useQuery(facetQuery(org, issueId, key));
  return (
    <SubPage title={`Tag ${key}`}>
      {facet.isError && <Failure what="This tag" error={facet.error} retry={() => void facet.refetch()} />}
      {facet.isPending && <Bones label="Tag" />}
      {facet.data?.topValues.length === 0 && <Empty title="No event of this issue has this tag." />}
      {facet.data !== undefined && facet.data.topValues.length > 0 && (
        <div className="overflow-x-auto px-3 pt-2 max-[760px]:px-0!" tabIndex={0} role="group" aria-label="Table">
          <table className="rows">
            <thead><tr><th scope="col">Value</th><th scope="col" className="r">Share</th><th scope="col" className="r">Events</th><th scope="col" className="r max-[760px]:hidden!">First seen</th><th scope="col" className="r">Last seen</th></tr></thead>
            <tbody>
              {facet.data.topValues.map((value) => (
                <tr key={value.value}>
                  <td className="[overflow-wrap:anywhere]"><Link className="linkish mono" to={`${base}/events/?query=${encodeURIComponent(`${key}:"${value.value}"`)}`}>{value.name}</Link></td>
                  <td className="r">{percent(value.count, facet.data.totalValues)}&nbsp;%</td><td className="r">{exact(value.count)}</td><td className="r muted max-[760px]:hidden!"><Time at={value.firstSeen} /></td><td className="r muted"><Time at={value.lastSeen} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </SubPage>
  );
}
