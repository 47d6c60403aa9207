import { wrong } from "./management-members.ts";

/** What LiteLLM's names of routes come to. */
export interface RouteChoice {
  /** Paths that may be called; empty: all. */
  readonly routes: readonly string[];
  /** Whether a key calls models alone, manages, reads, or does what its user may do. */
  readonly use: "calls" | "manages" | "reads" | "any";
}

const managed = [
  "/key/*",
  "/team/*",
  "/user/*",
  "/customer/*",
  "/organization/*",
  "/budget/*",
  "/model/*",
  "/v1/model/*",
  "/spend/*",
  "/global/*",
  "/parlance.admin.v1.*",
];

const read = [
  "/key/info",
  "/key/list",
  "/team/info",
  "/team/list",
  "/user/info",
  "/user/list",
  "/customer/info",
  "/budget/info",
  "/budget/list",
  "/model/info",
  "/v1/model/info",
  "/models",
  "/v1/models",
  "/v1/models/*",
  "/spend/*",
  "/global/*",
  "/health",
];

/** LiteLLM's names for several routes, and what they come to. */
const groups: Readonly<Record<string, RouteChoice>> = {
  llm_api_routes: { routes: [], use: "calls" },
  openai_routes: { routes: [], use: "calls" },
  management_routes: { routes: managed, use: "manages" },
  info_routes: { routes: read, use: "reads" },
};

const types: Readonly<Record<string, RouteChoice>> = {
  default: { routes: [], use: "any" },
  llm_api: { routes: [], use: "calls" },
  management: { routes: managed, use: "manages" },
  read_only: { routes: read, use: "reads" },
};

/** What the names and paths of `allowed_routes`, and a `key_type`, come to. */
export function routesOf(names: readonly string[], type: string): RouteChoice {
  const typed = types[type];
  if (typed === undefined)
    throw wrong("key_type", `must be one of ${Object.keys(types).join(", ")}`);
  if (names.length === 0) return typed;
  const routes = new Set<string>();
  let use = typed.use;
  for (const name of names) {
    const group = name.startsWith("/") ? { routes: [name], use } : groups[name];
    if (group === undefined)
      throw wrong(
        "allowed_routes",
        `must be paths, or of ${Object.keys(groups).join(", ")}: ${name} is neither`,
      );
    for (const route of group.routes) routes.add(route);
    use = use === "any" || use === group.use ? group.use : "manages";
  }
  const unbound = names.some((name) => groups[name]?.use === "calls");
  return { routes: unbound ? [] : [...routes], use };
}
