/** What can be done to the selected issues. */
import type { Ref } from "react";
import type { Issue, IssuePatch } from "../../api/schema";
import { awaitsReview } from "../../model/issue";
import { ArchiveMenu, AssignMenu, PriorityMenu, ResolveMenu } from "../../triage/menus";
import type { Triage } from "../../triage/useTriage";
import { Menu } from "../../ui/Menu";

interface BulkProps { issues: readonly Issue[]; apply: (patch: IssuePatch, words: string) => void; triage: Triage; assignRef: Ref<HTMLButtonElement>; onClear: () => void }

export function Bulk({ issues, apply, triage, assignRef, onClear }: BulkProps) {
  const closed = issues.every((issue) => issue.status !== "unresolved");
  return (
    <>
      <span className="muted px-1">{issues.length} selected</span>
      {closed
        ? <button type="button" className="btn" onClick={() => apply({ status: "unresolved" }, "Reopened")}>Reopen</button>
        : <button type="button" className="btn" onClick={() => apply({ status: "resolved" }, "Resolved")}>Resolve <kbd aria-hidden="true">e</kbd></button>}
      <ResolveMenu className="btn" change={apply} />
      <ArchiveMenu change={apply} />
      <AssignMenu actor={null} compact change={apply} triggerRef={assignRef} />
      <PriorityMenu priority={null} change={apply} label="Priority" />
      <Menu name="More actions" label="⋯" caret={false} items={[
        { label: "Mark as reviewed", hint: "r", disabled: !issues.some(awaitsReview), run: () => triage.review(issues) },
        { label: "Merge", disabled: issues.length < 2, run: () => triage.merge(issues) },
        "separator",
        { label: "Delete…", tone: "bad", run: () => triage.remove(issues) },
        { label: "Delete and discard later events…", tone: "bad", run: () => triage.discard(issues) },
      ]} />
      <button type="button" className="btn" onClick={onClear} aria-label="Clear the selection">×</button>
    </>
  );
}
