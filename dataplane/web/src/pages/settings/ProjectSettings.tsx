/** The frame of a project's settings: its name, its sections, and who owns it when it is declared elsewhere. */
import { useQuery } from "@tanstack/react-query";
import { Link, NavLink, Outlet, useOutletContext, useParams } from "react-router";
import { request } from "../../api/client";
import { projectQuery, queryClient } from "../../api/queries";
import type { Project } from "../../api/schema";
import { useOrg } from "../../shell/session";
import { Bones, Failure } from "../../ui/States";
import { SectionTabs } from "./SectionTabs";

const SECTIONS = [["", "General"], ["keys/", "Keys"], ["quotas/", "Quotas"], ["filters/", "Inbound filters"], ["grouping/", "Grouping"]] as const;

export function Component() {
  const org = useOrg();
  const { project: slug = "" } = useParams();
  const project = useQuery(projectQuery(org, slug));
  return (
    <>
      <title>{`Settings of ${slug} · Errata`}</title>
      <div className="topbar"><nav aria-label="Breadcrumb"><span className="muted"><Link to="/projects/">Projects</Link> / </span><NavLink to={`/settings/projects/${slug}/`} className="font-semibold" end>{slug}</NavLink></nav></div>
      <SectionTabs label="Project settings" base={`/settings/projects/${slug}/`} sections={SECTIONS} />
      <div className="page">
        {project.data === undefined && <h1 className="sr-only">Settings of {slug}</h1>}
        {project.isError && <Failure what="This project" error={project.error} retry={() => void project.refetch()} />}
        {project.isPending && <Bones label="Project" />}
        {project.data !== undefined && (
          <>
            {project.data.managedBy !== null && <p className="notice mb-5" role="note" style={{ "--tone": "var(--info)" } as React.CSSProperties}>Managed by <b className="font-semibold">{project.data.managedBy}</b>: it is declared there and can only be changed there.</p>}
            <Outlet key={slug} context={project.data} />
          </>
        )}
      </div>
    </>
  );
}

export function useProject(): Project {
  return useOutletContext<Project>();
}

export async function saveProject(org: string, project: Project, change: Record<string, unknown>): Promise<void> {
  await request(`/projects/${org}/${project.slug}/`, { method: "PUT", body: change });
  await Promise.all([queryClient.invalidateQueries({ queryKey: ["project", org, project.slug], exact: true }), queryClient.invalidateQueries({ queryKey: ["projects", org] })]);
}
