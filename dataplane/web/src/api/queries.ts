/** Every read the pages make, as TanStack Query options: key, path and parser in one place. */
import { keepPreviousData, QueryCache, QueryClient, queryOptions } from "@tanstack/react-query";
import { parseMember, parseTeam, parseToken } from "../model/account";
import { parseActivity } from "../model/activity";
import { parseAttachment, parseEvent, parseEventRow } from "../model/event";
import { parseFacet, parseHash } from "../model/facets";
import { parseGrouping } from "../model/grouping";
import { parseIssue, parseIssueDetail } from "../model/issue";
import { parseFilter, parseKey, parseProject, parseQuota } from "../model/project";
import { each, record, text } from "../model/read";
import { ApiError, request, requestPage } from "./client";

/** An answer younger than this is not fetched again on navigation; the stream invalidates what changed. */
const STALE_MS = 10_000;

/** A session can end while a page is open: then the way back in, and to this page, is the login. */
function onQueryError(error: Error): void {
  if (!(error instanceof ApiError) || error.status !== 401 || location.pathname.startsWith("/auth/")) return;
  location.assign(`/auth/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: onQueryError }),
  defaultOptions: {
    queries: {
      staleTime: STALE_MS,
      // A refusal stays a refusal; only a lost connection or a server in trouble is worth one more try.
      retry: (failures, error) => failures < 1 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500),
      retryDelay: 600,
    },
  },
});

export interface IssueListParams {
  query: string; sort: string; statsPeriod: string; project: string[]; environment: string; cursor: string | null;
}

const ISSUES_PER_PAGE = 25;

export function issueListQuery(org: string, params: IssueListParams) {
  return queryOptions({
    queryKey: ["issues", org, params],
    queryFn: async ({ signal }) => {
      const page = await requestPage(`/organizations/${org}/issues/`, { signal, query: { ...params, environment: params.environment || null, groupStatsPeriod: params.statsPeriod === "24h" || params.statsPeriod === "1h" ? "24h" : "14d", limit: ISSUES_PER_PAGE, collapse: "lifetime" } });
      return { ...page, rows: understood(page.rows, parseIssue) };
    },
    placeholderData: keepPreviousData,
  });
}

/** How many issues a query matches, asked with the smallest possible page. */
export function issueHitsQuery(org: string, params: Omit<IssueListParams, "cursor" | "sort">) {
  return queryOptions({
    queryKey: ["issues", org, "hits", params],
    queryFn: async ({ signal }) => (await requestPage(`/organizations/${org}/issues/`, { signal, query: { ...params, environment: params.environment || null, limit: 1, collapse: ["stats", "lifetime"] } })).hits,
    staleTime: 30_000,
  });
}

export function issueQuery(org: string, id: string) {
  return queryOptions({
    queryKey: ["issue", org, id],
    queryFn: async ({ signal }) => found(parseIssueDetail(await request(`/organizations/${org}/issues/${id}/`, { signal })), "issue"),
  });
}

export function eventQuery(org: string, issueId: string, eventId: string) {
  return queryOptions({
    queryKey: ["issue", org, issueId, "event", eventId],
    queryFn: async ({ signal }) => found(parseEvent(await request(`/organizations/${org}/issues/${issueId}/events/${eventId}/`, { signal })), "event"),
    placeholderData: keepPreviousData,
  });
}

export function issueEventsQuery(org: string, issueId: string, query: string, cursor: string | null) {
  return queryOptions({
    queryKey: ["issue", org, issueId, "events", query, cursor],
    queryFn: async ({ signal }) => {
      const page = await requestPage(`/organizations/${org}/issues/${issueId}/events/`, { signal, query: { query: query || null, cursor } });
      return { ...page, rows: understood(page.rows, parseEventRow) };
    },
    placeholderData: keepPreviousData,
  });
}

export const facetsQuery = (org: string, issueId: string) => listQuery(["issue", org, issueId, "tags"], `/organizations/${org}/issues/${issueId}/tags/`, parseFacet);
export const hashesQuery = (org: string, issueId: string) => listQuery(["issue", org, issueId, "hashes"], `/organizations/${org}/issues/${issueId}/hashes/`, parseHash);

export function facetQuery(org: string, issueId: string, key: string) {
  return queryOptions({
    queryKey: ["issue", org, issueId, "tag", key],
    queryFn: async ({ signal }) => found(parseFacet(await request(`/organizations/${org}/issues/${issueId}/tags/${encodeURIComponent(key)}/`, { signal })), "tag"),
  });
}

export function activityQuery(org: string, issueId: string) {
  return queryOptions({
    queryKey: ["issue", org, issueId, "activity"],
    queryFn: async ({ signal }) => {
      const answer = await request(`/organizations/${org}/issues/${issueId}/activities/`, { signal });
      return each(Array.isArray(answer) ? answer : record(answer)["activity"], parseActivity);
    },
  });
}

export function groupingQuery(org: string, project: string, eventId: string) {
  return queryOptions({
    queryKey: ["grouping", org, project, eventId],
    queryFn: async ({ signal }) => parseGrouping(await request(`/projects/${org}/${project}/events/${eventId}/grouping-info/`, { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export const attachmentsQuery = (org: string, project: string, eventId: string) => listQuery(["attachments", org, project, eventId], `/projects/${org}/${project}/events/${eventId}/attachments/`, parseAttachment);
export const projectsQuery = (org: string) => listQuery(["projects", org], `/organizations/${org}/projects/`, parseProject);
export const keysQuery = (org: string, project: string) => listQuery(["project", org, project, "keys"], `/projects/${org}/${project}/keys/`, parseKey);
export const quotasQuery = (org: string, project: string) => listQuery(["project", org, project, "quotas"], `/projects/${org}/${project}/quotas/`, parseQuota);
export const filtersQuery = (org: string, project: string) => listQuery(["project", org, project, "filters"], `/projects/${org}/${project}/filters/`, parseFilter);
export const membersQuery = (org: string) => listQuery(["members", org], `/organizations/${org}/members/`, parseMember);
export const teamMembersQuery = (org: string, team: string) => listQuery(["teams", org, team, "members"], `/teams/${org}/${team}/members/`, parseMember);
export const teamsQuery = (org: string) => listQuery(["teams", org], `/organizations/${org}/teams/`, parseTeam);
export const tokensQuery = () => listQuery(["tokens"], "/api-tokens/", parseToken);
export const environmentsQuery = (org: string) => listQuery(["environments", org], `/organizations/${org}/environments/`, (value) => text(record(value)["name"]));

export function projectQuery(org: string, project: string) {
  return queryOptions({
    queryKey: ["project", org, project],
    queryFn: async ({ signal }) => found(parseProject(await request(`/projects/${org}/${project}/`, { signal })), "project"),
  });
}

function listQuery<T>(queryKey: readonly unknown[], path: string, parse: (value: unknown) => T | null) {
  return queryOptions({ queryKey, queryFn: async ({ signal }) => understood(await request(path, { signal }), parse) });
}

/** What is no list, or holds nothing readable, must not be shown as an empty list: that would claim that there is nothing. */
function understood<T>(answer: unknown, parse: (value: unknown) => T | null): T[] {
  const rows = each(answer, parse);
  if (!Array.isArray(answer) || (answer.length > 0 && rows.length === 0)) throw new ApiError(200, "The server sent an answer that this page does not understand.");
  return rows;
}

function found<T>(value: T | null, what: string): T {
  if (value === null) throw new ApiError(200, `The server sent an answer without the ${what} that was asked for.`);
  return value;
}
