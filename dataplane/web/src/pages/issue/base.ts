/** Where an issue's pages live: under the organization when the address names one, as Sentry's permalinks do. */
import { useParams } from "react-router";

export function useIssueBase(): string {
  const { org, issueId = "" } = useParams();
  return org === undefined ? `/issues/${issueId}` : `/organizations/${org}/issues/${issueId}`;
}
