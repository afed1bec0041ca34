/** Changes to issues. Each answers how to take itself back, or null where nothing can. */
import type { Issue, IssueDetail, IssuePatch, StatusDetails } from "./schema";
import { parseIssue } from "../model/issue";
import { each, record } from "../model/read";
import { request, requestPage, type Page } from "./client";
import { queryClient, type IssueListParams } from "./queries";

const MINUTE_MS = 60_000;

/** Issues that one bulk action may touch: what the server takes at once. */
export const BULK_MAX = 1000;
/** Ids stand in the address: more of them than this meet the 8 KiB that proxies allow a request line. */
const IDS_PER_REQUEST = 250;
const PAGE_ROWS_MAX = 100;

/** Every issue a search finds, up to BULK_MAX, read page by page: so that what is changed is known and can be undone. */
export async function matchingIssues(org: string, params: IssueListParams): Promise<Issue[]> {
  const found: Issue[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<unknown> = await requestPage(`/organizations/${org}/issues/`, { query: { ...params, environment: params.environment || null, cursor, limit: PAGE_ROWS_MAX, collapse: ["stats", "lifetime"] } });
    found.push(...each(page.rows, parseIssue));
    cursor = page.next;
  } while (cursor !== null && found.length < BULK_MAX);
  return found.slice(0, BULK_MAX);
}

export async function updateIssues(org: string, ids: readonly string[], patch: IssuePatch): Promise<void> {
  try {
    for (const some of portions(ids, patch.merge === undefined ? IDS_PER_REQUEST : BULK_MAX)) {
      const answer = await request(`/organizations/${org}/issues/`, { method: "PUT", query: { id: some }, body: patch });
      showChange(org, some, settled(answer, patch));
    }
  } finally {
    // Nobody waits for this: the change is on screen. After a failure too, as the server may have done what its lost answer said.
    void refreshIssues(org, ids);
  }
}

type Settled = Partial<Pick<Issue, "status" | "substatus" | "statusDetails" | "assignedTo" | "priority">>;

/** What the answer to a change says about the fields that were changed; those hold for every issue of the request. */
export function settled(answer: unknown, patch: IssuePatch): Settled {
  const raw = record(answer);
  const { status, substatus, statusDetails, assignedTo, priority } = parseIssue({ ...raw, id: "0" }) ?? {};
  const said: Settled = {};
  if ((patch.status !== undefined || patch.inbox !== undefined) && raw["status"] !== undefined) Object.assign(said, { status, substatus, statusDetails });
  if (patch.assignedTo !== undefined && raw["assignedTo"] !== undefined) Object.assign(said, { assignedTo });
  if (patch.priority !== undefined && raw["priority"] !== undefined) Object.assign(said, { priority });
  return said;
}

/** A click is seen as soon as it is answered, however long the pages around it take to be read again. */
function showChange(org: string, ids: readonly string[], said: Settled): void {
  const changed = new Set(ids);
  for (const id of ids) queryClient.setQueryData<IssueDetail>(["issue", org, id], (issue) => issue && { ...issue, ...said });
  queryClient.setQueriesData<Page<Issue[]>>({ queryKey: ["issues", org], predicate: ({ queryKey }) => queryKey[2] !== "hits" }, (page) => page && { ...page, rows: page.rows.map((row) => (changed.has(row.id) ? { ...row, ...said } : row)) });
}

export async function deleteIssues(org: string, ids: readonly string[]): Promise<void> {
  for (const some of portions(ids, IDS_PER_REQUEST)) await request(`/organizations/${org}/issues/`, { method: "DELETE", query: { id: some } });
  await queryClient.invalidateQueries({ queryKey: ["issues", org] });
}

export async function unmerge(org: string, issueId: string, hashes: readonly string[]): Promise<void> {
  await request(`/organizations/${org}/issues/${issueId}/hashes/`, { method: "DELETE", query: { id: [...hashes] } });
  await refreshIssues(org, [issueId]);
}

export async function addNote(org: string, issueId: string, text: string): Promise<void> {
  await request(`/organizations/${org}/issues/${issueId}/notes/`, { method: "POST", body: { text } });
  await refreshIssues(org, [issueId]);
}

export async function deleteNote(org: string, issueId: string, noteId: string): Promise<void> {
  await request(`/organizations/${org}/issues/${issueId}/notes/${noteId}/`, { method: "DELETE" });
  await refreshIssues(org, [issueId]);
}

function portions(ids: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, index) => ids.slice(index * size, (index + 1) * size));
}

async function refreshIssues(org: string, ids: readonly string[]): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ["issues", org] }),
    ...ids.flatMap((id) => [
      queryClient.invalidateQueries({ queryKey: ["issue", org, id], exact: true }),
      queryClient.invalidateQueries({ queryKey: ["issue", org, id, "activity"] }),
      queryClient.invalidateQueries({ queryKey: ["issue", org, id, "hashes"] }),
    ]),
  ]);
}

/** The patches that bring `issues` back to what they are now; issues with equal state share one request. */
export function restoring(issues: readonly Issue[], changed: IssuePatch, now: Date): { ids: string[]; patch: IssuePatch }[] {
  const groups = new Map<string, { ids: string[]; patch: IssuePatch }>();
  for (const issue of issues) {
    const patch = before(issue, changed, now);
    const key = JSON.stringify(patch);
    const group = groups.get(key) ?? { ids: [], patch };
    group.ids.push(issue.id);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function before(issue: Issue, changed: IssuePatch, now: Date): IssuePatch {
  const patch: IssuePatch = {};
  if (changed.status !== undefined || changed.inbox !== undefined) {
    patch.status = issue.status;
    if (issue.substatus !== null) patch.substatus = issue.substatus;
    if (issue.status !== "unresolved") patch.statusDetails = details(issue.statusDetails, now);
  }
  if (changed.assignedTo !== undefined) patch.assignedTo = issue.assignedTo === null ? "" : `${issue.assignedTo.type}:${issue.assignedTo.id}`;
  if (changed.priority !== undefined && issue.priority !== null) patch.priority = issue.priority;
  return patch;
}

/** Answers carry a moment where requests want minutes. */
function details({ ignoreUntil, ...rest }: StatusDetails, now: Date): StatusDetails {
  if (ignoreUntil === undefined) return rest;
  const minutes = Math.ceil((new Date(ignoreUntil).getTime() - now.getTime()) / MINUTE_MS);
  return Number.isFinite(minutes) && minutes > 0 ? { ...rest, ignoreDuration: minutes } : rest;
}
