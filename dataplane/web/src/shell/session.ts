/** Who is here and which organization the URL speaks of. */
import { queryOptions } from "@tanstack/react-query";
import { redirect, useParams, useRouteLoaderData, type LoaderFunctionArgs } from "react-router";
import { fetchConfig } from "../api/config";
import { queryClient } from "../api/queries";
import type { ClientConfig } from "../api/schema";

export const configQuery = queryOptions({ queryKey: ["config"], queryFn: fetchConfig, retry: false, staleTime: 300_000 });

export function loadConfig(): Promise<ClientConfig> {
  return queryClient.fetchQuery(configQuery);
}

/**
 * The organization a loader may ask for; a stranger is sent to the login. Loaders of nested routes run at the same time, so
 * each one that fetches begins with this.
 */
export async function requireOrg({ request, params }: LoaderFunctionArgs): Promise<string> {
  const config = await loadConfig();
  if (config.isAuthenticated) return params["org"] ?? config.organization;
  const { pathname, search } = new URL(request.url);
  throw redirect(`/auth/login/?next=${encodeURIComponent(pathname + search)}`);
}

export function useConfig(): ClientConfig {
  const config = useRouteLoaderData<ClientConfig>("root");
  if (config === undefined) throw new Error("the page was drawn before its settings were loaded");
  return config;
}

export function useOrg(): string {
  const { organization } = useConfig();
  return useParams()["org"] ?? organization;
}

/** Only a path of ours: a login link must not send people elsewhere. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/issues/";
}
