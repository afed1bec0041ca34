/** Sign in with a username or e-mail address and a password. */
import { useState, type FormEvent } from "react";
import { redirect, useSearchParams } from "react-router";
import { ApiError, request, sentence } from "../../api/client";
import { loadConfig, safeNext } from "../../shell/session";

export async function loader(): Promise<null> {
  if ((await loadConfig()).isAuthenticated) throw redirect("/issues/");
  return null;
}

export function Component() {
  const [search] = useSearchParams();
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      await request("/auth/login/", { method: "POST", body: { username: form.get("username"), password: form.get("password") } });
      // A full load: settings, cookies and cache all start anew for this person.
      location.assign(safeNext(search.get("next")));
    } catch (failure) {
      setError(words(failure));
      setBusy(false);
    }
  };
  return (
    <main className="mx-auto w-full max-w-[360px] px-4 pt-[14vh]">
      <title>Sign in · Errata</title>
      <p className="brand px-0!" style={{ fontSize: 26 }}>errata<i>.</i></p>
      <h1 className="title mb-4">Sign in</h1>
      <form onSubmit={(event) => void submit(event)} className="grid gap-4" aria-describedby={error === null ? undefined : "login-error"}>
        <div>
          <label className="label" htmlFor="username">Username or e-mail</label>
          <input className="field" id="username" name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} required autoFocus />
        </div>
        <div>
          <label className="label" htmlFor="password">Password</label>
          <input className="field" id="password" name="password" type="password" autoComplete="current-password" required />
        </div>
        {error !== null && <p id="login-error" role="alert" className="text-error">{error}</p>}
        <button type="submit" className="btn primary justify-center py-2!" disabled={busy}>{busy ? "Signing in…" : "Sign in"}</button>
      </form>
    </main>
  );
}

function words(failure: unknown): string {
  if (failure instanceof ApiError && failure.status === 429) {
    return failure.retryAfterS === null ? "Too many attempts. Wait a moment, then try again." : `Too many attempts. Try again in ${failure.retryAfterS} s.`;
  }
  return sentence(failure);
}
