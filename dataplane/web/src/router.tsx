/** Every address of the web, and what it loads. Pages are fetched when they are first opened. */
import { createBrowserRouter, redirect, type RouteObject } from "react-router";
import { Broken, BrokenPage, Missing, Starting } from "./shell/Broken";
import { loadConfig, requireOrg } from "./shell/session";
import { Shell } from "./shell/Shell";
import * as issues from "./pages/issues/IssuesPage";

const issuePages = (prefix: string): RouteObject[] => [
  { path: `${prefix}issues/:issueId/`, lazy: () => import("./pages/issue/IssuePage") },
  { path: `${prefix}issues/:issueId/events/`, lazy: () => import("./pages/issue/EventsPage") },
  { path: `${prefix}issues/:issueId/events/:eventId/`, lazy: () => import("./pages/issue/IssuePage") },
  { path: `${prefix}issues/:issueId/tags/`, lazy: () => import("./pages/issue/TagsPage") },
  { path: `${prefix}issues/:issueId/tags/:key/`, lazy: () => import("./pages/issue/TagPage") },
  { path: `${prefix}issues/:issueId/merged/`, lazy: () => import("./pages/issue/MergedPage") },
];

const projectSettings: RouteObject = {
  path: "settings/projects/:project/",
  lazy: () => import("./pages/settings/ProjectSettings"),
  children: [
    { index: true, lazy: () => import("./pages/settings/General") },
    { path: "keys/", lazy: () => import("./pages/settings/Keys") },
    { path: "quotas/", lazy: () => import("./pages/settings/Quotas") },
    { path: "filters/", lazy: () => import("./pages/settings/Filters") },
    { path: "grouping/", lazy: () => import("./pages/settings/Grouping") },
  ],
};

const accountSettings: RouteObject = {
  path: "settings/account/",
  lazy: () => import("./pages/settings/AccountSettings"),
  children: [
    { index: true, lazy: () => import("./pages/settings/Account") },
    { path: "tokens/", lazy: () => import("./pages/settings/Tokens") },
    { path: "members/", lazy: () => import("./pages/settings/Members") },
    { path: "teams/", lazy: () => import("./pages/settings/Teams") },
  ],
};

const pages: RouteObject = {
  loader: requireOrg,
  Component: Shell,
  children: [
    {
      ErrorBoundary: BrokenPage,
      children: [
        { index: true, loader: () => redirect("/issues/") },
        { path: "issues/", loader: issues.loader, Component: issues.Component },
        { path: "organizations/:org/issues/", loader: issues.loader, Component: issues.Component },
        ...issuePages(""),
        ...issuePages("organizations/:org/"),
        { path: "projects/", lazy: () => import("./pages/projects/ProjectsPage") },
        { path: "projects/new/", lazy: () => import("./pages/projects/NewProjectPage") },
        { path: "projects/:project/getting-started/", lazy: () => import("./pages/projects/GettingStartedPage") },
        { path: "settings/", loader: () => redirect("/settings/account/") },
        accountSettings,
        projectSettings,
        { path: "*", Component: Missing },
      ],
    },
  ],
};

export const router = createBrowserRouter([
  {
    id: "root",
    path: "/",
    loader: loadConfig,
    // Only when somebody asks for it: a step to another page changes nothing here.
    shouldRevalidate: ({ currentUrl, nextUrl, defaultShouldRevalidate }) => defaultShouldRevalidate && currentUrl.href === nextUrl.href,
    ErrorBoundary: Broken,
    HydrateFallback: Starting,
    children: [{ path: "auth/login/", lazy: () => import("./pages/login/LoginPage") }, pages],
  },
]);
