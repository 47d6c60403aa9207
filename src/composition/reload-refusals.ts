import type { Settings } from "../config/settings.ts";
import type { Violation } from "../config/violation.ts";

/** A configuration as far as it matters for what a reload may do. */
export interface Reloadable {
  readonly settings: Pick<Settings, "auth" | "keys" | "providers">;
  /** Whether its file sets nothing at all. */
  readonly empty: boolean;
}

/**
 * Why a configuration that can be used may not take the place of the one in force: it has lost what
 * a file loses that was cut off or emptied while it was written, above all the keys, without which
 * everybody could call. A restart takes it.
 */
export function reloadRefusals(inForce: Reloadable, wanted: Reloadable): readonly Violation[] {
  if (wanted.empty) {
    return inForce.empty
      ? []
      : [violation("", "the file sets nothing, and the config in force does", "reload_empties")];
  }
  const [before, after] = [inForce.settings, wanted.settings];
  const opens = after.auth.required
    ? ""
    : ": everybody who reaches the gateway could call it and read its config";
  const refusals: Violation[] = [];
  if (before.auth.adminKey !== undefined && after.auth.adminKey === undefined) {
    refusals.push(
      violation(
        "auth.admin_key",
        `is gone, and the config in force has one${opens}`,
        "reload_opens",
      ),
    );
  }
  if (before.keys.length > 0 && after.keys.length === 0) {
    refusals.push(
      violation(
        "keys",
        `are gone, and the config in force has ${before.keys.length}${opens}`,
        "reload_opens",
      ),
    );
  }
  if (before.providers.size > 0 && after.providers.size === 0) {
    const message = `are gone, and the config in force has ${before.providers.size}: no model could be called`;
    refusals.push(violation("providers", message, "reload_empties"));
  }
  return refusals;
}

function violation(path: string, message: string, ruleId: string): Violation {
  const hint =
    "a reload does not take this away: put it back, or restart the gateway if it is meant";
  return { path, line: 1, column: 1, message, hint, ruleId };
}
