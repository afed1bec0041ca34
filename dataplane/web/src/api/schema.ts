/**
 * The shapes the server speaks, after they have passed a parser in `model/`. Hand-written after the contract until the types
 * generated from `dataplane/api/openapi.json` replace them; every import of a wire type goes through this file.
 */

export const LEVELS = ["fatal", "error", "warning", "info", "debug"] as const;
export type Level = (typeof LEVELS)[number];
export const STATUSES = ["unresolved", "resolved", "ignored"] as const;
export type Status = (typeof STATUSES)[number];
export const PRIORITIES = ["high", "medium", "low"] as const;
export type Priority = (typeof PRIORITIES)[number];

export interface SessionUser { id: string; name: string; email: string; username: string; isSuperuser: boolean }

export interface ClientConfig {
  version: string;
  features: string[];
  isAuthenticated: boolean;
  user: SessionUser | null;
  /** Slug that requests use when the URL names none. */
  organization: string;
  messages: string[];
}

export interface ProjectRef { id: string; slug: string; name: string; platform: string | null }
export interface Actor { type: "user" | "team"; id: string; name: string; email: string | null }

/** `[epoch seconds, events]`, oldest first. */
export type Series = [number, number][];

export interface Release { version: string; shortVersion: string; dateCreated: Date | null }

export interface StatusDetails {
  inNextRelease?: boolean; inRelease?: string; ignoreCount?: number; ignoreUserCount?: number; ignoreUntil?: string;
  ignoreDuration?: number;
}

export interface Issue {
  id: string; shortId: string; title: string; type: string; value: string; culprit: string | null; platform: string | null;
  level: Level; status: Status; substatus: string | null; statusDetails: StatusDetails; priority: Priority | null;
  count: number; userCount: number; firstSeen: Date | null; lastSeen: Date | null; project: ProjectRef; assignedTo: Actor | null;
  numComments: number; isUnhandled: boolean; stats: Series; permalink: string | null;
}

export interface IssueDetail extends Issue {
  activity: Activity[]; firstRelease: Release | null; lastRelease: Release | null; userReportCount: number;
  seenBy: string[]; participants: string[];
}

export interface Activity {
  id: string; type: string; author: string | null; date: Date | null; data: Record<string, unknown>;
}

export interface IssuePatch {
  status?: Status | "resolvedInNextRelease"; substatus?: string | null; statusDetails?: StatusDetails; assignedTo?: string;
  priority?: Priority; hasSeen?: boolean; merge?: 1; discard?: true;
}

export interface TagFacet {
  key: string; name: string; totalValues: number; uniqueValues: number; topValues: TagValue[];
}
export interface TagValue { value: string; name: string; count: number; firstSeen: Date | null; lastSeen: Date | null }

export interface Project {
  id: string; slug: string; name: string; platform: string | null; dateCreated: Date | null; firstEvent: Date | null;
  teams: string[]; options: Record<string, unknown>; allowedDomains: string[]; resolveAge: number;
  fingerprintingRules: string; groupingEnhancements: string;
  /** Who declared the project elsewhere, such as "kubernetes shop/checkout": then it is read-only here. */
  managedBy: string | null;
}

export interface ProjectKey {
  id: string; name: string; public: string; isActive: boolean; rateLimit: { window: number; count: number } | null;
  dsn: string; securityDsn: string | null; minidumpDsn: string | null; dateCreated: Date | null;
}

export interface Quota { category: string; limit: number | null; windowS: number; used: number; resetsAt: Date | null }
export interface InboundFilter { id: string; active: boolean | string[]; name: string; description: string | null }
export interface RuleError { field: string; line: number | null; column: number | null; message: string }

export interface Member { id: string; userId: string | null; name: string; email: string; role: string; pending: boolean }
export interface Team { id: string; slug: string; name: string; memberCount: number }
export interface ApiToken { id: string; name: string; scopes: string[]; token: string | null; lastCharacters: string | null; dateCreated: Date | null; dateLastUsed: Date | null }

export interface Attachment { id: string; name: string; mimetype: string; size: number; dateCreated: Date | null }
export interface EventRow { eventID: string; title: string; date: Date | null; release: string | null; environment: string | null; user: string | null; platform: string | null }
export interface IssueHash { id: string; latestEventId: string | null; latestTitle: string | null; timesSeen: number | null; lastSeen: Date | null }
