/** Client keys: the DSNs SDKs send with. Create, disable, rotate, limit, copy. */
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { request } from "../../api/client";
import { keysQuery, queryClient } from "../../api/queries";
import type { ProjectKey } from "../../api/schema";
import { useOrg } from "../../shell/session";
import { Confirm, type Question } from "../../ui/Dialog";
import { CodeBlock } from "../../ui/Copy";
import { Bones, Empty, Failure } from "../../ui/States";
import { Time } from "../../ui/Time";
import { useProject } from "./ProjectSettings";
import { useSave } from "./useSave";

export function Component() {
  const org = useOrg();
  const project = useProject();
  const keys = useQuery(keysQuery(org, project.slug));
  const save = useSave();
  const locked = project.managedBy !== null;
  const create = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    void save.run(async () => { await createKey(org, project.slug, String(new FormData(form).get("name"))); form.reset(); }, "Key created");
  };
  return (
    <>
      <h1 className="title">Keys</h1>
      <p className="hint mb-4">An SDK sends with a DSN. It may be public: it allows sending, never reading.</p>
      {keys.isError && <Failure what="Keys" error={keys.error} retry={() => void keys.refetch()} />}
      {keys.isPending && <Bones label="Keys" />}
      {keys.data?.length === 0 && <Empty title="No key yet.">Without one no SDK can send.</Empty>}
      <ul className="grid grid-cols-[minmax(0,1fr)] gap-4">{keys.data?.map((key) => <li key={key.id}><KeyCard item={key} org={org} slug={project.slug} locked={locked} /></li>)}</ul>
      {!locked && (
        <form onSubmit={create} className="mt-5 flex max-w-[420px] items-end gap-2">
          <label className="flex-1"><span className="label">New key</span><input className="field" name="name" required maxLength={64} placeholder="Name" autoComplete="off" /></label>
          <button type="submit" className="btn primary py-[8px]!" disabled={save.busy}>Create key</button>
        </form>
      )}
      {save.problem !== null && <p role="alert" className="mt-2 text-error">{save.problem}</p>}
    </>
  );
}

function KeyCard({ item, org, slug, locked }: { item: ProjectKey; org: string; slug: string; locked: boolean }) {
  const save = useSave();
  const [question, setQuestion] = useState<Question | null>(null);
  const put = (change: Record<string, unknown>) => changeKey(org, slug, item.id, change);
  const setActive = (isActive: boolean) => void save.run(() => put({ isActive }), isActive ? `Enabled ${item.name}` : `Disabled ${item.name}`, () => put({ isActive: !isActive }));
  const rotate = () => setQuestion({
    title: `Rotate ${item.name}?`, description: "A new key is created and this one is disabled at once: SDKs that still use it are refused until they get the new DSN.", action: "Rotate",
    run: async () => { await createKey(org, slug, item.name); await put({ isActive: false }); },
  });
  const remove = () => setQuestion({ title: `Delete ${item.name}?`, description: "SDKs that still use it are refused. This cannot be undone.", action: "Delete key", run: () => changeKey(org, slug, item.id, null) });
  return (
    <section className="panel" aria-label={`Key ${item.name}`}>
      <header className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <h2 className="font-semibold">{item.name}</h2>
        <span className={item.isActive ? "tag ok" : "tag plain"}>{item.isActive ? "active" : "disabled"}</span>
        <span className="muted text-s">created <Time at={item.dateCreated} suffix /></span>
        {!locked && (
          <span className="ml-auto flex flex-wrap gap-2">
            <button type="button" className="btn" disabled={save.busy} onClick={() => setActive(!item.isActive)}>{item.isActive ? "Disable" : "Enable"}</button>
            {item.isActive && <button type="button" className="btn" onClick={rotate}>Rotate…</button>}
            <button type="button" className="btn danger" onClick={remove}>Delete…</button>
          </span>
        )}
      </header>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-3 p-4">
        <CodeBlock name={`DSN of ${item.name}`} code={item.dsn} />
        <details><summary className="hint cursor-pointer">More addresses and the rate limit</summary>
          <div className="mt-3 grid grid-cols-[minmax(0,1fr)] gap-3">
            {item.securityDsn !== null && <div><span className="label">Security reports</span><CodeBlock name="security report address" code={item.securityDsn} /></div>}
            {item.minidumpDsn !== null && <div><span className="label">Minidumps</span><CodeBlock name="minidump address" code={item.minidumpDsn} /></div>}
            <RateLimit key={`${item.rateLimit?.count}-${item.rateLimit?.window}`} item={item} locked={locked} put={put} />
          </div>
        </details>
        {save.problem !== null && <p role="alert" className="text-error">{save.problem}</p>}
      </div>
      {question !== null && <Confirm question={question} onClose={() => setQuestion(null)} />}
    </section>
  );
}

function RateLimit({ item, locked, put }: { item: ProjectKey; locked: boolean; put: (change: Record<string, unknown>) => Promise<void> }) {
  const save = useSave();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const count = Number(form.get("count"));
    const rateLimit = count > 0 ? { count, window: Number(form.get("window")) } : null;
    void save.run(() => put({ rateLimit }), "Rate limit saved", () => put({ rateLimit: item.rateLimit }));
  };
  return (
    <form onSubmit={submit}>
      <fieldset disabled={locked || save.busy} className="flex flex-wrap items-end gap-2">
        <label><span className="label">At most (0 = no limit)</span><input className="field w-32!" name="count" type="number" min={0} defaultValue={item.rateLimit?.count ?? 0} /></label>
        <label><span className="label">events per</span><select className="field" name="window" defaultValue={item.rateLimit?.window ?? 60}>{[...new Set([60, 300, 3600, 86_400, item.rateLimit?.window ?? 60])].sort((a, b) => a - b).map((seconds) => <option key={seconds} value={seconds}>{seconds < 3600 ? `${seconds / 60} min` : `${seconds / 3600} h`}</option>)}</select></label>
        <button type="submit" className="btn py-[8px]!">Save limit</button>
        {save.problem !== null && <p role="alert" className="text-error">{save.problem}</p>}
      </fieldset>
    </form>
  );
}

async function createKey(org: string, slug: string, name: string): Promise<void> {
  await request(`/projects/${org}/${slug}/keys/`, { method: "POST", body: { name } });
  await queryClient.invalidateQueries({ queryKey: ["project", org, slug, "keys"] });
}

/** A null change deletes the key. */
async function changeKey(org: string, slug: string, id: string, change: Record<string, unknown> | null): Promise<void> {
  await request(`/projects/${org}/${slug}/keys/${id}/`, change === null ? { method: "DELETE" } : { method: "PUT", body: change });
  await queryClient.invalidateQueries({ queryKey: ["project", org, slug, "keys"] });
}
