/** How much a project may send per window, and how much of it is used. */
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { request } from "../../api/client";
import { queryClient, quotasQuery } from "../../api/queries";
import type { Project, Quota } from "../../api/schema";
import { exact, percent } from "../../model/format";
import { useOrg } from "../../shell/session";
import { Confirm, type Question } from "../../ui/Dialog";
import { Bones, Empty, Failure } from "../../ui/States";
import { Time } from "../../ui/Time";
import { useProject } from "./ProjectSettings";
import { useSave } from "./useSave";

export function Component() {
  const org = useOrg();
  const project = useProject();
  const quotas = useQuery(quotasQuery(org, project.slug));
  const save = useSave();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const max = Number(new FormData(event.currentTarget).get("max_events"));
    void save.run(() => setQuota(org, project, { max_events: max }), "Quota saved");
  };
  const errors = quotas.data?.find((quota) => quota.category === "error");
  return (
    <>
      <h1 className="title">Quotas</h1>
      <p className="hint mb-4">What is above a quota is refused and counted as rate limited; SDKs are told when to try again.</p>
      {quotas.isError && <Failure what="Quotas" error={quotas.error} retry={() => void quotas.refetch()} />}
      {quotas.isPending && <Bones label="Quotas" />}
      {quotas.data?.length === 0 && <Empty title="No quota is set.">Everything that arrives is accepted.</Empty>}
      {quotas.data !== undefined && quotas.data.length > 0 && (
        <div className="panel overflow-x-auto" tabIndex={0} role="group" aria-label="Table">
          <table className="rows">
            <thead><tr><th scope="col">Category</th><th scope="col" className="r">Used</th><th scope="col" className="r">Limit</th><th scope="col" className="r max-[760px]:hidden!">Starts anew</th><th scope="col"><span className="sr-only">Remove</span></th></tr></thead>
            <tbody>
              {quotas.data.map((quota) => <QuotaRow key={quota.id} quota={quota} project={project} />)}
            </tbody>
          </table>
        </div>
      )}
      <form onSubmit={submit} className="mt-5 flex max-w-[420px] items-end gap-2" key={errors?.limit ?? "none"}>
        <label className="flex-1"><span className="label">Events per day</span><input className="field" name="max_events" type="number" min={1} required defaultValue={errors?.limit ?? ""} placeholder="500000" disabled={project.managedBy !== null} /></label>
        <button type="submit" className="btn primary py-[8px]!" disabled={save.busy || project.managedBy !== null}>Save quota</button>
      </form>
      {save.problem !== null && <p role="alert" className="mt-2 text-error">{save.problem}</p>}
    </>
  );
}

function QuotaRow({ quota, project }: { quota: Quota; project: Project }) {
  const org = useOrg();
  const save = useSave();
  const [question, setQuestion] = useState<Question | null>(null);
  const { id, category, limit, windowS, used, resetsAt } = quota;
  const name = category.replaceAll("_", " ");
  const drop = async () => {
    await request(`/projects/${org}/${project.slug}/quotas/${id}/`, { method: "DELETE" });
    await refresh(org, project);
  };
  const remove = () => {
    // Quotas of several categories are not made here, so they could not be made again.
    if (category.includes(",") || limit === null) setQuestion({ title: `Remove the quota of ${name}?`, description: "Everything that arrives is accepted. This cannot be undone.", action: "Remove quota", run: drop });
    else void save.run(drop, `Removed the quota of ${name}`, () => setQuota(org, project, { category, limit, window_s: windowS }));
  };
  return (
    <tr>
      <td className="font-semibold">{name}{save.problem !== null && <p role="alert" className="mt-1 font-normal text-error">{save.problem}</p>}</td>
      <td className="r">{exact(used)}{limit !== null && <span className="muted max-[760px]:block"> · {percent(used, limit)} %</span>}</td>
      <td className="r">{limit === null ? "none" : exact(limit)} <span className="muted max-[760px]:block">{window(windowS)}</span></td>
      <td className="r muted max-[760px]:hidden!">{resetsAt === null ? "–" : <Time at={resetsAt} />}</td>
      <td className="r">{id !== "" && <button type="button" className="btn" aria-label={`Remove the quota of ${name}`} disabled={save.busy || project.managedBy !== null} onClick={remove}>Remove</button>}{question !== null && <Confirm question={question} onClose={() => setQuestion(null)} />}</td>
    </tr>
  );
}

async function setQuota(org: string, project: Project, body: { max_events: number } | { category: string; limit: number; window_s: number }): Promise<void> {
  await request(`/projects/${org}/${project.slug}/quotas/`, { method: "POST", body });
  await refresh(org, project);
}

async function refresh(org: string, project: Project): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: quotasQuery(org, project.slug).queryKey });
}

function window(seconds: number): string {
  if (seconds % 86_400 === 0) return seconds === 86_400 ? "a day" : `${seconds / 86_400} days`;
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${seconds} s`;
}
