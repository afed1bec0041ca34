/**
 * The shapes that pages work with, made of the wire types in `openapi.ts`, which `npm run types` writes from
 * `dataplane/api/openapi.json`. A parser in `model/` turns one into the other: texts become dates, what may be missing null.
 */
import type { components } from "./openapi";

/** What the server writes and reads, by the names of the document. */
export type Wire = components["schemas"];

/** Fields that a parser could not find are null. */
type Maybe<T> = { [K in keyof T]: T[K] | null };
/** Times of the wire, read. */
type Dated<K extends string> = { [P in K]: Date | null };

export const LEVELS = ["fatal", "error", "warning", "info", "debug"] as const satisfies readonly Wire["Level"][];
export type Level = (typeof LEVELS)[number];
export const STATUSES = ["unresolved", "resolved", "ignored"] as const satisfies readonly Wire["IssueStatus"][];
export type Status = (typeof STATUSES)[number];
export const PRIORITIES = ["high", "medium", "low"] as const satisfies readonly Wire["IssuePriority"][];
export type Priority = (typeof PRIORITIES)[number];

export type SessionUser = Pick<Wire["User"], "id" | "name" | "email" | "username" | "isSuperuser">;

export interface ClientConfig extends Pick<Wire["ClientConfig"], "features" | "isAuthenticated" | "messages"> {
  version: Wire["Version"]["current"];
  user: SessionUser | null;
  /** Slug that requests use when the URL names none. */
  organization: string;
}

export type ProjectRef = Wire["ProjectBrief"];
export type Actor = Wire["Actor"];

/** `[epoch seconds, events]`, oldest first. */
export type Series = Wire["Point"][];

export type Release = Pick<Wire["Release"], "version" | "shortVersion"> & Dated<"dateCreated">;

/** What an answer says of a state, and what a request may say of it. */
export type StatusDetails = Pick<Wire["StatusDetails"], "ignoreUntil"> & NonNullableFields<Pick<Wire["IssueFieldsDetails"], "inNextRelease" | "inRelease" | "ignoreCount" | "ignoreUserCount" | "ignoreDuration">>;
type NonNullableFields<T> = { [K in keyof T]: NonNullable<T[K]> };

export interface Issue
  extends Pick<Wire["Issue"], "id" | "shortId" | "title" | "userCount" | "numComments" | "isUnhandled">,
    Maybe<Pick<Wire["Issue"], "culprit" | "platform" | "permalink">>,
    Dated<"firstSeen" | "lastSeen"> {
  /** Of its metadata: the exception's type and value. */
  type: string; value: string;
  count: number; level: Level; status: Status; substatus: string | null; statusDetails: StatusDetails; priority: Priority | null;
  project: ProjectRef; assignedTo: Actor | null; stats: Series;
}

export interface IssueDetail extends Issue, Pick<Wire["IssueDetail"], "userReportCount"> {
  activity: Activity[]; firstRelease: Release | null; lastRelease: Release | null;
  /** Names. */
  seenBy: string[]; participants: string[];
}

/** Its type stays a text: a newer server may have more of them than this page knows. */
export interface Activity extends Pick<Wire["Activity"], "id" | "data"> { type: string; author: string | null; date: Date | null }

export interface IssuePatch {
  status?: Status | "resolvedInNextRelease"; substatus?: string | null; statusDetails?: StatusDetails; assignedTo?: string;
  priority?: Priority; hasSeen?: boolean; merge?: 1;
  /** False: somebody has looked at it. */
  inbox?: false; discard?: true;
}

export type TagValue = Pick<Wire["TagValue"], "value" | "name" | "count"> & Dated<"firstSeen" | "lastSeen">;
export interface TagFacet extends Pick<Wire["Tag"], "key" | "name" | "totalValues" | "uniqueValues"> { topValues: TagValue[] }

export interface Project extends Pick<Wire["ProjectDetail"], "id" | "slug" | "name" | "platform" | "allowedDomains" | "resolveAge" | "managedBy">, Dated<"dateCreated" | "firstEvent"> {
  /** Slugs. */
  teams: string[];
  options: Record<string, unknown>;
  fingerprintingRules: string; groupingEnhancements: string;
}

export interface ProjectKey extends Pick<Wire["ProjectKey"], "id" | "name" | "public" | "isActive" | "rateLimit">, Dated<"dateCreated"> {
  dsn: Wire["Dsn"]["public"]; securityDsn: Wire["Dsn"]["security"] | null; minidumpDsn: Wire["Dsn"]["minidump"] | null;
}

export interface Quota extends Pick<Wire["Quota"], "id" | "category" | "used"> { limit: number | null; windowS: number; resetsAt: Date | null }
export interface InboundFilter extends Pick<Wire["Filter"], "id" | "active" | "name"> { description: string | null }
export interface RuleError extends Pick<Wire["RuleError"], "field" | "message"> { line: number | null; column: number | null }

export interface Member extends Pick<Wire["Member"], "id" | "name" | "email" | "pending"> { userId: string | null; role: string; hasPassword: boolean }
export type Team = Pick<Wire["Team"], "id" | "slug" | "name" | "memberCount">;
export interface ApiToken extends Pick<Wire["ApiToken"], "id" | "name" | "token">, Dated<"dateCreated" | "dateLastUsed"> { scopes: string[]; lastCharacters: string | null }

export type Attachment = Pick<Wire["Attachment"], "id" | "name" | "mimetype" | "size"> & Dated<"dateCreated">;
export interface EventRow extends Pick<Wire["EventSummary"], "eventID" | "title">, Maybe<Pick<Wire["EventSummary"], "platform">> { date: Date | null; release: string | null; environment: string | null; user: string | null }
export interface IssueHash extends Pick<Wire["IssueHash"], "id"> { latestEventId: string | null; latestTitle: string | null; timesSeen: number | null; lastSeen: Date | null }
