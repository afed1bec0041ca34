/** Project, environment and period: the three filters that stand before the search. */
import { useQuery } from "@tanstack/react-query";
import { environmentsQuery, projectsQuery, type IssueListParams } from "../../api/queries";
import { useOrg } from "../../shell/session";
import { Menu } from "../../ui/Menu";
import { PERIODS, type useListParams } from "./params";

export function Filters({ params, change }: { params: IssueListParams; change: ReturnType<typeof useListParams>[1] }) {
  const org = useOrg();
  const projects = useQuery(projectsQuery(org));
  const environments = useQuery(environmentsQuery(org));
  const chosen = (projects.data ?? []).filter((project) => params.project.includes(project.id));
  const toggle = (id: string) => change({ project: params.project.includes(id) ? params.project.filter((one) => one !== id) : [...params.project, id] });
  const projectLabel = params.project.length === 0 ? "All projects" : chosen.length === 1 ? (chosen[0]?.slug ?? "1 project") : `${params.project.length} projects`;
  const period = PERIODS.find(([key]) => key === params.statsPeriod)?.[1] ?? params.statsPeriod;
  return (
    <>
      <Menu name={`Projects: ${projectLabel}`} label={<span className="truncate max-w-[120px]">{projectLabel}</span>} keepOpen items={[
        { label: "All projects", checked: params.project.length === 0, run: () => change({ project: [] }) },
        ...(projects.data ?? []).map((project) => ({ label: project.slug, checked: params.project.includes(project.id), run: () => toggle(project.id) })),
        ...(projects.isError ? [{ caption: "Projects could not be loaded" }] : []),
      ]} />
      <Menu name={`Environment: ${params.environment || "All environments"}`} label={<span className="truncate max-w-[110px]">{params.environment || "All environments"}</span>} items={[
        { label: "All environments", checked: params.environment === "", run: () => change({ environment: null }) },
        ...(environments.data ?? []).map((name) => ({ label: name, checked: params.environment === name, run: () => change({ environment: name }) })),
        ...(environments.isError ? [{ caption: "Environments could not be loaded" }] : []),
      ]} />
      <Menu name={`Period: ${period}`} label={period} items={PERIODS.map(([key, label]) => ({ label, checked: key === params.statsPeriod, run: () => change({ statsPeriod: key }) }))} />
    </>
  );
}
