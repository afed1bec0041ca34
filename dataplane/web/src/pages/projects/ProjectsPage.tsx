/** All projects, each with its way to issues, set-up and settings. */
import { useQuery } from "@tanstack/react-query";
import { Link, type LoaderFunctionArgs } from "react-router";
import { projectsQuery, queryClient } from "../../api/queries";
import type { Project } from "../../api/schema";
import { platformName } from "../../model/platform";
import { requireOrg, useOrg } from "../../shell/session";
import { Bones, Empty, Failure } from "../../ui/States";
import { Time } from "../../ui/Time";

export async function loader(args: LoaderFunctionArgs): Promise<null> {
  void queryClient.prefetchQuery(projectsQuery(await requireOrg(args)));
  return null;
}

export function Component() {
  const projects = useQuery(projectsQuery(useOrg()));
  return (
    <>
      <title>Projects · Errata</title>
      <div className="topbar"><h1 className="font-semibold">Projects</h1><Link className="btn primary ml-auto" to="/projects/new/">Create project</Link></div>
      {projects.isError && <Failure what="Projects" error={projects.error} retry={() => void projects.refetch()} />}
      {projects.isPending && <Bones label="Projects" />}
      {projects.data?.length === 0 && <Empty title="There is no project yet."><Link className="linkish" to="/projects/new/">Create the first one</Link> and send it an error.</Empty>}
      {projects.data !== undefined && projects.data.length > 0 && (
        <table className="rows">
          <thead><tr><th scope="col" className="pl-6! max-[760px]:pl-3!">Project</th><th scope="col" className="max-[760px]:hidden!">Platform</th><th scope="col" className="max-[760px]:hidden!">First event</th><th scope="col" className="r pr-6! max-[760px]:pr-3!"><span className="sr-only">Links</span></th></tr></thead>
          <tbody>{projects.data.map((project) => <ProjectRow key={project.id} project={project} />)}</tbody>
        </table>
      )}
    </>
  );
}

function ProjectRow({ project }: { project: Project }) {
  return (
    <tr>
      <td className="pl-6! max-[760px]:pl-3!"><Link className="text-m font-semibold" to={`/issues/?project=${project.id}`}>{project.name}</Link>
        {(project.slug !== project.name || project.managedBy !== null) && <div className="muted">{project.slug !== project.name && project.slug}{project.managedBy !== null && ` managed by ${project.managedBy}`}</div>}</td>
      <td className="muted max-[760px]:hidden!">{platformName(project.platform)}</td>
      <td className="muted max-[760px]:hidden!">{project.firstEvent === null ? <Link className="linkish" to={`/projects/${project.slug}/getting-started/`}>waiting for it</Link> : <Time at={project.firstEvent} suffix />}</td>
      <td className="r pr-6! max-[760px]:pr-3! whitespace-nowrap"><Link className="linkish" to={`/projects/${project.slug}/getting-started/`} aria-label={`Set up ${project.slug}`}>Set up</Link> · <Link className="linkish" to={`/settings/projects/${project.slug}/`} aria-label={`Settings of ${project.slug}`}>Settings</Link></td>
    </tr>
  );
}
