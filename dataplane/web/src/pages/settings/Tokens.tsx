/** API tokens: create with scopes, see once, revoke. */
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { request } from "../../api/client";
import { queryClient, tokensQuery } from "../../api/queries";
import type { ApiToken } from "../../api/schema";
import { parseToken } from "../../model/account";
import { CodeBlock } from "../../ui/Copy";
import { Confirm, type Question } from "../../ui/Dialog";
import { Bones, Empty, Failure } from "../../ui/States";
import { Time } from "../../ui/Time";
import { say } from "../../ui/toasts";
import { useSave } from "./useSave";

const SCOPES: readonly (readonly [string, readonly string[]])[] = [
  ["Organization", ["org:read", "org:write", "org:admin", "org:ci"]], ["Project", ["project:read", "project:write", "project:admin", "project:releases"]],
  ["Team", ["team:read", "team:write", "team:admin"]], ["Issues and events", ["event:read", "event:write", "event:admin"]],
  ["Members", ["member:read", "member:write", "member:admin"]],
];
/** What sentry-cli and read-only scripts need. */
const USUAL = ["org:read", "project:read", "project:releases", "event:read"];

export function Component() {
  const tokens = useQuery(tokensQuery());
  const [question, setQuestion] = useState<Question | null>(null);
  const revoke = (token: ApiToken) => setQuestion({
    title: `Revoke ${token.name}?`, description: "Programs that use it are refused from now on. This cannot be undone.", action: "Revoke",
    run: async () => {
      await request("/api-tokens/", { method: "DELETE", query: { tokenId: token.id }, body: { tokenId: token.id } });
      await queryClient.invalidateQueries({ queryKey: ["tokens"] });
      say(`Revoked ${token.name}`);
    },
  });
  return (
    <>
      <h1 className="title">API tokens</h1>
      <p className="hint mb-4">For programs such as sentry-cli, sent as <code>Authorization: Bearer …</code></p>
      {tokens.isError && <Failure what="Tokens" error={tokens.error} retry={() => void tokens.refetch()} />}
      {tokens.isPending && <Bones label="Tokens" />}
      {tokens.data?.length === 0 && <Empty title="No token yet." />}
      {tokens.data !== undefined && tokens.data.length > 0 && (
        <div className="panel overflow-x-auto" tabIndex={0} role="group" aria-label="Table">
          <table className="rows">
            <thead><tr><th scope="col">Name and scopes</th><th scope="col" className="r max-[760px]:hidden!">Created</th><th scope="col" className="r">Last used</th><th scope="col"><span className="sr-only">Revoke</span></th></tr></thead>
            <tbody>
              {tokens.data.map((token) => (
                <tr key={token.id}>
                  <td><span className="font-semibold">{token.name}</span>{token.lastCharacters !== null && <span className="muted mono"> …{token.lastCharacters}</span>}<div className="muted">{token.scopes.join(", ")}</div></td>
                  <td className="r muted max-[760px]:hidden!"><Time at={token.dateCreated} /></td><td className="r muted">{token.dateLastUsed === null ? "never" : <Time at={token.dateLastUsed} />}</td>
                  <td className="r"><button type="button" className="btn danger" aria-label={`Revoke ${token.name}`} onClick={() => revoke(token)}>Revoke…</button></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <NewToken />
      {question !== null && <Confirm question={question} onClose={() => setQuestion(null)} />}
    </>
  );
}

function NewToken() {
  const [created, setCreated] = useState<ApiToken | null>(null);
  const save = useSave();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    void save.run(async () => {
      setCreated(parseToken(await request("/api-tokens/", { method: "POST", body: { name: form.get("name"), scopes: form.getAll("scopes") } })));
      element.reset();
      await queryClient.invalidateQueries({ queryKey: ["tokens"] });
    }, "Token created");
  };
  return (
    <form onSubmit={submit} className="mt-6">
      <h2 className="sub">New token</h2>
      <fieldset disabled={save.busy} className="grid gap-4">
        <label className="max-w-[320px]"><span className="label">Name</span><input className="field" name="name" required maxLength={64} autoComplete="off" placeholder="ci" /></label>
        <div className="grid grid-cols-[repeat(auto-fill,minmax(170px,1fr))] gap-4">
          {SCOPES.map(([group, scopes]) => (
            <fieldset key={group}><legend className="label">{group}</legend>
              {scopes.map((scope) => <label key={scope} className="flex items-center gap-2 py-1"><input type="checkbox" name="scopes" value={scope} defaultChecked={USUAL.includes(scope)} /><span className="mono">{scope}</span></label>)}
            </fieldset>
          ))}
        </div>
        {save.problem !== null && <p role="alert" className="text-error">{save.problem}</p>}
        <div><button type="submit" className="btn primary">Create token</button></div>
      </fieldset>
      {created !== null && created.token !== null && (
        <div role="status" className="notice mt-4" style={{ "--tone": "var(--ok)" } as React.CSSProperties}>
          <p className="mb-2"><b className="font-semibold">Token {created.name} was created.</b> It is shown this once; copy it now.</p>
          <CodeBlock key={created.id} name={`token ${created.name}`} code={created.token} />
        </div>
      )}
    </form>
  );
}
