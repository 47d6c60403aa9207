import type { ServerPlan } from "../config/plan.ts";
import type { Violation } from "../config/violation.ts";

/**
 * The settings of the listener that a reload cannot put in force: what `wanted` says differently
 * from `running`. The certificate is not among them, unless TLS is switched on or off.
 */
export function restartWarnings(running: ServerPlan, wanted: ServerPlan): readonly Violation[] {
  const settings: readonly (readonly [path: string, running: unknown, wanted: unknown])[] = [
    ["server.host", running.host, wanted.host],
    ["server.port", running.port, wanted.port],
    ["server.cors", running.cors, wanted.cors],
    ["server.limits", running.limits, wanted.limits],
    ["server.workers", running.workers, wanted.workers],
    ["server.tls", running.tls !== undefined, wanted.tls !== undefined],
  ];
  return settings.flatMap(([path, before, after]) => {
    if (JSON.stringify(before) === JSON.stringify(after)) return [];
    const message = "has changed, which takes a restart: the old setting stays in force";
    return [{ path, line: 1, column: 1, message, hint: "", ruleId: "restart_needed" }];
  });
}
