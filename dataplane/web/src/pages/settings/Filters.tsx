/** Inbound filters: what is dropped on arrival, counted by its filter. */
import { useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { request } from "../../api/client";
import { filtersQuery, queryClient } from "../../api/queries";
import type { InboundFilter, Project } from "../../api/schema";
import { list, lookup, text } from "../../model/read";
import { useOrg } from "../../shell/session";
import { Bones, Empty, Failure } from "../../ui/States";
import { saveProject, useProject } from "./ProjectSettings";
import { useSave } from "./useSave";

const WORDS: Record<string, readonly [string, string]> = {
  "browser-extensions": ["Browser extensions", "Errors that extensions throw into your pages"],
  localhost: ["Localhost", "Events from localhost and 127.0.0.1"],
  "web-crawlers": ["Web crawlers", "Events of known robots"],
  "filtered-transaction": ["Health checks", "Transactions of health and readiness endpoints"],
  "react-hydration-errors": ["React hydration errors", "Mismatches between server and browser markup"],
  "chunk-load-error": ["Chunk load errors", "Old pages that ask for scripts of an earlier release"],
  "legacy-browsers": ["Legacy browsers", "Browsers that are no longer supported"],
};
const BROWSERS = ["ie", "edge", "safari", "firefox", "chrome", "opera", "opera_mini", "android"];
const LISTS = [
  ["filters:blacklisted_ips", "IP addresses", "One address or network per line, such as 10.0.0.0/8"],
  ["filters:releases", "Releases", "One pattern per line, such as 1.* or old-app@*"],
  ["filters:error_messages", "Error messages", "One pattern per line over “Type: value”, such as *ResizeObserver*"],
] as const;

export function Component() {
  const org = useOrg();
  const project = useProject();
  const filters = useQuery(filtersQuery(org, project.slug));
  return (
    <>
      <h1 className="title">Inbound filters</h1>
      <p className="hint mb-4">What a filter matches is dropped on arrival and counted as filtered.</p>
      {filters.isError && <Failure what="Filters" error={filters.error} retry={() => void filters.refetch()} />}
      {filters.isPending && <Bones label="Filters" />}
      {filters.data?.length === 0 && <Empty title="This server has no filters." />}
      <ul className="grid gap-3">{filters.data?.map((filter) => <li key={filter.id}><FilterRow filter={filter} project={project} /></li>)}</ul>
      <PatternLists project={project} />
    </>
  );
}

function FilterRow({ filter, project }: { filter: InboundFilter; project: Project }) {
  const org = useOrg();
  const save = useSave();
  const [name, description] = lookup(WORDS, filter.id) ?? [filter.name, filter.description ?? ""];
  const put = async (active: boolean | string[]) => {
    await request(`/projects/${org}/${project.slug}/filters/${filter.id}/`, { method: "PUT", body: Array.isArray(active) ? { subfilters: active } : { active } });
    await queryClient.invalidateQueries({ queryKey: ["project", org, project.slug, "filters"] });
  };
  const set = (active: boolean | string[]) => void save.run(() => put(active), `${name} saved`, () => put(filter.active));
  const disabled = save.busy || project.managedBy !== null;
  const problem = save.problem !== null && <p role="alert" className="text-error">{save.problem}</p>;
  if (filter.id !== "legacy-browsers") {
    return <label className="flex items-start gap-3"><input type="checkbox" className="mt-1" checked={filter.active === true || (Array.isArray(filter.active) && filter.active.length > 0)} disabled={disabled} onChange={(event) => set(event.target.checked)} /><span><span className="font-semibold">{name}</span><span className="hint block">{description}</span>{problem}</span></label>;
  }
  const on = Array.isArray(filter.active) ? filter.active : filter.active ? BROWSERS : [];
  return (
    <fieldset disabled={disabled}>
      <legend className="font-semibold">{name}</legend>
      <p className="hint">{description}</p>
      <div className="mt-1 flex flex-wrap gap-x-4 gap-y-1">
        {[...new Set([...BROWSERS, ...on])].map((browser) => <label key={browser} className="flex items-center gap-2"><input type="checkbox" checked={on.includes(browser)} onChange={(event) => set(event.target.checked ? [...on, browser] : on.filter((one) => one !== browser))} />{browser.replaceAll("_", " ")}</label>)}
      </div>
      {problem}
    </fieldset>
  );
}

function PatternLists({ project }: { project: Project }) {
  const org = useOrg();
  const save = useSave();
  const written = (key: string) => { const value = project.options[key]; return Array.isArray(value) ? list(value).flatMap((one) => text(one) ?? []).join("\n") : (text(value) ?? ""); };
  const before = Object.fromEntries(LISTS.map(([key]) => [key, written(key)]));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const after = Object.fromEntries(LISTS.map(([key]) => [key, String(form.get(key))]));
    void save.run(() => saveProject(org, project, { options: after }), "Patterns saved", () => saveProject(org, project, { options: before }));
  };
  return (
    <form onSubmit={submit} key={Object.values(before).join("|")} className="mt-8">
      <fieldset disabled={save.busy || project.managedBy !== null} className="grid max-w-[560px] gap-4">
        {LISTS.map(([key, name, hint]) => <div key={key}><label className="label" htmlFor={key}>{name}</label><textarea className="field" id={key} name={key} rows={3} defaultValue={before[key]} aria-describedby={`${key}-hint`} /><span className="hint" id={`${key}-hint`}>{hint}</span></div>)}
        {save.problem !== null && <p role="alert" className="text-error">{save.problem}</p>}
        <div><button type="submit" className="btn primary">Save patterns</button></div>
      </fieldset>
    </form>
  );
}
