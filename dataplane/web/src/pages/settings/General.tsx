/** A project's name, platform, origins and when silence resolves its issues. */
import type { FormEvent } from "react";
import { useNavigate } from "react-router";
import { useState } from "react";
import { request } from "../../api/client";
import { queryClient } from "../../api/queries";
import { useOrg } from "../../shell/session";
import { Confirm, type Question } from "../../ui/Dialog";
import { PLATFORMS } from "../projects/platforms";
import { saveProject, useProject } from "./ProjectSettings";
import { useSave } from "./useSave";

export function Component() {
  const org = useOrg();
  const project = useProject();
  const navigate = useNavigate();
  const save = useSave();
  const [question, setQuestion] = useState<Question | null>(null);
  const locked = project.managedBy !== null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const after = {
      name: String(form.get("name")), platform: String(form.get("platform")) || null, resolveAge: Number(form.get("resolveAge")),
      allowedDomains: String(form.get("allowedDomains")).split(/\s+/).filter(Boolean),
    };
    const before = { name: project.name, platform: project.platform, resolveAge: project.resolveAge, allowedDomains: project.allowedDomains };
    void save.run(() => saveProject(org, project, after), "Saved", () => saveProject(org, project, before));
  };
  const remove = () => setQuestion({
    title: `Delete ${project.slug}?`, description: "Its issues, events and keys go with it. SDKs that still send are refused. This cannot be undone.", action: "Delete project",
    run: async () => {
      await request(`/projects/${org}/${project.slug}/`, { method: "DELETE" });
      await queryClient.invalidateQueries({ queryKey: ["projects"] });
      void navigate("/projects/");
    },
  });
  return (
    <>
      <h1 className="title mb-4">General</h1>
      <form onSubmit={submit} key={`${project.name}-${project.platform}-${project.resolveAge}-${project.allowedDomains.join()}`}>
        <fieldset disabled={locked || save.busy} className="grid max-w-[480px] gap-4">
          <label><span className="label">Name</span><input className="field" name="name" defaultValue={project.name} required maxLength={64} /></label>
          <label><span className="label">Platform</span>
            <select className="field" name="platform" defaultValue={project.platform ?? ""}>
              <option value="">Not set</option>
              {project.platform !== null && !PLATFORMS.some((one) => one.id === project.platform) && <option value={project.platform}>{project.platform}</option>}
              {PLATFORMS.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
            </select>
          </label>
          <label><span className="label">Allowed origins</span><textarea className="field" name="allowedDomains" rows={3} defaultValue={project.allowedDomains.join("\n")} aria-describedby="origins-hint" />
            <span id="origins-hint" className="hint">One host per line that browsers may send from; <code>*</code> allows all.</span></label>
          <label><span className="label">Resolve after silence</span>
            <select className="field" name="resolveAge" defaultValue={String(project.resolveAge)}>
              {[...new Set([0, 24, 72, 168, 336, 720, project.resolveAge])].sort((a, b) => a - b).map((hours) => <option key={hours} value={hours}>{hours === 0 ? "Never" : hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`}</option>)}
            </select>
          </label>
          {save.problem !== null && <p role="alert" className="text-error">{save.problem}</p>}
          <div><button type="submit" className="btn primary">Save</button></div>
        </fieldset>
      </form>
      {!locked && <><h2 className="sub mt-8!">Delete this project</h2><p className="hint mb-2">Everything it received goes with it.</p><button type="button" className="btn danger" onClick={remove}>Delete project…</button></>}
      {question !== null && <Confirm question={question} onClose={() => setQuestion(null)} />}
    </>
  );
}
