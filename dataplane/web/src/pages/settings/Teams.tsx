/** Teams: who issues and projects can be given to, besides single people. */
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { request, sentence } from "../../api/client";
import { membersQuery, queryClient, teamMembersQuery, teamsQuery } from "../../api/queries";
import type { Member, Team } from "../../api/schema";
import { plural } from "../../model/format";
import { useOrg } from "../../shell/session";
import { Confirm, type Question } from "../../ui/Dialog";
import { Bones, Empty, Failure } from "../../ui/States";
import { useSave } from "./useSave";

export function Component() {
  const org = useOrg();
  const teams = useQuery(teamsQuery(org));
  const save = useSave();
  const create = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const element = event.currentTarget;
    void save.run(async () => {
      await request(`/organizations/${org}/teams/`, { method: "POST", body: { name: new FormData(element).get("name") } });
      element.reset();
      await refresh(org);
    }, "Team created");
  };
  return (
    <>
      <h1 className="title">Teams</h1>
      <p className="hint mb-4">Projects belong to teams, and issues can be assigned to one.</p>
      {teams.isError && <Failure what="Teams" error={teams.error} retry={() => void teams.refetch()} />}
      {teams.isPending && <Bones label="Teams" rows={2} />}
      {teams.data?.length === 0 && <Empty title="No team yet.">Without one no project can be created.</Empty>}
      <ul className="grid grid-cols-[minmax(0,1fr)] gap-3">{teams.data?.map((team) => <li key={team.id}><TeamCard team={team} /></li>)}</ul>
      <form onSubmit={create} className="mt-5 flex max-w-[420px] items-end gap-2" aria-label="New team">
        <label className="flex-1"><span className="label">New team</span><input className="field" name="name" required maxLength={64} placeholder="Name" autoComplete="off" /></label>
        <button type="submit" className="btn primary py-[8px]!" disabled={save.busy}>Create team</button>
      </form>
      {save.problem !== null && <p role="alert" className="mt-2 text-error">{save.problem}</p>}
    </>
  );
}

function TeamCard({ team }: { team: Team }) {
  const org = useOrg();
  const save = useSave();
  const [renaming, setRenaming] = useState(false);
  const [open, setOpen] = useState(false);
  const [question, setQuestion] = useState<Question | null>(null);
  const put = async (name: string) => { await request(`/teams/${org}/${team.slug}/`, { method: "PUT", body: { name } }); await refresh(org); };
  const rename = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name"));
    void save.run(() => put(name), `Renamed to ${name}`, () => put(team.name)).then((done) => { if (done) setRenaming(false); });
  };
  const remove = () => setQuestion({
    title: `Delete ${team.name}?`, description: "Its projects and people stay; issues assigned to it are assigned to nobody. This cannot be undone.", action: "Delete team",
    run: async () => { await request(`/teams/${org}/${team.slug}/`, { method: "DELETE" }); await refresh(org); },
  });
  return (
    <section className="panel" aria-label={`Team ${team.name}`}>
      <header className="flex flex-wrap items-center gap-2 px-4 py-2">
        {renaming ? (
          <form onSubmit={rename} className="flex flex-wrap items-center gap-2">
            <input className="field w-52!" name="name" aria-label="New name" required maxLength={64} defaultValue={team.name} autoFocus onKeyDown={(event) => { if (event.key === "Escape") setRenaming(false); }} />
            <button type="submit" className="btn primary" disabled={save.busy}>Save</button>
            <button type="button" className="btn" onClick={() => setRenaming(false)}>Cancel</button>
          </form>
        ) : <><h2 className="font-semibold">{team.name}</h2><span className="muted mono text-s">#{team.slug}</span></>}
        <span className="ml-auto flex flex-wrap gap-2">
          <button type="button" className="btn" aria-expanded={open} onClick={() => setOpen(!open)}>{plural(team.memberCount, "member")}</button>
          {!renaming && <button type="button" className="btn" aria-label={`Rename ${team.name}`} onClick={() => setRenaming(true)}>Rename</button>}
          <button type="button" className="btn danger" aria-label={`Delete ${team.name}`} onClick={remove}>Delete…</button>
        </span>
      </header>
      {save.problem !== null && <p role="alert" className="px-4 pb-2 text-error">{save.problem}</p>}
      {open && <TeamMembers team={team} />}
      {question !== null && <Confirm question={question} onClose={() => setQuestion(null)} />}
    </section>
  );
}

function TeamMembers({ team }: { team: Team }) {
  const org = useOrg();
  const inside = useQuery(teamMembersQuery(org, team.slug));
  const everybody = useQuery(membersQuery(org));
  const save = useSave();
  const set = async (member: Member, isIn: boolean) => {
    await request(`/organizations/${org}/members/${member.id}/teams/${team.slug}/`, { method: isIn ? "POST" : "DELETE" });
    await Promise.all([refresh(org), queryClient.invalidateQueries({ queryKey: teamMembersQuery(org, team.slug).queryKey })]);
  };
  const add = (member: Member) => void save.run(() => set(member, true), `Added ${member.name} to ${team.name}`, () => set(member, false));
  const remove = (member: Member) => void save.run(() => set(member, false), `Removed ${member.name} from ${team.name}`, () => set(member, true));
  if (inside.isError) return <Failure what="The members" error={inside.error} retry={() => void inside.refetch()} />;
  if (inside.isPending) return <Bones label="Members" rows={2} />;
  const outside = (everybody.data ?? []).filter((member) => !inside.data.some(({ id }) => id === member.id));
  return (
    <div className="border-t border-line px-4 py-2 text-s">
      {inside.data.length === 0 && <p className="muted py-1">Nobody is in this team.</p>}
      <ul>
        {inside.data.map((member) => (
          <li key={member.id} className="flex items-center gap-2 py-1">
            <span className="min-w-0"><span className="font-semibold">{member.name}</span> {member.email !== member.name && <span className="muted break-all">{member.email}</span>}</span>
            <button type="button" className="btn ml-auto" aria-label={`Remove ${member.name} from ${team.name}`} disabled={save.busy} onClick={() => remove(member)}>Remove</button>
          </li>
        ))}
      </ul>
      {everybody.isError && <p role="alert" className="text-error">The people who could be added could not be loaded: {sentence(everybody.error)}</p>}
      {everybody.isSuccess && outside.length === 0 && <p className="muted py-1">Everybody of the organization is in this team.</p>}
      {outside.length > 0 && <AddMember team={team} outside={outside} busy={save.busy} onAdd={add} />}
      {save.problem !== null && <p role="alert" className="text-error">{save.problem}</p>}
    </div>
  );
}

/** Chosen first, added by the button: a list that acts as it is walked through by key would add the wrong people. */
function AddMember({ team, outside, busy, onAdd }: { team: Team; outside: readonly Member[]; busy: boolean; onAdd: (member: Member) => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const id = new FormData(event.currentTarget).get("member");
    const member = outside.find((one) => one.id === id);
    if (member !== undefined) onAdd(member);
  };
  return (
    <form onSubmit={submit} className="mt-1 flex flex-wrap items-center gap-2 py-1" aria-label={`Add to ${team.name}`}>
      <select className="field w-auto! max-w-full sm:max-w-[360px]" name="member" aria-label={`Person to add to ${team.name}`}>{outside.map((member) => <option key={member.id} value={member.id}>{member.name === member.email ? member.name : `${member.name}, ${member.email}`}</option>)}</select>
      <button type="submit" className="btn" disabled={busy}>Add to the team</button>
    </form>
  );
}

/** The list alone: the members of a team that was just deleted must not be asked for again. */
async function refresh(org: string): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: teamsQuery(org).queryKey, exact: true });
}
