/** The issue list's state, which is its address. */
import { useSearchParams } from "react-router";
import type { IssueListParams } from "../../api/queries";

export const DEFAULT_QUERY = "is:unresolved";
export const SORTS = [["date", "Last seen"], ["new", "First seen"], ["freq", "Events"], ["user", "Users"], ["trends", "Trend"]] as const;
export const PERIODS = [["1h", "1 h"], ["24h", "24 h"], ["7d", "7 d"], ["14d", "14 d"], ["30d", "30 d"], ["90d", "90 d"]] as const;

export function readParams(search: URLSearchParams): IssueListParams {
  return {
    // An empty query in the address means all issues; an absent one means the default.
    query: search.get("query") ?? DEFAULT_QUERY,
    sort: SORTS.find(([key]) => key === search.get("sort"))?.[0] ?? "date",
    statsPeriod: PERIODS.find(([key]) => key === search.get("statsPeriod"))?.[0] ?? "14d",
    project: search.getAll("project"),
    environment: search.get("environment") ?? "",
    cursor: search.get("cursor"),
  };
}

type Change = Partial<Record<"query" | "sort" | "statsPeriod" | "environment" | "cursor", string | null>> & { project?: string[] };

/** Any change but of the page starts at the first page again. */
export function useListParams(): [IssueListParams, (change: Change) => void] {
  const [search, setSearch] = useSearchParams();
  const change = ({ project, ...rest }: Change) => setSearch((before) => {
    const next = new URLSearchParams(before);
    next.delete("cursor");
    if (project !== undefined) {
      next.delete("project");
      for (const id of project) next.append("project", id);
    }
    for (const [name, value] of Object.entries(rest)) {
      if (value === null || (value === "" && name !== "query")) next.delete(name);
      else next.set(name, value);
    }
    return next;
  });
  return [readParams(search), change];
}
