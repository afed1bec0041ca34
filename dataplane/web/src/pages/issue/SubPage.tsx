/** The frame of an issue's further pages: the way back and a title. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, useParams } from "react-router";
import { issueQuery } from "../../api/queries";
import { useOrg } from "../../shell/session";
import { useIssueBase } from "./base";
import { IssueTabs } from "./IssueTabs";

export function SubPage({ title, children }: { title: string; children: ReactNode }) {
  const org = useOrg();
  const base = useIssueBase();
  const { issueId = "" } = useParams();
  const issue = useQuery(issueQuery(org, issueId));
  const name = issue.data?.shortId ?? "Issue";
  return (
    <>
      <title>{`${title} · ${name} · Errata`}</title>
      <div className="topbar">
        <nav aria-label="Breadcrumb"><span className="muted"><Link to="/issues/">Issues</Link> / </span><Link to={`${base}/`} className="font-semibold">{name}</Link></nav>
      </div>
      <div className="head"><h1>{title}</h1>{issue.data !== undefined && <p className="msg"><bdi>{issue.data.type}</bdi>{issue.data.value !== "" && <>: <bdi>{issue.data.value}</bdi></>}</p>}</div>
      <IssueTabs />
      {children}
    </>
  );
}
