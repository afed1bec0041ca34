/** The issue list: search, tabs, rows, bulk actions, keys, live. */
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Link, type LoaderFunctionArgs } from "react-router";
import { ApiError } from "../../api/client";
import { issueListQuery, projectsQuery, queryClient } from "../../api/queries";
import type { Issue, IssuePatch } from "../../api/schema";
import { useLive } from "../../api/stream";
import { exact } from "../../model/format";
import { useKeys } from "../../shell/keys";
import { requireOrg, useOrg } from "../../shell/session";
import { useTriage } from "../../triage/useTriage";
import { Confirm } from "../../ui/Dialog";
import { Menu } from "../../ui/Menu";
import { Empty, Failure, Incomplete } from "../../ui/States";
import { Bulk } from "./Bulk";
import { Everything } from "./Everything";
import { Filters } from "./Filters";
import { IssueTable } from "./IssueTable";
import { DEFAULT_QUERY, readParams, SORTS, useListParams } from "./params";
import { SearchBox } from "./SearchBox";
import { Tabs } from "./Tabs";
import { rowFocus as rows } from "./rows";

export async function loader(args: LoaderFunctionArgs): Promise<null> {
  const org = await requireOrg(args);
  // Started, not awaited: the page shows its outline at once.
  void queryClient.prefetchQuery(issueListQuery(org, readParams(new URL(args.request.url).searchParams)));
  void queryClient.prefetchQuery(projectsQuery(org));
  return null;
}

export function Component() {
  const org = useOrg();
  const [params, change] = useListParams();
  const list = useQuery(issueListQuery(org, params));
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const searched = JSON.stringify({ ...params, cursor: null, sort: null });
  // Everything a search found when it was selected as a whole; of no meaning once another search is shown.
  const [found, setFound] = useState<{ by: string; issues: readonly Issue[] } | null>(null);
  const everything = found?.by === searched ? found.issues : null;
  const search = useRef<HTMLInputElement>(null);
  const assign = useRef<HTMLButtonElement>(null);
  const issues = list.data?.rows ?? null;
  const chosen = (everything ?? issues ?? []).filter((issue) => picked.has(issue.id));
  const clear = () => { setPicked(new Set()); setFound(null); };
  const triage = useTriage(org, clear);
  const choose = (all: readonly Issue[]) => { setFound({ by: searched, issues: all }); setPicked(new Set(all.map((issue) => issue.id))); };
  const pick = (ids: readonly string[], on: boolean) => setPicked((before) => new Set(on ? [...before, ...ids] : [...before].filter((id) => !ids.includes(id))));
  const focused = (): Issue[] => (issues ?? []).filter((issue) => issue.id === rows.current());
  const apply = (patch: IssuePatch, words: string, to: readonly Issue[] = chosen.length > 0 ? chosen : focused()) => {
    triage.change(to, patch, words);
    // What was found is no longer what would be found.
    if (everything !== null) clear();
  };
  const wholePage = issues !== null && issues.length > 0 && issues.every((issue) => picked.has(issue.id));
  useKeys({
    "/": () => { search.current?.focus(); search.current?.select(); },
    j: () => rows.move(1), k: () => rows.move(-1),
    x: () => { const id = rows.current(); if (id !== null) pick([id], !picked.has(id)); },
    e: () => apply({ status: "resolved" }, "Resolved"),
    r: () => triage.review(chosen.length > 0 ? chosen : focused()),
    a: () => {
      const id = rows.current();
      if (chosen.length === 0 && id !== null) pick([id], true);
      // The menu's button exists only once something is selected, hence after the next paint.
      requestAnimationFrame(() => requestAnimationFrame(() => openMenu(assign.current)));
    },
  });
  const problem = list.error instanceof ApiError && list.error.status === 400 ? list.error.detail : null;
  const sortLabel = `Sort: ${SORTS.find(([key]) => key === params.sort)?.[1] ?? params.sort}`;
  const graph = params.statsPeriod === "24h" || params.statsPeriod === "1h" ? "24h" : "14d";
  return (
    <>
      <title>Issues · Errata</title>
      <h1 className="sr-only">Issues</h1>
      <div className="topbar">
        <Filters params={params} change={change} />
        <SearchBox key={params.query} query={params.query} onSearch={(query) => { change({ query }); rows.enter(); }} inputRef={search} problem={problem} />
      </div>
      <div className="tabs">
        <nav className="tablist" aria-label="Searches"><Tabs params={params} /></nav>
        <div className="bulk" role="toolbar" aria-label="Actions">
          {chosen.length > 0 ? <Bulk issues={chosen} apply={apply} triage={triage} assignRef={assign} onClear={clear} />
            : <Menu className="btn quiet" name={sortLabel} label={sortLabel} items={SORTS.map(([key, label]) => ({ label, checked: key === params.sort, run: () => change({ sort: key }) }))} />}
          <Live org={org} />
        </div>
      </div>
      {problem !== null && <p id="search-problem" role="alert" className="notice m-3" style={{ "--tone": "var(--error)" } as React.CSSProperties}><b className="font-semibold">This search cannot be read:</b> {problem.replace(/^Error parsing search query: /, "")}. Put words that contain brackets, colons or spaces in quotes; terms look like <code>is:unresolved</code>, <code>!release:1.2</code>, <code>(level:error OR level:fatal)</code>.</p>}
      {list.data?.isIncomplete === true && !list.isError && <Incomplete more="Choose a shorter period, one project or one environment, or add terms." />}
      {wholePage && list.data !== undefined && !list.data.isIncomplete && list.data.hits !== null && list.data.hits > issues.length && <Everything shown={issues.length} hits={list.data.hits} isChosen={everything !== null && chosen.length === everything.length} params={params} onChoose={choose} />}
      {list.isError && problem === null && <Failure what="Issues" error={list.error} retry={() => void list.refetch()} />}
      {!list.isError && <IssueTable issues={issues} selected={picked} sort={params.sort} graph={graph} onSelect={pick} onSort={(sort) => change({ sort })} />}
      {!list.isError && issues?.length === 0 && (list.data?.isIncomplete === true ? <Empty title="Nothing was found so far." /> : <Nothing org={org} params={params} />)}
      {list.data !== undefined && issues !== null && issues.length > 0 && (
        <nav className="pager" aria-label="Pages">
          <span className="mr-auto" aria-live="polite">{list.data.hits === null ? `${issues.length} issues` : `${exact(issues.length)} of ${exact(list.data.hits)}`}</span>
          <button type="button" className="btn" disabled={params.cursor === null || list.data.previous === null} onClick={() => change({ cursor: list.data.previous })}>‹ Previous</button>
          <button type="button" className="btn" disabled={list.data.next === null} onClick={() => change({ cursor: list.data.next })}>Next ›</button>
        </nav>
      )}
      {triage.question !== null && <Confirm question={triage.question} onClose={triage.closeQuestion} />}
    </>
  );
}

/** Radix menus open on pointer or key, not on a bare click() while focus is elsewhere. */
function openMenu(button: HTMLButtonElement | null): void {
  button?.focus();
  button?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
}

function Live({ org }: { org: string }) {
  const open = useLive(org);
  return <span className={open ? "live on" : "live"} role="status"><span className="livedot" aria-hidden="true" />{open ? "live" : "not live"}</span>;
}

function Nothing({ org, params }: { org: string; params: ReturnType<typeof readParams> }) {
  // Asked anew: whether a project ever heard of an event is what a minute-old answer gets wrong.
  const projects = useQuery({ ...projectsQuery(org), staleTime: 0 });
  const first = projects.data?.[0];
  const silent = !projects.isFetching && projects.data !== undefined && projects.data.every((project) => project.firstEvent === null);
  if (projects.data?.length === 0) return <Empty title="There is no project yet."><Link className="linkish" to="/projects/new/">Create the first one</Link> and send it an error.</Empty>;
  if (silent && first !== undefined) return <Empty title="No event has arrived yet."><Link className="linkish" to={`/projects/${first.slug}/getting-started/`}>Set up {first.slug}</Link> and the first error will appear here.</Empty>;
  const filtered = params.query !== DEFAULT_QUERY || params.project.length > 0 || params.environment !== "";
  if (!filtered) return <Empty title="Nothing is unresolved.">No open issue in this period. <Link className="linkish" to="?query=">Show all issues</Link></Empty>;
  return <Empty title="No issue matches.">Try fewer terms or a longer period. <Link className="linkish" to="/issues/">Clear the search</Link></Empty>;
}
