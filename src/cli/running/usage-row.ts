import type { Command } from "../command.ts";
import { gatewayOptions } from "./gateway-options.ts";

/** The command `usage`. */
export const usageRow: Command = {
  name: "usage",
  summary: "what was called and what it cost, of a running gateway",
  positionals: ["ACTION"],
  optional: 1,
  options: {
    ...gatewayOptions,
    by: {
      type: "string",
      value: "WHAT",
      description:
        "key, team, user, organization, model, provider, target, tag, end-user and others; default: total",
    },
    since: {
      type: "string",
      value: "TIME",
      description: "such as 12h, 7d or 2026-11-01; default: 30d",
    },
    until: { type: "string", value: "TIME", description: "the same; default: now" },
    each: { type: "string", value: "TIME", description: "hour, day or all; default: all" },
    top: { type: "string", value: "N", description: "the N that cost most; default: 100" },
    format: {
      type: "string",
      value: "FORMAT",
      description:
        "of an export: csv, jsonl, focus or records, as sinks get them; to reconcile: csv, aws-cur or a vendor with reports of its own",
    },
    provider: { type: "string", value: "NAME", description: "to reconcile: whose export it is" },
    file: { type: "string", value: "FILE", description: "to reconcile: the export" },
    columns: { type: "string", value: "A=B,...", description: "to reconcile csv: date=day,..." },
    models: { type: "string", value: "A=B,...", description: "to reconcile: other names" },
    json: { type: "boolean", description: "JSON, for scripts" },
  },
  details: `Costs are exact. Calls whose cost is not known are UNPRICED, and never 0.
With the admin key all calls are summed, with another key its own.
Without an ACTION there are sums. export writes calls to the standard output, focus in the columns
of the FinOps Open Cost and Usage Specification; watch shows calls as they end; reconcile compares
the export of a vendor with the ledger by day, model and class, and says what gaps may come from.
Try: parlance usage export --format focus --since 30d > usage.csv`,
  run: async (shell, input) => (await import("./usage-command.ts")).runUsage(shell, input),
};
