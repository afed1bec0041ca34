/** The pages of one issue: what happened, every event, how its tags spread, what it was grouped by. */
import { SectionTabs } from "../settings/SectionTabs";
import { useIssueBase } from "./base";

const SECTIONS = [["", "Details"], ["events/", "Events"], ["tags/", "Tags"], ["merged/", "Fingerprints"]] as const;

export function IssueTabs() {
  return <SectionTabs label="Issue" base={`${useIssueBase()}/`} sections={SECTIONS} />;
}
