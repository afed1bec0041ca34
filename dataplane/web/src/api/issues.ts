/** Changes to issues. Each answers how to take itself back, or null where nothing can. */
import type { Issue, IssuePatch, StatusDetails } from "./schema";
import { request } from "./client";
import { queryClient } from "./queries";

const MINUTE_MS = 60_000;

export async function updateIssues(org: string, ids: readonly string[], patch: IssuePatch): Promise<void> {
  await request(`/organizations/${org}/issues/`, { method: "PUT", query: { id: [...ids] }, body: patch });
  await refreshIssues(org, ids);
}

export async function deleteIssues(org: string, ids: readonly string[]): Promise<void> {
  await request(`/organizations/${org}/issues/`, { method: "DELETE", query: { id: [...ids] } });
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
  if (changed.status !== undefined) {
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
