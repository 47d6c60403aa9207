import type { Settings } from "../config/settings.ts";

/**
 * Whether keys and teams with limits and budgets may be made while the gateway runs: with a
 * database, and in memory where an admin key says who may make them. Elsewhere limits and budgets
 * of such are refused when they are made, so that none is passed over.
 */
export function mayMakeTenants({ config, auth }: Pick<Settings, "config" | "auth">): boolean {
  const { kind } = config.store;
  return kind.case === "sqlite" || kind.case === "postgres" || auth.adminKey !== undefined;
}
