/** How much a project may send per window, and how much of it is used. */
import { useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { request } from "../../api/client";
import { queryClient, quotasQuery } from "../../api/queries";
import { exact, percent } from "../../model/format";
import { useOrg } from "../../shell/session";
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
    void save.run(async () => {
      await request(`/projects/${org}/${project.slug}/quotas/`, { method: "POST", body: { max_events: max } });
      await queryClient.invalidateQueries({ queryKey: ["project", org, project.slug, "quotas"] });
    }, "Quota saved");
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
            <thead><tr><th scope="col">Category</th><th scope="col" className="r">Used</th><th scope="col" className="r">Limit</th><th scope="col" className="r">Window</th><th scope="col" className="r">Starts anew</th></tr></thead>
            <tbody>
              {quotas.data.map((quota) => (
                <tr key={`${quota.category}-${quota.windowS}`}>
                  <td className="font-semibold">{quota.category.replaceAll("_", " ")}</td>
                  <td className="r">{exact(quota.used)}{quota.limit !== null && <span className="muted"> · {percent(quota.used, quota.limit)} %</span>}</td>
                  <td className="r">{quota.limit === null ? "none" : exact(quota.limit)}</td><td className="r muted">{window(quota.windowS)}</td>
                  <td className="r muted">{quota.resetsAt === null ? "–" : <Time at={quota.resetsAt} />}</td>
                </tr>
              ))}
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

function window(seconds: number): string {
  if (seconds % 86_400 === 0) return seconds === 86_400 ? "a day" : `${seconds / 86_400} days`;
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${seconds} s`;
}
