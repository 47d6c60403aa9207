import { type Timestamp, timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Client, createClient } from "@connectrpc/connect";
import {
  CircuitState,
  type Deployment,
  HealthState,
  type Model,
  type TargetOrder,
  TargetState,
} from "../../../gen/parlance/admin/v1/model_pb.js";
import { ModelService } from "../../../gen/parlance/admin/v1/model_service_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { describeFailure } from "../chat-client.ts";
import { type CommandInput, textOption } from "../command.ts";
import { suggestion } from "../parse-input.ts";
import { printTable } from "../print-table.ts";
import type { Shell } from "../shell.ts";
import { parseTime } from "./parse-time.ts";
import { reachGateway } from "./running-gateway.ts";

/** The exit code for a command line that cannot be understood. */
const usageExitCode = 2;

/** The state that each action sets; `close` leaves it as it is. */
const states = {
  drain: TargetState.DRAINED,
  disable: TargetState.DISABLED,
  enable: TargetState.ACTIVE,
  close: TargetState.UNSPECIFIED,
} as const;

type Action = keyof typeof states;

/** `parlance target ACTION [TARGET]`. */
export async function runTarget(shell: Shell, input: CommandInput): Promise<number> {
  const [action = "", target] = input.positionals;
  const mistake = mistakeIn(action, target, input);
  if (mistake !== undefined) {
    shell.stderr.write(`parlance target: ${mistake}\nRun: parlance target --help\n`);
    return usageExitCode;
  }
  try {
    const client = await connect(shell, input);
    const text =
      isAction(action) && target !== undefined
        ? await set(client, input, { action, target })
        : await list(client);
    shell.stdout.write(text);
    return 0;
  } catch (error) {
    shell.stderr.write(`parlance target: ${describeFailure(error)}\n`);
    return 1;
  }
}

function isAction(action: string): action is Action {
  return Object.hasOwn(states, action);
}

function mistakeIn(
  action: string,
  target: string | undefined,
  input: CommandInput,
): string | undefined {
  const names = ["list", ...Object.keys(states)];
  if (!names.includes(action))
    return `unknown action ${action}${suggestion(action, names, "")}: use ${names.join(", ")}`;
  if (action === "list") return target === undefined ? undefined : `list takes no ${target}`;
  if (target === undefined) return `${action} needs TARGET`;
  if (!target.includes("/")) return `${target} is no target: write provider/model or provider/*`;
  const time = textOption(input, "for");
  if (time === undefined) return undefined;
  if (action !== "drain" && action !== "disable") return `${action} takes no --for`;
  return parseTime(time) === undefined
    ? `--for ${time} is no time: write 90s, 30m, 2h or 3d`
    : undefined;
}

async function connect(shell: Shell, input: CommandInput): Promise<Client<typeof ModelService>> {
  return createClient(ModelService, await reachGateway(shell, input));
}

async function set(
  client: Client<typeof ModelService>,
  input: CommandInput,
  { action, target }: { readonly action: Action; readonly target: string },
): Promise<string> {
  const timeMs = parseTime(textOption(input, "for") ?? "");
  const { order, closedCircuits } = await client.setTargetState({
    target,
    model: textOption(input, "model") ?? "",
    state: states[action],
    closeCircuit: action === "close",
    reason: textOption(input, "reason") ?? "",
    ...(timeMs === undefined ? {} : { until: timestampFromMs(Date.now() + timeMs) }),
  });
  if (action !== "close") return `${target}: ${orderText(order) || "active"}\n`;
  return closedCircuits === 0
    ? `${target}: no circuit was open\n`
    : `${target}: ${closedCircuits === 1 ? "its circuit is" : `${closedCircuits} circuits are`} closed\n`;
}

async function list(client: Client<typeof ModelService>): Promise<string> {
  const rows: string[][] = [];
  let pageToken = "";
  do {
    const page = await client.listModels({ pageToken });
    for (const model of page.models) for (const row of rowsOf(model)) rows.push(row);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return printTable(["MODEL", "TARGET", "HEALTH", "CIRCUIT", "SET BY OPERATORS"], rows);
}

function rowsOf({ name, deployments }: Model): string[][] {
  return deployments.map((one) => [
    name,
    `${one.provider}/${one.model}`,
    healthText(one),
    circuitText(one),
    orderText(one.order),
  ]);
}

function healthText({ health }: Deployment): string {
  const state = health?.state ?? HealthState.UNSPECIFIED;
  return state === HealthState.UNSPECIFIED ? "-" : HealthState[state].toLowerCase();
}

function circuitText({ health }: Deployment): string {
  const state = health?.circuit ?? CircuitState.UNSPECIFIED;
  if (health === undefined || state === CircuitState.UNSPECIFIED) return "-";
  const why = health.circuitReason === 0 ? "" : ` after ${ErrorReason[health.circuitReason]}`;
  const text = CircuitState[state].toLowerCase().replace("_", " ");
  return `${text}${why}${timeText(", next probe", health.nextProbe)}`;
}

/** "" where nothing is set. */
function orderText(order: TargetOrder | undefined): string {
  if (order === undefined) return "";
  const { state, since, until, reason, by } = order;
  const why = reason === "" ? "" : `: ${reason}`;
  const when = `${timeText(" since", since)}${timeText(" until", until)}`;
  return `${TargetState[state].toLowerCase()}${when} by ${by}${why}`;
}

function timeText(what: string, time: Timestamp | undefined): string {
  return time === undefined ? "" : `${what} ${timestampDate(time).toISOString()}`;
}
