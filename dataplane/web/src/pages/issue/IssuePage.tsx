/** One issue, seen through one of its events: what broke, where, since when, for whom, and what to do about it. */
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { Link, useNavigate, useParams, type LoaderFunctionArgs } from "react-router";
import { request } from "../../api/client";
import { eventQuery, facetsQuery, issueQuery, queryClient } from "../../api/queries";
import type { IssueDetail } from "../../api/schema";
import { useKeys } from "../../shell/keys";
import { requireOrg, useOrg } from "../../shell/session";
import { useTriage } from "../../triage/useTriage";
import { Confirm } from "../../ui/Dialog";
import { Failure } from "../../ui/States";
import { Activities } from "./Activities";
import { useIssueBase } from "./base";
import { EventPanels } from "./EventPanels";
import { Facets } from "./Facets";
import { Facts } from "./Facts";
import { IssueHead } from "./IssueHead";
import { IssueTabs } from "./IssueTabs";
import { IssueBones, PanelBones } from "./IssueBones";
import { TopBar } from "./TopBar";

const seen = new Set<string>();

export async function loader(args: LoaderFunctionArgs): Promise<null> {
  const { issueId = "", eventId = "recommended" } = args.params;
  const org = await requireOrg(args);
  void queryClient.prefetchQuery(issueQuery(org, issueId));
  void queryClient.prefetchQuery(eventQuery(org, issueId, eventId));
  void queryClient.prefetchQuery(facetsQuery(org, issueId));
  if (!seen.has(issueId)) {
    seen.add(issueId);
    // Being seen is a courtesy to colleagues; a failure to record it must not disturb the reader.
    request(`/organizations/${org}/issues/`, { method: "PUT", query: { id: issueId }, body: { hasSeen: true } }).catch(() => seen.delete(issueId));
  }
  return null;
}

export function Component() {
  const org = useOrg();
  const { issueId = "" } = useParams();
  const issue = useQuery(issueQuery(org, issueId));
  if (issue.isError && issue.data === undefined) return <><h1 className="sr-only">Issue</h1><Failure what="This issue" error={issue.error} retry={() => void issue.refetch()} /><p className="px-4"><Link className="linkish" to="/issues/">Go to issues</Link></p></>;
  if (issue.data === undefined) return <IssueBones />;
  return <Loaded key={issueId} issue={issue.data} />;
}

function Loaded({ issue }: { issue: IssueDetail }) {
  const org = useOrg();
  const base = useIssueBase();
  const navigate = useNavigate();
  const { eventId = "recommended" } = useParams();
  const event = useQuery(eventQuery(org, issue.id, eventId));
  const triage = useTriage(org, () => void navigate("/issues/"));
  const assign = useRef<HTMLButtonElement>(null);
  const go = (to: string | null | undefined) => { if (to) void navigate(`${base}/events/${to}/`, { preventScrollReset: true }); };
  useKeys({
    e: () => { if (issue.status === "unresolved") triage.change([issue], { status: "resolved" }, "Resolved"); },
    r: () => triage.review([issue]),
    a: () => { assign.current?.focus(); assign.current?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true })); },
    "[": () => go(event.data?.previous), "]": () => go(event.data?.next),
    "/": () => void navigate("/issues/"),
  });
  return (
    <article aria-busy={event.isPlaceholderData}>
      <title>{`${issue.shortId} ${issue.type} · Errata`}</title>
      <TopBar issue={issue} event={event.data ?? null} />
      <IssueHead issue={issue} event={event.data ?? null} triage={triage} assignRef={assign} />
      <Facts issue={issue} />
      <IssueTabs />
      <div className="cols">
        <div className="main">
          {event.isError ? <Failure what="This event" error={event.error} retry={() => void event.refetch()} />
            : event.data === undefined ? <PanelBones /> : <EventPanels event={event.data} issue={issue} />}
        </div>
        <aside className="side" aria-label="Tags and activity">
          <Facets issueId={issue.id} />
          <Activities issue={issue} />
        </aside>
      </div>
      {triage.question !== null && <Confirm question={triage.question} onClose={triage.closeQuestion} />}
    </article>
  );
}
