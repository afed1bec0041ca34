/** The person who is signed in: their name and their password. */
import type { FormEvent } from "react";
import { useRevalidator } from "react-router";
import { request } from "../../api/client";
import { queryClient } from "../../api/queries";
import { configQuery, useConfig } from "../../shell/session";
import { useSave } from "./useSave";

/** What the server asks of a password. */
const PASSWORD_CHARS_MIN = 8;

export function Component() {
  const { user } = useConfig();
  const { revalidate } = useRevalidator();
  const save = useSave();
  const put = async (name: string) => {
    await request("/users/me/", { method: "PUT", body: { name } });
    await queryClient.invalidateQueries({ queryKey: configQuery.queryKey });
    await revalidate();
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void save.run(() => put(String(new FormData(event.currentTarget).get("name"))), "Name saved", () => put(user?.name ?? ""));
  };
  return (
    <>
      <h1 className="title mb-4">Your account</h1>
      <form onSubmit={submit} key={user?.name} className="flex max-w-[420px] items-end gap-2">
        <label className="flex-1"><span className="label">Name</span><input className="field" name="name" required maxLength={64} defaultValue={user?.name} autoComplete="name" /></label>
        <button type="submit" className="btn primary py-[8px]!" disabled={save.busy}>Save name</button>
      </form>
      <p className="hint mt-1">{user?.email}</p>
      {save.problem !== null && <p role="alert" className="mt-2 text-error">{save.problem}</p>}
      <Password />
    </>
  );
}

function Password() {
  const save = useSave();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    void save.run(async () => {
      await request("/users/me/password/", { method: "PUT", body: { password: form.get("password"), passwordNew: form.get("passwordNew") } });
      element.reset();
    }, "Password changed");
  };
  const problem = (field: string) => (save.fields[field] === undefined ? null : <span role="alert" className="mt-1 block text-error text-s">{save.fields[field]}</span>);
  return (
    <form onSubmit={submit} className="mt-8" aria-label="Password">
      <h2 className="sub">Password</h2>
      <fieldset disabled={save.busy} className="grid max-w-[420px] gap-4">
        <label><span className="label">Present password</span><input className="field" name="password" type="password" required autoComplete="current-password" />{problem("password")}</label>
        <label><span className="label">New password</span><input className="field" name="passwordNew" type="password" required minLength={PASSWORD_CHARS_MIN} autoComplete="new-password" />{problem("passwordNew")}</label>
        {save.problem !== null && Object.keys(save.fields).length === 0 && <p role="alert" className="text-error">{save.problem}</p>}
        <div><button type="submit" className="btn primary">Change password</button></div>
      </fieldset>
    </form>
  );
}
