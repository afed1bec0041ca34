/** From nothing to the first event: install, paste, break something, and watch it arrive. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearchParams } from "react-router";
import { issueListQuery, keysQuery, projectQuery } from "../../api/queries";
import type { Project } from "../../api/schema";
import { useOrg } from "../../shell/session";
import { CodeBlock } from "../../ui/Copy";
import { Bones, Failure } from "../../ui/States";
import { filled, PLATFORMS, platformOf } from "./platforms";

/** The wait is for a person who is looking: slow enough for a whole team to wait at once. */
const ASK_EVERY_MS = 3000;

export function Component() {
  const org = useOrg();
  const { project: slug = "" } = useParams();
  const project = useQuery({ ...projectQuery(org, slug), refetchInterval: ({ state }) => (state.data?.firstEvent ? false : ASK_EVERY_MS) });
  return (
    <div className="page">
      <title>{`Set up ${slug} · Errata`}</title>
      <h1 className="title">Set up {slug}</h1>
      {project.isError && project.data === undefined && <Failure what="This project" error={project.error} retry={() => void project.refetch()} />}
      {project.isPending && <Bones label="Project" />}
      {project.data !== undefined && <><Waiting project={project.data} isFailing={project.isError} /><Steps project={project.data} /></>}
    </div>
  );
}

function Steps({ project }: { project: Project }) {
  const org = useOrg();
  const [search, setSearch] = useSearchParams();
  const keys = useQuery(keysQuery(org, project.slug));
  const chosen = search.get("platform") ?? project.platform;
  const platform = platformOf(chosen);
  const dsn = keys.data?.find((key) => key.isActive)?.dsn ?? null;
  const fill = (code: string) => filled(code, dsn ?? "…");
  return (
    <>
      <label className="mt-5 block max-w-[280px]"><span className="label">Platform</span>
        <select className="field" value={platform.id} onChange={(event) => setSearch({ platform: event.target.value }, { replace: true, preventScrollReset: true })}>
          {[...PLATFORMS, ...(platform.id === "other" ? [platform] : [])].map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
        </select>
      </label>
      {keys.isError && <Failure what="The keys of this project" error={keys.error} retry={() => void keys.refetch()} />}
      {keys.data !== undefined && dsn === null && <p role="alert" className="notice mt-4">Every key of this project is disabled. <Link className="linkish" to={`/settings/projects/${project.slug}/keys/`}>Create a key</Link> first.</p>}
      {keys.isPending && <Bones label="Keys" />}
      {dsn !== null && (
        <ol>
          <li><h2 className="sub">1. Install</h2><CodeBlock name="install command" code={platform.install} /></li>
          <li><h2 className="sub">2. Configure <small>as early as your program allows</small></h2><CodeBlock name="configuration" code={fill(platform.configure)} /></li>
          <li><h2 className="sub">3. Break something</h2><CodeBlock name="verification code" code={fill(platform.verify)} /></li>
          <li><h2 className="sub">DSN <small>all that an SDK needs to know</small></h2><CodeBlock name="DSN" code={dsn} /></li>
        </ol>
      )}
    </>
  );
}

function Waiting({ project, isFailing }: { project: Project; isFailing: boolean }) {
  const arrived = project.firstEvent !== null;
  const tone = arrived ? "var(--ok)" : "var(--warning)";
  return (
    <div role="status" className="notice mt-4" style={{ "--tone": tone } as React.CSSProperties}>
      {arrived ? <Arrived project={project} /> : <p><b className="font-semibold">Waiting for the first event.</b> This page notices it by itself.{isFailing && " The last question to the server failed; it is asked again."}</p>}
    </div>
  );
}

function Arrived({ project }: { project: Project }) {
  const org = useOrg();
  const newest = useQuery({
    ...issueListQuery(org, { query: "", sort: "date", statsPeriod: "14d", project: [project.id], environment: "", cursor: null }),
    // The event is counted before its issue can be listed.
    refetchInterval: ({ state }) => ((state.data?.rows.length ?? 0) === 0 ? ASK_EVERY_MS : false),
  });
  const issue = newest.data?.rows[0];
  return <p><b className="font-semibold">The first event has arrived.</b> {issue === undefined ? <Link className="linkish" to={`/issues/?project=${project.id}`}>See the issues</Link> : <Link className="linkish" to={`/issues/${issue.id}/`}>Open {issue.shortId}: {issue.title}</Link>}</p>;
}
