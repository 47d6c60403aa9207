import { toJsonString } from "@bufbuild/protobuf";
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import {
  UsageBucket,
  UsageDimension,
  type UsageSum,
} from "../../../gen/parlance/admin/v1/usage_pb.js";
import {
  type AggregateUsageResponse,
  AggregateUsageResponseSchema,
  UsageService,
} from "../../../gen/parlance/admin/v1/usage_service_pb.js";
import { describeFailure } from "../chat-client.ts";
import { type CommandInput, textOption } from "../command.ts";
import { suggestion } from "../parse-input.ts";
import { printTable } from "../print-table.ts";
import type { Shell } from "../shell.ts";
import { namesOfTenants } from "./names-of-tenants.ts";
import { reachGateway } from "./running-gateway.ts";
import {
  exportUsage,
  reconcileUsage,
  spanOf,
  type UsageAction,
  watchUsage,
} from "./usage-actions.ts";

/** The exit code for a command line that cannot be understood. */
const usageExitCode = 2;

/** What calls can be summed by, as it is written. */
const dimensions: ReadonlyMap<string, UsageDimension> = new Map(
  namesOf(UsageDimension).map(([name, value]) => [name.replaceAll("_", "-"), value]),
);

const buckets: ReadonlyMap<string, UsageBucket> = new Map(namesOf(UsageBucket));

/** What it does beside sums. */
const actions: ReadonlyMap<string, UsageAction> = new Map([
  ["export", exportUsage],
  ["watch", watchUsage],
  ["reconcile", reconcileUsage],
]);

/** `parlance usage`. */
export async function runUsage(shell: Shell, input: CommandInput): Promise<number> {
  const [name = ""] = input.positionals;
  const action = actions.get(name);
  if (action !== undefined) return runAction(shell, input, action);
  if (name !== "") return mistaken(shell, unknownIn("the action", name, actions) ?? "");
  return runSums(shell, input);
}

async function runSums(shell: Shell, input: CommandInput): Promise<number> {
  const by = textOption(input, "by") ?? "total";
  const each = textOption(input, "each") ?? "all";
  const span = spanOf(input, "30d");
  const top = textOption(input, "top") ?? "100";
  const mistake =
    unknownIn("--by", by, dimensions) ??
    unknownIn("--each", each, buckets) ??
    (typeof span === "string" ? span : undefined) ??
    (/^[1-9]\d{0,3}$/.test(top) ? undefined : `--top ${top} is no number from 1 to 9999`);
  if (mistake !== undefined || typeof span === "string") return mistaken(shell, mistake ?? "");
  try {
    const transport = await reachGateway(shell, input);
    const client = createClient(UsageService, transport);
    const response = await client.aggregateUsage({
      dimension: dimensions.get(by) ?? UsageDimension.TOTAL,
      bucket: buckets.get(each) ?? UsageBucket.ALL,
      startTime: timestampFromMs(span.fromMs),
      endTime: timestampFromMs(span.toMs),
      top: Number(top),
    });
    if (input.values.json === true) shell.stdout.write(asJson(response));
    else {
      const values = response.sums.map(({ value }) => value);
      const names = await namesOfTenants(transport, by, values);
      shell.stdout.write(asTable(response, { by, each, names }));
    }
    return 0;
  } catch (error) {
    shell.stderr.write(`parlance usage: ${describeFailure(error)}\n`);
    return 1;
  }
}

async function runAction(shell: Shell, input: CommandInput, run: UsageAction): Promise<number> {
  try {
    const mistake = await run(shell, input);
    return mistake === undefined ? 0 : mistaken(shell, mistake);
  } catch (error) {
    shell.stderr.write(`parlance usage: ${describeFailure(error)}\n`);
    return 1;
  }
}

function mistaken(shell: Shell, mistake: string): number {
  shell.stderr.write(`parlance usage: ${mistake}\nRun: parlance usage --help\n`);
  return usageExitCode;
}

function unknownIn(
  option: string,
  name: string,
  known: ReadonlyMap<string, unknown>,
): string | undefined {
  if (known.has(name)) return undefined;
  const names = [...known.keys()];
  return `${option} ${name} is not known${suggestion(name, names, "")}: use ${names.join(", ")}`;
}

/** The names of an enum in lower case, without that of nothing. */
function namesOf<Value extends number>(
  values: Readonly<Record<string, string | Value>>,
): readonly (readonly [string, Value])[] {
  return Object.entries(values).flatMap(([name, value]) =>
    typeof value === "number" && value !== 0 ? [[name.toLowerCase(), value] as const] : [],
  );
}

function asJson(response: AggregateUsageResponse): string {
  return `${toJsonString(AggregateUsageResponseSchema, response, { prettySpaces: 2 })}\n`;
}

/** How sums are shown. */
interface TableOptions {
  readonly by: string;
  readonly each: string;
  /** The names of what has ids. Undefined: nothing has. */
  readonly names: ReadonlyMap<string, string> | undefined;
}

function asTable({ sums }: AggregateUsageResponse, { by, each, names }: TableOptions): string {
  const timed = each !== "all";
  const header = [
    ...(timed ? ["FROM"] : []),
    ...(by === "total" ? [] : [by.toUpperCase()]),
    ...(names === undefined ? [] : ["NAME"]),
    ...["CALLS", "FAILED", "INPUT", "OUTPUT", "COST USD", "UNPRICED"],
  ];
  return printTable(
    header,
    sums.map((sum) => [
      ...(timed ? [timeOf(sum)] : []),
      ...(by === "total" ? [] : [sum.value === "" ? "-" : sum.value]),
      ...(names === undefined ? [] : [names.get(sum.value) ?? "-"]),
      ...[sum.calls, sum.failedCalls, sum.inputTokens, sum.outputTokens].map(String),
      sum.costUsd,
      String(sum.unpricedCalls),
    ]),
  );
}

function timeOf({ startTime }: UsageSum): string {
  return startTime === undefined ? "" : timestampDate(startTime).toISOString().slice(0, 16);
}
