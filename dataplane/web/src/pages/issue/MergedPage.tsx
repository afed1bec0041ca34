/** The fingerprints an issue consists of, and splitting some of them off. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { unmerge } from "../../api/issues";
import { hashesQuery } from "../../api/queries";
import { exact, plural } from "../../model/format";
import { shortHash } from "../../model/grouping";
import { useOrg } from "../../shell/session";
import { Confirm, type Question } from "../../ui/Dialog";
import { Bones, Empty, Failure } from "../../ui/States";
import { Time } from "../../ui/Time";
import { say } from "../../ui/toasts";
import { useIssueBase } from "./base";
import { SubPage } from "./SubPage";

export function Component() {
  const org = useOrg();
  const base = useIssueBase();
  const { issueId = "" } = useParams();
  const hashes = useQuery(hashesQuery(org, issueId));
  const [picked, setPicked] = useState<readonly string[]>([]);
  const [question, setQuestion] = useState<Question | null>(null);
  const rows = hashes.data ?? [];
  const ask = () => setQuestion({
    title: `Split off ${plural(picked.length, "fingerprint")}?`, description: "Their events move to a new issue. Merging the two takes this back.", action: "Split off",
    run: async () => { await unmerge(org, issueId, picked); setPicked([]); say(`Split off ${plural(picked.length, "fingerprint")}`); },
  });
  return (
    <SubPage title="Fingerprints">
      {hashes.isError && <Failure what="Fingerprints" error={hashes.error} retry={() => void hashes.refetch()} />}
      {hashes.isPending && <Bones label="Fingerprints" />}
      {hashes.data?.length === 0 && <Empty title="No fingerprint is known." />}
      {rows.length > 0 && (
        <div className="overflow-x-auto px-3 pt-2 max-[760px]:px-0!" tabIndex={0} role="group" aria-label="Table">
          <table className="rows">
            <thead><tr><th scope="col"><span className="sr-only">Select</span></th><th scope="col">Fingerprint</th><th scope="col">Latest event</th><th scope="col" className="r">Events</th><th scope="col" className="r">Last seen</th></tr></thead>
            <tbody>
              {rows.map((hash) => (
                <tr key={hash.id}>
                  <td><input type="checkbox" aria-label={`Select ${hash.id}`} disabled={rows.length < 2} checked={picked.includes(hash.id)} onChange={() => setPicked(picked.includes(hash.id) ? picked.filter((id) => id !== hash.id) : [...picked, hash.id])} /></td>
                  <td className="mono" title={hash.id}>{shortHash(hash.id)}</td>
                  <td className="t" title={hash.latestTitle ?? ""}>{hash.latestEventId === null ? "–" : <Link className="linkish" to={`${base}/events/${hash.latestEventId}/`}>{hash.latestTitle ?? hash.latestEventId}</Link>}</td>
                  <td className="r">{hash.timesSeen === null ? "–" : exact(hash.timesSeen)}</td>
                  <td className="r muted">{hash.timesSeen === 0 ? <span title="No event was grouped by this fingerprint">never</span> : <Time at={hash.lastSeen} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="hint my-3 px-3">{rows.length < 2 ? "An issue with one fingerprint cannot be split." : "At least one fingerprint stays with this issue."}</p>
          {rows.length > 1 && <button type="button" className="btn mx-3" disabled={picked.length === 0 || picked.length === rows.length} onClick={ask}>Split off {picked.length || ""}</button>}
        </div>
      )}
      {question !== null && <Confirm question={question} onClose={() => setQuestion(null)} />}
    </SubPage>
  );
}
