/** What broke and where, and everything that can be done about it. */
import type { Ref } from "react";
import { useNavigate } from "react-router";
import type { IssueDetail, IssuePatch } from "../../api/schema";
import type { EventView } from "../../model/event";
import { awaitsReview, badge } from "../../model/issue";
import { ArchiveMenu, AssignMenu, PriorityMenu, ResolveMenu } from "../../triage/menus";
import type { Triage } from "../../triage/useTriage";
import { Menu } from "../../ui/Menu";
import { complain, say } from "../../ui/toasts";
import { useIssueBase } from "./base";

export function IssueHead({ issue, event, triage, assignRef }: { issue: IssueDetail; event: EventView | null; triage: Triage; assignRef: Ref<HTMLButtonElement> }) {
  const state = badge(issue);
  const handled = event?.exceptions[0]?.handled ?? (issue.isUnhandled ? false : null);
  const change = (patch: IssuePatch, words: string) => triage.change([issue], patch, words);
  return (
    <header className="head">
      <div aria-label="State" role="group">
        {state !== null && <span className={`tag ${state.tone}`}>{state.words}{state.tone === "reg" && issue.lastRelease !== null ? ` in ${issue.lastRelease.shortVersion}` : ""}</span>}
        <span className="tag plain">{issue.level}</span>
        {issue.platform !== null && <span className="tag plain">{issue.platform}</span>}
        {handled !== null && <span className="tag plain">handled: {handled ? "yes" : "no"}</span>}
      </div>
      <h1 title={issue.type}><bdi>{issue.type}</bdi></h1>
      <p className="msg"><bdi>{issue.value}</bdi>{issue.value !== "" && issue.culprit !== null && <span className="muted"> · </span>}{issue.culprit !== null && <span className="mono muted">{issue.culprit}</span>}</p>
      <div className="row" role="toolbar" aria-label="Actions">
        {issue.status === "unresolved" ? (
          <span className="inline-flex">
            <button type="button" className="btn primary rounded-r-none!" onClick={() => change({ status: "resolved" }, "Resolved")}>Resolve</button>
            <ResolveMenu className="btn primary rounded-l-none! border-l-paper! px-2!" change={change} />
          </span>
        ) : <button type="button" className="btn primary" onClick={() => change({ status: "unresolved" }, "Reopened")}>{issue.status === "ignored" ? "Unarchive" : "Reopen"}</button>}
        {awaitsReview(issue) && <button type="button" className="btn" onClick={() => triage.review([issue])}>Mark as reviewed</button>}
        {issue.status !== "ignored" && <ArchiveMenu change={change} />}
        <AssignMenu actor={issue.assignedTo} change={change} triggerRef={assignRef} />
        <PriorityMenu priority={issue.priority} change={change} />
        <button type="button" className="btn max-[760px]:hidden!" onClick={() => void share(issue)}>Copy link</button>
        <More issue={issue} triage={triage} />
      </div>
    </header>
  );
}

function More({ issue, triage }: { issue: IssueDetail; triage: Triage }) {
  const base = useIssueBase();
  const navigate = useNavigate();
  return (
    <Menu name="More actions" label="⋯" caret={false} items={[
      { label: "Copy link", run: () => void share(issue) },
      { label: "All events", run: () => void navigate(`${base}/events/`) },
      { label: "Fingerprints, unmerge", run: () => void navigate(`${base}/merged/`) },
      "separator",
      { label: "Delete…", tone: "bad", run: () => triage.remove([issue]) },
      { label: "Delete and discard later events…", tone: "bad", run: () => triage.discard([issue]) },
    ]} />
  );
}

async function share(issue: IssueDetail): Promise<void> {
  try {
    await navigator.clipboard.writeText(`${location.origin}/issues/${issue.id}/`);
    say("Link copied");
  } catch (error) {
    complain(error);
  }
}
