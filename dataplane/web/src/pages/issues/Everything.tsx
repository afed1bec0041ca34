/** Offered when a whole page is selected: the same selection for everything the search finds. */
import { useState } from "react";
import { BULK_MAX, matchingIssues } from "../../api/issues";
import type { IssueListParams } from "../../api/queries";
import type { Issue } from "../../api/schema";
import { exact } from "../../model/format";
import { useOrg } from "../../shell/session";
import { complain } from "../../ui/toasts";

interface EverythingProps { shown: number; hits: number; isChosen: boolean; params: IssueListParams; onChoose: (issues: readonly Issue[]) => void }

export function Everything({ shown, hits, isChosen, params, onChoose }: EverythingProps) {
  const org = useOrg();
  const [busy, setBusy] = useState(false);
  const choose = async () => {
    setBusy(true);
    try {
      onChoose(await matchingIssues(org, params));
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  };
  const most = Math.min(hits, BULK_MAX);
  return (
    <p className="everything" role="status">
      {isChosen ? `${hits > BULK_MAX ? "The first" : "All"} ${exact(most)} issues that match are selected.` : (
        <>All {exact(shown)} issues of this page are selected. <button type="button" className="linkish" disabled={busy} onClick={() => void choose()}>{busy ? "Selecting…" : `Select ${hits > BULK_MAX ? "the first" : "all"} ${exact(most)} that match`}</button></>
      )}
    </p>
  );
}
