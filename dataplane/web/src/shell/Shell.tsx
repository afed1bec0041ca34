/** The frame around every page: navigation, global keys, messages. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Link, NavLink, Outlet, ScrollRestoration, useLocation, useNavigate } from "react-router";
import { request } from "../api/client";
import { issueHitsQuery, queryClient } from "../api/queries";
import { useLive } from "../api/stream";
import { compact } from "../model/format";
import { Dialog } from "../ui/Dialog";
import { complain, Toasts, undoLast } from "../ui/toasts";
import { KEY_LIST, useKeys } from "./keys";
import { useConfig, useOrg } from "./session";
import { toggleTheme, useDark } from "./theme";

export function Shell() {
  const navigate = useNavigate();
  const [keysShown, setKeysShown] = useState(false);
  const { messages } = useConfig();
  useLive(useOrg());
  useFocusOnNewPage();
  useKeys({
    "g i": () => void navigate("/issues/"), "g p": () => void navigate("/projects/"), "g s": () => void navigate("/settings/account/"),
    "?": () => setKeysShown(true), u: undoLast,
  });
  return (
    <div className="app">
      <a href="#main" className="btn fixed left-2 -top-20 z-50 focus:top-2">Skip to content</a>
      <Navigation onKeys={() => setKeysShown(true)} />
      <main id="main" tabIndex={-1} className="min-w-0">
        {messages.map((message) => <p key={message} className="notice m-3" role="note">{message}</p>)}
        <Outlet />
      </main>
      {keysShown && <KeyDialog onClose={() => setKeysShown(false)} />}
      <Toasts />
      <ScrollRestoration />
    </div>
  );
}

/** The link that led to a page is gone with the page before it: the keyboard goes on from the new one, not from the top. */
function useFocusOnNewPage(): void {
  const { pathname } = useLocation();
  const seen = useRef(pathname);
  useEffect(() => {
    if (seen.current === pathname) return;
    seen.current = pathname;
    if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
  }, [pathname]);
}

function Navigation({ onKeys }: { onKeys: () => void }) {
  const { user } = useConfig();
  const dark = useDark();
  return (
    <nav className="nav" aria-label="Main">
      <Link to="/issues/" className="brand" aria-label="errata, home">errata<i>.</i></Link>
      <Item to="/issues/" label="Issues" also="/organizations/"><OpenCount /></Item>
      <hr />
      <Item to="/projects/" label="Projects" also="/settings/projects/" />
      <Item to="/settings/account/" label="Settings" />
      <div className="foot mt-auto">
        <button type="button" className="item max-[760px]:hidden!" onClick={onKeys}>Keys <kbd aria-hidden="true">?</kbd></button>
        <button type="button" className="item" onClick={toggleTheme} aria-label={dark ? "Use the light theme" : "Use the dark theme"}>{dark ? "Light" : "Dark"}</button>
        <button type="button" className="item signout" onClick={() => void signOut()} title={user?.email ?? ""}>Sign out</button>
      </div>
    </nav>
  );
}

function Item({ to, label, also, children }: { to: string; label: string; also?: string; children?: React.ReactNode }) {
  const { pathname } = useLocation();
  const inside = also !== undefined && pathname.startsWith(also);
  return <NavLink to={to} className={({ isActive }) => (isActive || inside ? "item on" : "item")}>{label}{children}</NavLink>;
}

function OpenCount() {
  const org = useOrg();
  const { data } = useQuery(issueHitsQuery(org, { query: "is:unresolved", statsPeriod: "14d", project: [], environment: "" }));
  return typeof data === "number" ? <span className="text-s font-normal" title={`${data} unresolved`}>{compact(data)}</span> : null;
}

export async function signOut(): Promise<void> {
  try {
    await request("/auth/", { method: "DELETE" });
    queryClient.clear();
    location.assign("/auth/login/");
  } catch (error) {
    complain(error);
  }
}

function KeyDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl className="mt-3 grid grid-cols-[70px_1fr] gap-y-2">
        {KEY_LIST.map(([key, words]) => (
          <div key={key} className="contents"><dt>{key.split(" ").map((part) => <kbd key={part} className="mr-1">{part}</kbd>)}</dt><dd>{words}</dd></div>
        ))}
      </dl>
      <div className="mt-4 text-right"><button type="button" className="btn" onClick={onClose}>Close</button></div>
    </Dialog>
  );
}
