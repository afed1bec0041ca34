/** A new project: platform, name, team. Its set-up page follows. */
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useNavigate } from "react-router";
import { ApiError, request, sentence } from "../../api/client";
import { queryClient, teamsQuery } from "../../api/queries";
import { parseProject } from "../../model/project";
import { useOrg } from "../../shell/session";
import { Failure } from "../../ui/States";
import { PLATFORMS } from "./platforms";

const GROUPS = ["Server", "Browser", "Mobile and desktop"] as const;

export function Component() {
  const org = useOrg();
  const navigate = useNavigate();
  const teams = useQuery(teamsQuery(org));
  const [platform, setPlatform] = useState("python");
  const [name, setName] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const team = String(new FormData(event.currentTarget).get("team") ?? "");
    setBusy(true);
    setError(null);
    try {
      const project = parseProject(await request(`/teams/${org}/${team}/projects/`, { method: "POST", body: { name, platform } }));
      void queryClient.invalidateQueries({ queryKey: ["projects"] });
      void navigate(project === null ? "/projects/" : `/projects/${project.slug}/getting-started/`);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const fields = error instanceof ApiError ? error.fields : {};
  const nameProblem = fields["name"] ?? fields["slug"];
  return (
    <div className="page">
      <title>New project · Errata</title>
      <h1 className="title">Create a project</h1>
      <p className="mt-1 text-ink-2">One project per thing that is deployed by itself works best.</p>
      {teams.isError && <Failure what="Teams" error={teams.error} retry={() => void teams.refetch()} />}
      <form onSubmit={(event) => void submit(event)} className="mt-5 grid gap-5">
        {GROUPS.map((group) => (
          <fieldset key={group}>
            <legend className="label">{group}</legend>
            <div className="grid grid-cols-[repeat(auto-fill,minmax(140px,1fr))] gap-2">
              {PLATFORMS.filter((one) => one.group === group).map((one) => (
                <label key={one.id} className="btn cursor-pointer has-checked:border-ink! has-checked:bg-sunken has-focus-visible:outline-2 has-focus-visible:outline-focus">
                  <input type="radio" name="platform" className="accent-ink" value={one.id} checked={platform === one.id} onChange={() => setPlatform(one.id)} />{one.name}
                </label>
              ))}
            </div>
          </fieldset>
        ))}
        <label className="btn w-fit cursor-pointer has-checked:border-ink! has-checked:bg-sunken"><input type="radio" name="platform" value="other" checked={platform === "other"} onChange={() => setPlatform("other")} />Something else</label>
        <div className="grid max-w-[560px] gap-4 sm:grid-cols-2">
          <div>
            <label className="label" htmlFor="name">Name</label>
            <input className="field" id="name" required maxLength={64} value={name} placeholder="shop-api" autoComplete="off" aria-invalid={nameProblem !== undefined} aria-describedby={nameProblem === undefined ? undefined : "name-problem"} onChange={(event) => setName(event.target.value)} />
            {nameProblem !== undefined && <p id="name-problem" role="alert" className="mt-1 text-error text-s">{nameProblem}</p>}
          </div>
          <div>
            <label className="label" htmlFor="team">Team</label>
            <select className="field" id="team" name="team" required>{(teams.data ?? []).map((team) => <option key={team.id} value={team.slug}>{team.name}</option>)}</select>
          </div>
        </div>
        {error !== null && nameProblem === undefined && <p role="alert" className="text-error">{sentence(error)}</p>}
        <div><button type="submit" className="btn primary" disabled={busy || teams.data === undefined}>{busy ? "Creating…" : "Create project"}</button></div>
      </form>
    </div>
  );
}
