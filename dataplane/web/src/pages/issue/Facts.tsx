/** How many, how long, how it moves: four numbers and the histogram. */
import { lazy, Suspense } from "react";
import type { IssueDetail } from "../../api/schema";
import { exact } from "../../model/format";
import { Fence } from "../../ui/Panel";
import { Bone } from "../../ui/States";
import { Time } from "../../ui/Time";

const Histogram = lazy(() => import("../../ui/Histogram"));
const DAY_S = 86_400;

export function Facts({ issue }: { issue: IssueDetail }) {
  return (
    <section className="facts" aria-label="Numbers">
      <dl>
        <div><dt>{issue.count === 1 ? "event" : "events"}</dt><dd>{exact(issue.count)}</dd></div>
        <div><dt>{issue.userCount === 1 ? "user" : "users"}</dt><dd>{exact(issue.userCount)}</dd></div>
        <div><dt>since first seen</dt><dd><Time at={issue.firstSeen} /></dd>{issue.firstRelease !== null && <dd className="more" title={issue.firstRelease.version}>{issue.firstRelease.shortVersion}</dd>}</div>
        <div><dt>since last seen</dt><dd><Time at={issue.lastSeen} /></dd>{issue.lastRelease !== null && <dd className="more" title={issue.lastRelease.version}>{issue.lastRelease.shortVersion}</dd>}</div>
      </dl>
      <div className="chart">
        <Fence name="The histogram">
          {issue.stats.length === 0 ? <p className="muted text-s">No history yet.</p> : (
            <Suspense fallback={<div className="uplot-host"><Bone width="100%" /></div>}>
              <Histogram series={issue.stats} hotSince={hotSince(issue)} markers={markers(issue)} label={`Events of ${issue.shortId} over time`} />
            </Suspense>
          )}
        </Fence>
      </div>
    </section>
  );
}

/** From which moment the red pen draws: since it came back, or the last day of an escalation. */
function hotSince(issue: IssueDetail): number | null {
  const last = issue.stats.at(-1)?.[0] ?? 0;
  if (issue.substatus === "escalating") return last - DAY_S;
  if (issue.substatus !== "regressed") return null;
  const back = issue.activity.find((item) => item.type === "set_regression")?.date ?? issue.lastRelease?.dateCreated ?? null;
  return back === null ? last - DAY_S : back.getTime() / 1000;
}

function markers(issue: IssueDetail): { at: number; name: string }[] {
  return [issue.firstRelease, issue.lastRelease].flatMap((release) => (release?.dateCreated ? [{ at: release.dateCreated.getTime() / 1000, name: release.shortVersion }] : []));
}
