/** Who belongs to the organization and with which role, and its teams. */
import { useQuery } from "@tanstack/react-query";
import { membersQuery, teamsQuery } from "../../api/queries";
import { useOrg } from "../../shell/session";
import { Bones, Empty, Failure } from "../../ui/States";

export function Component() {
  const org = useOrg();
  const members = useQuery(membersQuery(org));
  const teams = useQuery(teamsQuery(org));
  return (
    <>
      <h1 className="title">Members</h1>
      <p className="hint mb-4">Accounts are made on the server: <code>errata user create</code>.</p>
      {members.isError && <Failure what="Members" error={members.error} retry={() => void members.refetch()} />}
      {members.isPending && <Bones label="Members" />}
      {members.data?.length === 0 && <Empty title="Nobody belongs to this organization yet." />}
      {members.data !== undefined && members.data.length > 0 && (
        <div className="panel overflow-x-auto" tabIndex={0} role="group" aria-label="Table">
          <table className="rows">
            <thead><tr><th scope="col">Name</th><th scope="col">E-mail</th><th scope="col">Role</th></tr></thead>
            <tbody>{members.data.map((member) => <tr key={member.id}><td className="font-semibold">{member.name}{member.pending && <span className="tag plain ml-2">invited</span>}</td><td className="muted">{member.email}</td><td>{member.role}</td></tr>)}</tbody>
          </table>
        </div>
      )}
      <h2 className="sub mt-8!">Teams</h2>
      {teams.isError && <Failure what="Teams" error={teams.error} retry={() => void teams.refetch()} />}
      {teams.isPending && <Bones label="Teams" rows={2} />}
      {teams.data?.length === 0 && <Empty title="No team yet." />}
      {teams.data !== undefined && teams.data.length > 0 && (
        <div className="panel overflow-x-auto" tabIndex={0} role="group" aria-label="Table">
          <table className="rows">
            <thead><tr><th scope="col">Team</th><th scope="col">Slug</th><th scope="col" className="r">Members</th></tr></thead>
            <tbody>{teams.data.map((team) => <tr key={team.id}><td className="font-semibold">{team.name}</td><td className="muted mono">#{team.slug}</td><td className="r">{team.memberCount}</td></tr>)}</tbody>
          </table>
        </div>
      )}
    </>
  );
}
