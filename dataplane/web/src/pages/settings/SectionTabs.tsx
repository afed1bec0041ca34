/** The sections of a page that has several. A single tag stands under its tab. */
import { NavLink } from "react-router";

export function SectionTabs({ label, base, sections }: { label: string; base: string; sections: readonly (readonly [string, string])[] }) {
  return (
    <nav className="tabs" aria-label={label}>
      <div className="tablist">{sections.map(([path, name]) => <NavLink key={path} className="tab" to={`${base}${path}`} end={path !== "tags/"}>{name}</NavLink>)}</div>
    </nav>
  );
}
