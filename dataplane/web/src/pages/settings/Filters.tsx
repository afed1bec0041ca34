/** Inbound filters: what is dropped on arrival, counted by its filter. */
import { useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { request } from "../../api/client";
import { filtersQuery, queryClient } from "../../api/queries";
import type { InboundFilter, Project } from "../../api/schema";
import { lookup } from "../../model/read";
import { useOrg } from "../../shell/session";
import { Bones, Empty, Failure } from "../../ui/States";
import { useProject } from "./ProjectSettings";
import { useSave } from "./useSave";

const WORDS: Record<string, readonly [string, string]> = {
  "browser-extensions": ["Browser extensions", "Errors that extensions throw into your pages"],
  localhost: ["Localhost", "Events from localhost and 127.0.0.1"],
  "web-crawlers": ["Web crawlers", "Events of known robots"],
  "filtered-transaction": ["Health checks", "Transactions of health and readiness endpoints"],
  "react-hydration-errors": ["React hydration errors", "Mismatches between server and browser markup"],
  "chunk-load-error": ["Chunk load errors", "Old pages that ask for scripts of an earlier release"],
  "invalid-csp": ["Extensions in CSP reports", "Policy reports that extensions and injectors cause"],
  "legacy-browsers": ["Legacy browsers", "Browsers that are no longer supported"],
};
const BROWSERS = ["ie", "edge", "safari", "firefox", "chrome", "opera", "opera_mini", "android"];
/** Filters that are lists of patterns: name, hint, the id the server gives them. */
const LISTS: Record<string, readonly [string, string]> = {
  "ip-address": ["IP addresses", "One address or network per line, such as 10.0.0.0/8"],
  "release-version": ["Releases", "One pattern per line, such as 1.* or old-app@*"],
  "error-message": ["Error messages", "One pattern per line over “Type: value”, such as *ResizeObserver*"],
  "transaction-name": ["Transactions", "One pattern per line over the name, such as *healthz*"],
};

export function Component() {
  const org = useOrg();
  const project = useProject();
  const filters = useQuery(filtersQuery(org, project.slug));
  const isList = (filter: InboundFilter) => Array.isArray(filter.active) && filter.id !== "legacy-browsers";
  const switches = (filters.data ?? []).filter((filter) => !isList(filter));
  const lists = (filters.data ?? []).filter(isList);
  return (
    <>
      <h1 className="title">Inbound filters</h1>
      <p className="hint mb-4">What a filter matches is dropped on arrival and counted as filtered.</p>
      {filters.isError && <Failure what="Filters" error={filters.error} retry={() => void filters.refetch()} />}
      {filters.isPending && <Bones label="Filters" />}
      {filters.data?.length === 0 && <Empty title="This server has no filters." />}
      <ul className="grid gap-3">{switches.map((filter) => <li key={filter.id}><FilterRow filter={filter} project={project} /></li>)}</ul>
      {lists.length > 0 && <PatternLists key={JSON.stringify(lists.map((filter) => filter.active))} filters={lists} project={project} />}
    </>
  );
}

function FilterRow({ filter, project }: { filter: InboundFilter; project: Project }) {
  const org = useOrg();
  const save = useSave();
  const [name, description] = lookup(WORDS, filter.id) ?? [filter.name, filter.description ?? ""];
  const put = (active: boolean | string[]) => putFilter(org, project.slug, filter.id, active);
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

function PatternLists({ filters, project }: { filters: readonly InboundFilter[]; project: Project }) {
  const org = useOrg();
  const save = useSave();
  const before = filters.map(({ id, active }) => ({ id, patterns: Array.isArray(active) ? active : [] }));
  const put = async (lists: typeof before) => {
    for (const { id, patterns } of lists) await putFilter(org, project.slug, id, patterns);
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const after = before.map(({ id }) => ({ id, patterns: String(form.get(id)).split("\n").map((line) => line.trim()).filter(Boolean) }));
    const changed = after.filter(({ patterns }, index) => patterns.join("\n") !== before[index]?.patterns.join("\n"));
    void save.run(() => put(changed), "Patterns saved", () => put(before.filter(({ id }) => changed.some((one) => one.id === id))));
  };
  return (
    <form onSubmit={submit} className="mt-8">
      <fieldset disabled={save.busy || project.managedBy !== null} className="grid max-w-[560px] gap-4">
        {before.map(({ id, patterns }, index) => {
          const [name, hint] = lookup(LISTS, id) ?? [filters[index]?.name ?? id, "One pattern per line"];
          return <div key={id}><label className="label" htmlFor={id}>{name}</label><textarea className="field" id={id} name={id} rows={Math.min(12, Math.max(2, patterns.length + 1))} spellCheck={false} defaultValue={patterns.join("\n")} aria-describedby={`${id}-hint`} /><span className="hint" id={`${id}-hint`}>{hint}</span></div>;
        })}
        {save.problem !== null && <p role="alert" className="text-error">{save.problem}</p>}
        <div><button type="submit" className="btn primary">Save patterns</button></div>
      </fieldset>
    </form>
  );
}

async function putFilter(org: string, slug: string, id: string, active: boolean | string[]): Promise<void> {
  await request(`/projects/${org}/${slug}/filters/${id}/`, { method: "PUT", body: Array.isArray(active) ? { subfilters: active } : { active } });
  await queryClient.invalidateQueries({ queryKey: ["project", org, slug, "filters"] });
}
