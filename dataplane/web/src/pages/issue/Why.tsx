/** "Why is this one issue?": the sentence, and on request the whole tree that was hashed. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { sentence } from "../../api/client";
import { groupingQuery } from "../../api/queries";
import { reason, shortHash, type Component, type Variant } from "../../model/grouping";
import { useOrg } from "../../shell/session";
import { Bone } from "../../ui/States";

export function Why({ project, eventId }: { project: string; eventId: string }) {
  const org = useOrg();
  const grouping = useQuery(groupingQuery(org, project, eventId));
  const [open, setOpen] = useState(false);
  const info = grouping.data;
  return (
    <section className="why" aria-label="Why is this one issue?">
      <h3 className="inline font-semibold text-ink">Why is this one issue?</h3>{" "}
      {grouping.isError && <>The reason could not be loaded: {sentence(grouping.error)} <button type="button" className="linkish" onClick={() => void grouping.refetch()}>Try again</button></>}
      {grouping.isPending && <Bone width="60%" />}
      {info !== undefined && (
        <>
          {reason(info)} {info.hashes[0] !== undefined && <>Hash <code title={info.hashes[0]}>{shortHash(info.hashes[0])}</code>, </>}<span className="mono">{info.config}</span>.{" "}
          <button type="button" className="linkish" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? "Hide the details" : "Show the details"}</button>
          {" · "}<Link className="linkish" to={`/settings/projects/${project}/grouping/`}>Try other rules</Link>
          {open && info.variants.map((variant) => <VariantTree key={variant.name} variant={variant} />)}
        </>
      )}
    </section>
  );
}

function VariantTree({ variant }: { variant: Variant }) {
  return (
    <div className="tree" tabIndex={0} role="group" aria-label={`Variant ${variant.name}`}>
      <p className={variant.contributes ? "text-ink" : "no"}><b className="font-semibold">{variant.name}</b> {variant.hash !== null && <>hash {shortHash(variant.hash)}</>}{!variant.contributes && " did not decide"}{variant.hint !== null && `: ${variant.hint}`}</p>
      {variant.component !== null && <ul><Branch component={variant.component} /></ul>}
    </div>
  );
}

function Branch({ component }: { component: Component }) {
  const words = component.values.filter((value) => typeof value === "string");
  const below = component.values.filter((value) => typeof value !== "string");
  return (
    <li className={component.contributes ? "text-ink" : "no"}>
      {component.name ?? component.id}{words.length > 0 && `: ${words.join(", ")}`}{component.hint !== null && <span className="muted"> ({component.hint})</span>}
      {below.length > 0 && <ul>{below.map((one, index) => <Branch key={index} component={one} />)}</ul>}
    </li>
  );
}
