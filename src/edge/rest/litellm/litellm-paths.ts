import { withoutVersion } from "../rest-route.ts";

/** A path of LiteLLM's management API. */
export interface ManagementPath {
  readonly method: "GET" | "POST";
  /** What is in the place of `{key}`; "" where the path has none. */
  readonly key: string;
  /** The path as it is listed. */
  readonly path: string;
}

const rows = [
  "POST /key/generate",
  "GET /key/info",
  "GET /key/list",
  "POST /key/update",
  "POST /key/delete",
  "POST /key/regenerate",
  "POST /key/{key}/regenerate",
  "POST /key/block",
  "POST /key/unblock",
  "POST /team/new",
  "POST /team/update",
  "GET /team/list",
  "GET /team/info",
  "POST /team/member_add",
  "POST /team/member_delete",
  "POST /team/delete",
  "POST /team/block",
  "POST /team/unblock",
  "POST /user/new",
  "GET /user/info",
  "GET /user/list",
  "POST /user/update",
  "POST /user/delete",
  "POST /customer/new",
  "POST /customer/update",
  "GET /customer/info",
  "GET /customer/list",
  "POST /customer/delete",
  "POST /customer/block",
  "POST /customer/unblock",
  "POST /budget/new",
  "POST /budget/update",
  "POST /budget/info",
  "GET /budget/list",
  "GET /budget/settings",
  "POST /budget/delete",
  "GET /v1/model/info",
  "POST /model/new",
  "POST /model/delete",
  "GET /spend/logs",
  "GET /spend/tags",
  "GET /global/spend",
  "GET /global/spend/report",
  "POST /guardrails/apply_guardrail",
  "POST /apply_guardrail",
  "GET /guardrails/list",
  "GET /health",
] as const;

/** A row of the API: its method and path. */
export type ManagementRow = (typeof rows)[number];

/** The API as it is shown to people. */
export const managementPaths: readonly ManagementRow[] = rows;

const fixed: ReadonlyMap<string, ManagementPath> = new Map(
  rows.map((row) => {
    const method = row.startsWith("GET") ? "GET" : "POST";
    const path = row.slice(method.length + 1);
    return [withoutVersion(path), { method, path, key: "" }];
  }),
);

const keyPath = /^\/key\/([^/]+)\/regenerate$/;

/** The row of a path; undefined where the API has none. Customers have two names there. */
export function managementPath(path: string): ManagementPath | undefined {
  const found = fixed.get(withoutVersion(path.replace(/^\/end_user\//, "/customer/")));
  if (found !== undefined) return found;
  const key = path.startsWith("/key/") ? keyPath.exec(path)?.[1] : undefined;
  if (key === undefined) return undefined;
  return { method: "POST", path: "/key/{key}/regenerate", key };
}
