/** The frame of settings that belong to a person or the organization, not to a project. */
import { Outlet } from "react-router";
import { signOut } from "../../shell/Shell";
import { useConfig } from "../../shell/session";
import { SectionTabs } from "./SectionTabs";

const SECTIONS = [["", "Account"], ["tokens/", "API tokens"], ["members/", "Members"], ["teams/", "Teams"]] as const;

export function Component() {
  const { user, version } = useConfig();
  return (
    <>
      <title>Settings · Errata</title>
      <div className="topbar">
        <p className="min-w-0 truncate"><b className="font-semibold">{user?.name}</b> <span className="muted">{user?.email !== user?.name && user?.email}</span></p>
        <span className="muted ml-auto text-s">Errata {version}</span>
        <button type="button" className="btn" onClick={() => void signOut()}>Sign out</button>
      </div>
      <SectionTabs label="Settings" base="/settings/account/" sections={SECTIONS} />
      <div className="page"><Outlet /></div>
    </>
  );
}
