/** Every tag of an issue with its commonest values. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { facetsQuery } from "../../api/queries";
import { useOrg } from "../../shell/session";
import { Bones, Empty, Failure } from "../../ui/States";
import { Facet, inOrder } from "./Facets";
import { SubPage } from "./SubPage";

export function Component() {
  const org = useOrg();
  const { issueId = "" } = useParams();
  const facets = useQuery(facetsQuery(org, issueId));
  return (
    <SubPage title="Tags">
      {facets.isError && <Failure what="Tags" error={facets.error} retry={() => void facets.refetch()} />}
      {facets.isPending && <Bones label="Tags" />}
      {facets.data?.length === 0 && <Empty title="No event of this issue has a tag.">An SDK sets one with <code>set_tag</code>.</Empty>}
      <div className="facets">{inOrder(facets.data ?? []).map((facet) => <Facet key={facet.key} facet={facet} />)}</div>
    </SubPage>
  );
}
