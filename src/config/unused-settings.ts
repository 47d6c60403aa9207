import type { Config } from "../../gen/parlance/config/v1/config_pb.js";
import { inField, type Placed, problem } from "./config-scope.ts";

/**
 * Warns of settings that are understood but that this version does not act on, so that nobody
 * relies on them.
 */
export function warnOfUnusedSettings(config: Config, scope: Placed): void {
  if (Object.keys(config.providers).length === 0) {
    problem(inField(scope, "providers"), {
      message: "no provider is configured: no model can be called",
      hint: "add one, such as sim: { kind: sim }",
      ruleId: "no_providers",
    });
  }
}
