import { readFileSync } from "node:fs";
import { toJsonString } from "@bufbuild/protobuf";
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Client, createClient } from "@connectrpc/connect";
import { ExportFormat } from "../../../gen/parlance/admin/v1/usage_export_pb.js";
import { type CallEntry, CallEntrySchema } from "../../../gen/parlance/admin/v1/usage_pb.js";
import {
  ReconcileUsageResponseSchema,
  UsageExportForm,
} from "../../../gen/parlance/admin/v1/usage_reconciliation_pb.js";
import { UsageService } from "../../../gen/parlance/admin/v1/usage_service_pb.js";
import { type CommandInput, textOption } from "../command.ts";
import { suggestion } from "../parse-input.ts";
import { printTable } from "../print-table.ts";
import type { Shell } from "../shell.ts";
import { parseTime } from "./parse-time.ts";
import { reachGateway } from "./running-gateway.ts";

/** Something that `parlance usage` does beside sums; gives what is wrong with the command line. */
export type UsageAction = (shell: Shell, input: CommandInput) => Promise<string | undefined>;

const formats: ReadonlyMap<string, ExportFormat> = new Map([
  ["csv", ExportFormat.CSV],
  ["jsonl", ExportFormat.JSONL],
  ["focus", ExportFormat.FOCUS],
  ["records", ExportFormat.RECORDS],
]);

/** `parlance usage export`: writes calls to the standard output. */
export const exportUsage: UsageAction = async (shell, input) => {
  const name = textOption(input, "format") ?? "csv";
  const format = formats.get(name);
  if (format === undefined) {
    const names = [...formats.keys()];
    return `--format ${name} is not known${suggestion(name, names, "")}: use ${names.join(", ")}`;
  }
  const span = spanOf(input, "30d");
  if (typeof span === "string") return span;
  const filter = {
    startTime: timestampFromMs(span.fromMs),
    // Without it calls count that end while it runs.
    ...(input.values.until === undefined ? {} : { endTime: timestampFromMs(span.toMs) }),
  };
  const client = await usageClient(shell, input);
  for await (const { data } of client.exportCalls({ format, filter }))
    shell.stdout.write(Buffer.from(data).toString());
  return undefined;
};

/** `parlance usage watch`: writes a line for each call as it ends. */
export const watchUsage: UsageAction = async (shell, input) => {
  const client = await usageClient(shell, input);
  for await (const { call, dropped } of client.watchUsage({})) {
    if (dropped > 0n) shell.stderr.write(`parlance usage: ${dropped} calls were left out\n`);
    if (call === undefined) continue;
    shell.stdout.write(input.values.json === true ? jsonLine(call) : lineOf(call));
  }
  return undefined;
};

/** As they are written: the names of the enum. */
const forms: ReadonlyMap<string, UsageExportForm> = new Map(
  Object.entries(UsageExportForm).flatMap(([name, value]) =>
    typeof value === "number" && value !== UsageExportForm.UNSPECIFIED
      ? [[name.toLowerCase().replaceAll("_", "-"), value] as const]
      : [],
  ),
);

/** `parlance usage reconcile`: compares the export of a vendor with the ledger. */
export const reconcileUsage: UsageAction = async (shell, input) => {
  const [provider, file] = [textOption(input, "provider"), textOption(input, "file")];
  if (provider === undefined || file === undefined) return "say --provider NAME and --file FILE";
  const name = textOption(input, "format") ?? provider;
  const form = forms.get(name);
  if (form === undefined)
    return `--format ${name} is not known: use ${[...forms.keys()].join(", ")}`;
  const [columns, models] = [pairsOf(input, "columns"), pairsOf(input, "models")];
  const client = await usageClient(shell, input);
  const document = readFileSync(file, "utf8");
  const answer = await client.reconcileUsage({ provider, form, document, columns, models });
  if (input.values.json === true) {
    shell.stdout.write(`${toJsonString(ReconcileUsageResponseSchema, answer)}\n`);
    return undefined;
  }
  const rows = answer.gaps.map((gap) => [
    gap.day === undefined ? "" : timestampDate(gap.day).toISOString().slice(0, 10),
    gap.model,
    gap.usageClass,
    ...[gap.vendor, gap.ledger, gap.difference].map(String),
    gap.explanation,
  ]);
  const header = ["DAY", "MODEL", "CLASS", "VENDOR", "LEDGER", "DIFFERENCE", "WHY"];
  if (rows.length > 0) shell.stdout.write(printTable(header, rows));
  shell.stdout.write(`${answer.equalLines} lines are equal, ${rows.length} differ\n`);
  return undefined;
};

/** Such as `date=day,model=name`. */
function pairsOf(input: CommandInput, option: string): Record<string, string> {
  const pairs = (textOption(input, option) ?? "").split(",").map((pair) => pair.split("="));
  return Object.fromEntries(
    pairs.flatMap(([name = "", value = ""]) => (name === "" ? [] : [[name.trim(), value.trim()]])),
  );
}

/** The service of usage of the gateway that the options name. */
export async function usageClient(
  shell: Shell,
  input: CommandInput,
): Promise<Client<typeof UsageService>> {
  return createClient(UsageService, await reachGateway(shell, input));
}

/** From when `--since` is until now, in milliseconds since 1970; a text: what is wrong with it. */
export function spanOf(
  input: CommandInput,
  usual: string,
): { readonly fromMs: number; readonly toMs: number } | string {
  const [nowMs, since] = [Date.now(), textOption(input, "since") ?? usual];
  const until = textOption(input, "until");
  const fromMs = timeOf(since, nowMs);
  const toMs = until === undefined ? nowMs : timeOf(until, nowMs);
  if (fromMs === undefined) return notATime("since", since);
  if (toMs === undefined) return notATime("until", until ?? "");
  return fromMs < toMs ? { fromMs, toMs } : "--since must be before --until";
}

function notATime(option: string, text: string): string {
  return `--${option} ${text} is no time: write 90s, 30m, 2h or 3d, or a day such as 2026-11-30`;
}

/** A time ago, or a day in UTC. */
function timeOf(text: string, nowMs: number): number | undefined {
  const ago = parseTime(text);
  if (ago !== undefined) return nowMs - ago;
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(day) ? undefined : day;
}

function jsonLine(call: CallEntry): string {
  return `${toJsonString(CallEntrySchema, call)}\n`;
}

function lineOf(call: CallEntry): string {
  const { endTime, key, model, target, reason, costUsd, unpriced, durationUs, usage } = call;
  const time = endTime === undefined ? "" : timestampDate(endTime).toISOString();
  const tokens = `${usage?.inputTokens ?? "?"}+${usage?.outputTokens ?? "?"} tokens`;
  const cost = unpriced === "" ? `${costUsd} USD` : "unpriced";
  const ms = `${Math.round(Number(durationUs) / 1000)} ms`;
  const end = reason === "" ? "ok" : reason;
  return `${[time, key || "-", model, target || "-", end, tokens, cost, ms].join("  ")}\n`;
}
