/** Who belongs to the organization, and what each may do there. */
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { request } from "../../api/client";
import { membersQuery, queryClient } from "../../api/queries";
import type { Member } from "../../api/schema";
import { useConfig, useOrg } from "../../shell/session";
import { Confirm, Dialog, type Question } from "../../ui/Dialog";
import { Bones, Empty, Failure } from "../../ui/States";
import { useSave } from "./useSave";

const ROLES = [["member", "sees everything, works on issues"], ["admin", "manages projects and teams"], ["manager", "manages people too"], ["owner", "may do everything"]] as const;
/** What the server asks of a password. */
const PASSWORD_CHARS_MIN = 8;

export function Component() {
  const members = useQuery(membersQuery(useOrg()));
  return (
    <>
      <h1 className="title mb-4">Members</h1>
      {members.isError && <Failure what="Members" error={members.error} retry={() => void members.refetch()} />}
      {members.isPending && <Bones label="Members" />}
      {members.data?.length === 0 && <Empty title="Nobody belongs to this organization yet." />}
      {members.data !== undefined && members.data.length > 0 && (
        <div className="panel overflow-x-auto" tabIndex={0} role="group" aria-label="Table">
          <table className="rows">
            <thead><tr><th scope="col">Name</th><th scope="col" className="r">Role and access</th></tr></thead>
            <tbody>{members.data.map((member) => <MemberRow key={member.id} member={member} />)}</tbody>
          </table>
        </div>
      )}
      <dl className="hint mt-2 grid grid-cols-[max-content_1fr] gap-x-3">{ROLES.map(([role, words]) => <div key={role} className="contents"><dt className="font-semibold">{role}</dt><dd>{words}</dd></div>)}</dl>
      <p className="hint mt-2">Somebody who forgot the password gets a new one here from a manager or an owner. An owner who is locked out gets one at the server: <code>errata user reset E-MAIL</code>.</p>
      <NewMember />
    </>
  );
}

function MemberRow({ member }: { member: Member }) {
  const org = useOrg();
  const { user } = useConfig();
  const save = useSave();
  const [question, setQuestion] = useState<Question | null>(null);
  const [asking, setAsking] = useState(false);
  const isMe = user !== null && member.userId === user.id;
  const put = async (orgRole: string) => { await request(`/organizations/${org}/members/${member.id}/`, { method: "PUT", body: { orgRole } }); await refresh(); };
  const setRole = (role: string) => void save.run(() => put(role), `${member.name} is now ${role}`, () => put(member.role));
  const remove = () => setQuestion({
    title: `Remove ${member.name}?`, description: "They are signed out at once and lose access. What they wrote and what is assigned to them stays.", action: "Remove",
    run: async () => { await request(`/organizations/${org}/members/${member.id}/`, { method: "DELETE" }); await refresh(); },
  });
  return (
    <tr>
      <td><span className="font-semibold">{member.name}</span>{isMe && <span className="tag plain ml-2">you</span>}{member.pending && <span className="tag plain ml-2">invited</span>}{member.email !== member.name && <div className="muted break-all">{member.email}</div>}{!member.hasPassword && <div><span className="tag esc whitespace-normal!">cannot sign in: no password</span></div>}</td>
      <td className="r">
        <div className="flex flex-wrap justify-end gap-2 max-[760px]:w-[130px]">
          <select className="field w-auto! min-w-[100px]" aria-label={`Role of ${member.name}`} value={member.role} disabled={save.busy} onChange={(event) => setRole(event.target.value)}>
            {[...new Set([...ROLES.map(([role]) => String(role)), member.role])].map((role) => <option key={role} value={role}>{role}</option>)}
          </select>
          {!isMe && <button type="button" className="btn" aria-label={`Set password for ${member.name}`} onClick={() => setAsking(true)}>Set password…</button>}
          {!isMe && <button type="button" className="btn danger" aria-label={`Remove ${member.name}`} onClick={remove}>Remove…</button>}
        </div>
        {save.problem !== null && <p role="alert" className="mt-1 whitespace-normal text-error">{save.problem}</p>}
        {question !== null && <Confirm question={question} onClose={() => setQuestion(null)} />}
        {asking && <PasswordDialog member={member} onClose={() => setAsking(false)} />}
      </td>
    </tr>
  );
}

/** For somebody who was added without a password or forgot it. */
function PasswordDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const org = useOrg();
  const save = useSave();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = new FormData(event.currentTarget).get("password");
    void save.run(async () => {
      await request(`/organizations/${org}/members/${member.id}/password/`, { method: "PUT", body: { password } });
      await refresh();
    }, `${member.name} can sign in with the new password`).then((done) => { if (done) onClose(); });
  };
  return (
    <Dialog title={`Set a password for ${member.name}`} description="No mail is sent: tell it to them; they can change it under their account. Where they are signed in, they are signed out." onClose={onClose}>
      <form onSubmit={submit} className="mt-4 grid gap-4">
        <label><span className="label">New password</span><input className="field" name="password" type="password" required minLength={PASSWORD_CHARS_MIN} autoComplete="new-password" aria-describedby="password-hint" /><span className="hint" id="password-hint">At least {PASSWORD_CHARS_MIN} characters.</span></label>
        {save.problem !== null && <p role="alert" className="text-error">{save.fields["password"] ?? save.problem}</p>}
        <div className="flex justify-end gap-2"><button type="button" className="btn" onClick={onClose}>Cancel</button><button type="submit" className="btn primary" disabled={save.busy}>Set password</button></div>
      </form>
    </Dialog>
  );
}

function NewMember() {
  const org = useOrg();
  const save = useSave();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const element = event.currentTarget;
    const { email, name, password, orgRole } = Object.fromEntries(new FormData(element));
    void save.run(async () => {
      await request(`/organizations/${org}/members/`, { method: "POST", body: { email, name: name || null, password: password || null, orgRole } });
      element.reset();
      await refresh();
    }, `Added ${String(email)}`);
  };
  const problem = (field: string) => (save.fields[field] === undefined ? null : <span role="alert" className="mt-1 block text-error text-s">{save.fields[field]}</span>);
  return (
    <form onSubmit={submit} className="mt-6" aria-label="New member">
      <h2 className="sub">Add a member <small>no mail is sent: tell them the password, they can change it</small></h2>
      <fieldset disabled={save.busy} className="grid max-w-[560px] gap-4 sm:grid-cols-2">
        <label><span className="label">E-mail</span><input className="field" name="email" type="email" required maxLength={254} autoComplete="off" />{problem("email")}</label>
        <label><span className="label">Name</span><input className="field" name="name" maxLength={64} autoComplete="off" /></label>
        <label><span className="label">Password</span><input className="field" name="password" type="password" required minLength={PASSWORD_CHARS_MIN} autoComplete="new-password" />{problem("password")}</label>
        <label><span className="label">Role</span><select className="field" name="orgRole" defaultValue="member">{ROLES.map(([role]) => <option key={role}>{role}</option>)}</select>{problem("orgRole")}</label>
        {save.problem !== null && Object.keys(save.fields).length === 0 && <p role="alert" className="text-error sm:col-span-2">{save.problem}</p>}
        <div><button type="submit" className="btn primary">Add member</button></div>
      </fieldset>
    </form>
  );
}

async function refresh(): Promise<void> {
  await Promise.all([queryClient.invalidateQueries({ queryKey: ["members"] }), queryClient.invalidateQueries({ queryKey: ["teams"] })]);
}
