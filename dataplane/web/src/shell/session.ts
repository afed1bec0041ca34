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

/** Guards every page but the login. */
export async function requireUser({ request }: LoaderFunctionArgs): Promise<null> {
  const config = await loadConfig();
  if (config.isAuthenticated) return null;
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

/** The same choice outside of a component: what loaders use. */
export async function orgOf(params: Record<string, string | undefined>): Promise<string> {
  return params["org"] ?? (await loadConfig()).organization;
}

/** Only a path of ours: a login link must not send people elsewhere. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/issues/";
}
