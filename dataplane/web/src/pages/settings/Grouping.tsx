/** Grouping rules: fingerprinting and stack trace rules, checked while they are typed. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState, type FormEvent } from "react";
import { request, sentence } from "../../api/client";
import type { RuleError } from "../../api/schema";
import { parseRuleError } from "../../model/project";
import { each, record } from "../../model/read";
import { useOrg } from "../../shell/session";
import { saveProject, useProject } from "./ProjectSettings";
import { useSave } from "./useSave";

interface Rules { fingerprintingRules: string; groupingEnhancements: string }

/** A pause between keys: checking each letter would ask the server about half-written rules. */
const PAUSE_MS = 400;

function checkQuery(org: string, project: string, rules: Rules) {
  return queryOptions({
    queryKey: ["project", org, project, "check", rules],
    queryFn: async ({ signal }) => {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      signal.throwIfAborted();
      return each(record(await request(`/projects/${org}/${project}/grouping/check/`, { method: "POST", body: rules, signal }))["errors"], parseRuleError);
    },
  });
}

export function Component() {
  const org = useOrg();
  const project = useProject();
  const { fingerprintingRules, groupingEnhancements } = project;
  const stored: Rules = { fingerprintingRules, groupingEnhancements };
  const [rules, setRules] = useState<Rules>(stored);
  const deferred = useDeferredValue(rules);
  const check = useQuery(checkQuery(org, project.slug, deferred));
  const save = useSave();
  const errors = check.data ?? [];
  const changed = rules.fingerprintingRules !== stored.fingerprintingRules || rules.groupingEnhancements !== stored.groupingEnhancements;
  const isFresh = check.isSuccess && !check.isFetching && deferred === rules;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const restore = async () => { await saveProject(org, project, { ...stored }); setRules(stored); };
    void save.run(() => saveProject(org, project, { ...rules }), "Rules saved, valid for events from now on", restore);
  };
  const field = (name: keyof Rules, label: string, hint: string, example: string) => (
    <RuleField name={name} label={label} hint={hint} example={example} value={rules[name]} errors={errors.filter((error) => ruleField(error) === name)} onChange={(value) => setRules({ ...rules, [name]: value })} />
  );
  return (
    <>
      <h1 className="title">Grouping</h1>
      <p className="hint mb-4">Rules decide which events are one issue. They hold for events that arrive after saving.</p>
      <form onSubmit={submit}>
        <fieldset disabled={project.managedBy !== null || save.busy} className="grid gap-5">
          {field("fingerprintingRules", "Fingerprint rules", "One rule per line: matchers, an arrow, the fingerprint. The first that matches wins.", "error.type:DatabaseUnavailable -> system-down\nmessage:\"timeout *\" path:**/billing/** -> billing-timeout {{ transaction }}")}
          {field("groupingEnhancements", "Stack trace rules", "One rule per line: which frames are yours (+app, -app) and which count (+group, -group). They follow the built-in rules.", "stack.module:vendor.** -app\nstack.function:retry_* -group")}
          {errors.filter((error) => ruleField(error) === null).map((error, index) => <p key={index} className="text-s text-error">{error.message}</p>)}
          <p role="status" className={errors.length > 0 ? "text-error" : "hint"}>{verdict(check.isError ? sentence(check.error) : null, errors, isFresh)}</p>
          {save.problem !== null && <p role="alert" className="text-error">{save.problem}</p>}
          <div><button type="submit" className="btn primary" disabled={!changed || !isFresh || errors.length > 0}>Save rules</button></div>
        </fieldset>
      </form>
    </>
  );
}

/** Which of the two texts an error is about; the check names them shorter than the project's options do. */
function ruleField({ field }: RuleError): keyof Rules | null {
  if (/^fingerprint/.test(field)) return "fingerprintingRules";
  return /enhancements$/i.test(field) ? "groupingEnhancements" : null;
}

function verdict(problem: string | null, errors: readonly RuleError[], isFresh: boolean): string {
  if (problem !== null) return `The rules could not be checked: ${problem}`;
  if (!isFresh) return "Checking…";
  return errors.length === 0 ? "The rules are valid." : errors.length === 1 ? "One rule is not valid." : `${errors.length} rules are not valid.`;
}

interface RuleFieldProps { name: string; label: string; hint: string; example: string; value: string; errors: readonly RuleError[]; onChange: (value: string) => void }

function RuleField({ name, label, hint, example, value, errors, onChange }: RuleFieldProps) {
  return (
    <div>
      <label className="label" htmlFor={name}>{label}</label>
      <p className="hint mb-1" id={`${name}-hint`}>{hint}</p>
      <textarea className="field" id={name} rows={Math.min(18, Math.max(5, value.split("\n").length + 1))} spellCheck={false} wrap="off" placeholder={example} value={value} aria-invalid={errors.length > 0} aria-describedby={`${name}-hint ${name}-errors`} onChange={(event) => onChange(event.target.value)} />
      <ul id={`${name}-errors`} className="mt-1 text-s text-error">
        {errors.map((error, index) => <li key={index}><span className="mono">{error.line === null ? "" : `line ${error.line}${error.column === null ? "" : `:${error.column}`} `}</span>{error.message}</li>)}
      </ul>
    </div>
  );
}
