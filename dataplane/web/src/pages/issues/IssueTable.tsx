/** The issue list itself: one row of two lines per issue, numbers right. */
import { Link } from "react-router";
import type { Issue } from "../../api/schema";
import { compact, exact } from "../../model/format";
import { badge } from "../../model/issue";
import { Avatar } from "../../ui/Avatar";
import { Sparkline } from "../../ui/Sparkline";
import { Bone } from "../../ui/States";
import { Time } from "../../ui/Time";

interface IssueTableProps {
  issues: readonly Issue[] | null; selected: ReadonlySet<string>; sort: string; graph: string;
  onSelect: (ids: readonly string[], on: boolean) => void; onSort: (sort: string) => void;
}

const BONES = 8;

export function IssueTable({ issues, selected, sort, graph, onSelect, onSort }: IssueTableProps) {
  const all = issues?.map((issue) => issue.id) ?? [];
  const every = all.length > 0 && all.every((id) => selected.has(id));
  return (
    <table className="list" tabIndex={-1} aria-busy={issues === null} aria-label="Issues">
      <thead>
        <tr>
          <th scope="col"><input type="checkbox" aria-label="Select all issues of this page" checked={every} disabled={all.length === 0} onChange={() => onSelect(all, !every)} /></th>
          <th scope="col" className="t">Issue</th>
          <th scope="col" className="opt">Last {graph === "24h" ? "24 h" : "14 d"}</th>
          <SortHead name="freq" label="Events" sort={sort} onSort={onSort} />
          <SortHead name="user" label="Users" sort={sort} onSort={onSort} className="wide" />
          <SortHead name="date" label="Last seen" sort={sort} onSort={onSort} />
          <th scope="col" className="wide"><span className="sr-only">Assignee</span></th>
        </tr>
      </thead>
      <tbody>
        {issues === null
          ? Array.from({ length: BONES }, (_, index) => <BoneRow key={index} index={index} />)
          : issues.map((issue) => <IssueRow key={issue.id} issue={issue} isSelected={selected.has(issue.id)} onSelect={onSelect} />)}
      </tbody>
    </table>
  );
}

function SortHead({ name, label, sort, onSort, className }: { name: string; label: string; sort: string; onSort: (sort: string) => void; className?: string }) {
  const on = sort === name;
  return <th scope="col" className={className} aria-sort={on ? "descending" : undefined}><button type="button" aria-pressed={on} onClick={() => onSort(name)}>{label}{on && <span aria-hidden="true"> ↓</span>}</button></th>;
}

function IssueRow({ issue, isSelected, onSelect }: { issue: Issue; isSelected: boolean; onSelect: IssueTableProps["onSelect"] }) {
  const state = badge(issue);
  return (
    <tr data-issue={issue.id} className={isSelected ? "sel" : undefined} style={{ "--lv": `var(--${issue.level})` } as React.CSSProperties}>
      <td><input type="checkbox" aria-label={`Select ${issue.shortId}`} checked={isSelected} onChange={() => onSelect([issue.id], !isSelected)} /></td>
      <td className="t">
        <Link className="top" to={`/issues/${issue.id}/`} data-open><b><bdi>{issue.type}</bdi></b> <bdi>{issue.value}</bdi></Link>
        <div className="place">
          <span className="sr-only">{issue.level} </span>
          {state !== null && <span className={`tag ${state.tone}`}>{state.words}</span>}
          {issue.shortId}{issue.culprit !== null && <> · <span className="mono"><bdi>{issue.culprit}</bdi></span></>}
          {issue.numComments > 0 && <> · {issue.numComments} {issue.numComments === 1 ? "comment" : "comments"}</>}
        </div>
      </td>
      <td className="opt"><Sparkline series={issue.stats} label={`Events of ${issue.shortId}`} /></td>
      <td className="num" title={exact(issue.count)}>{compact(issue.count)}</td>
      <td className="num wide" title={exact(issue.userCount)}>{issue.userCount === 0 ? <span aria-label="none">–</span> : compact(issue.userCount)}</td>
      <td className="muted"><Time at={issue.lastSeen} /></td>
      <td className="wide">{issue.assignedTo === null ? <span className="sr-only">Nobody</span> : <span className="sr-only">{issue.assignedTo.name}</span>}<Avatar actor={issue.assignedTo} /></td>
    </tr>
  );
}

function BoneRow({ index }: { index: number }) {
  return (
    <tr style={{ "--lv": "var(--line)" } as React.CSSProperties} aria-hidden="true">
      <td><Bone width={14} /></td>
      <td className="t"><span className="top"><Bone width={`${70 - ((index * 17) % 40)}%`} /></span><div className="place"><Bone width={`${40 - ((index * 7) % 20)}%`} /></div></td>
      <td className="opt"><Bone width={112} /></td><td><Bone width={28} /></td><td className="wide"><Bone width={24} /></td><td><Bone width={40} /></td><td className="wide"><Bone width={22} /></td>
    </tr>
  );
}
