/** What stands in place of a page that cannot be drawn: a sentence and a retry, never white. */
import { Link, useRevalidator, useRouteError } from "react-router";
import { sentence } from "../api/client";
import { ConfigProblem } from "../api/config";

/** Outside of the frame: the page is its own main region. */
export function Broken() {
  return <main className="page mx-auto pt-16"><p className="brand px-0!">errata<i>.</i></p><Problem /></main>;
}

/** Inside the frame, which has the main region already. */
export function BrokenPage() {
  return <div className="page"><Problem /></div>;
}

function Problem() {
  const error = useRouteError();
  const { revalidate, state } = useRevalidator();
  const isConfig = error instanceof ConfigProblem;
  return (
    <>
      <title>Errata: not available</title>
      <div role="alert">
        <h1 className="title">{isConfig ? "Errata could not start in this browser." : "This page stumbled."}</h1>
        <p className="mt-2 text-ink-2">{sentence(error)}</p>
      </div>
      <div className="mt-4 flex gap-2">
        <button type="button" className="btn primary" disabled={state === "loading"} onClick={() => (isConfig ? void revalidate() : location.reload())}>{state === "loading" ? "Trying…" : "Try again"}</button>
        {!isConfig && <Link className="btn" to="/issues/">Go to issues</Link>}
      </div>
    </>
  );
}

/** Inside the frame, for an address that leads nowhere. */
export function Missing() {
  return (
    <div className="page">
      <title>Not found · Errata</title>
      <h1 className="title">There is no such page.</h1>
      <p className="mt-2 text-ink-2">The address may be mistyped, or what it named was deleted. <Link className="linkish" to="/issues/">Go to issues</Link></p>
    </div>
  );
}

/** Seen for the moment before the settings arrive: the outline of the list page. */
export function Starting() {
  return (
    <div className="app" role="status" aria-label="Errata is loading">
      <div className="nav"><span className="brand">errata<i>.</i></span></div>
      <div><div className="topbar"><span className="skeleton h-6 w-full">&nbsp;</span></div></div>
    </div>
  );
}
