import type { Config } from "../../gen/parlance/config/v1/config_pb.js";
import type { Report } from "./config-scope.ts";
import { elementPath, fieldPath } from "./document/field-path.ts";

/**
 * Warns of settings that are understood but that this version does not act on, so that nobody
 * relies on them.
 */
export function warnOfUnusedSettings(config: Config, warn: Report): void {
  const store = config.store?.kind.case;
  if (store === "sqlite" || store === "postgres") {
    warn(
      unused(
        `store.${store}`,
        "this version keeps nothing in a database: records end with the process",
      ),
    );
  }
  if (config.state?.kind.case === "redis") {
    warn(
      unused(
        "state.redis",
        "this version does not use Redis: each process keeps its own state in memory",
      ),
    );
  }
  for (const [index, key] of config.keys.entries()) {
    if (key.budget === undefined) continue;
    warn(
      unused(
        fieldPath(elementPath("keys", index), "budget"),
        "this version does not enforce budgets: the key may spend without a bound",
      ),
    );
  }
  if (Object.keys(config.providers).length === 0) {
    warn({
      path: "providers",
      message: "no provider is configured: no model can be called",
      hint: "add one, such as sim: { kind: sim }",
      ruleId: "no_providers",
    });
  }
}

function unused(path: string, message: string) {
  return { path, message, hint: "", ruleId: "not_in_this_version" };
}
