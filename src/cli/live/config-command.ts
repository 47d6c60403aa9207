import { toJson } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { ConfigChangeKind } from "../../../gen/parlance/admin/v1/config_change_pb.js";
import {
  ConfigService,
  type ConfigVersion,
  ConfigVersionSchema,
  type ConfigViolation,
  type PlanResponse,
  PlanResponseSchema,
} from "../../../gen/parlance/admin/v1/config_service_pb.js";
import { printViolation } from "../../config/violation.ts";
import { type CommandInput, textOption } from "../command.ts";
import { readConfigFile } from "../config-file.ts";
import { printTable } from "../print-table.ts";
import type { Shell } from "../shell.ts";
import {
  type ActionInput,
  printJson,
  readAll,
  runTenantCommand,
  type TenantCommand,
} from "../tenants/tenant-command.ts";
import { OptionMistake } from "../tenants/tenant-options.ts";

const command: TenantCommand = {
  name: "config",
  placeholder: "FILE",
  actions: {
    diff: { named: "needed", options: [], run: diff },
    apply: { named: "needed", options: ["comment", "etag"], run: apply },
    versions: { named: "none", options: [], run: versions },
    rollback: { named: "needed", options: ["comment", "etag"], run: rollback },
  },
};

/** `parlance config ACTION [FILE]`. */
export function runConfig(shell: Shell, input: CommandInput): Promise<number> {
  return runTenantCommand(command, shell, input);
}

async function diff({ transport, name, json }: ActionInput): Promise<string> {
  const plan = await createClient(ConfigService, transport).plan({ text: textOf(name) });
  if (json) return printJson(toJson(PlanResponseSchema, plan));
  refuseWrong(plan, name);
  return printPlan(plan, name);
}

async function apply({ transport, name, input, json }: ActionInput): Promise<string> {
  const client = createClient(ConfigService, transport);
  const text = textOf(name);
  const plan = await client.plan({ text });
  refuseWrong(plan, name);
  const { version } = await client.apply({
    text,
    etag: textOption(input, "etag") ?? plan.etag,
    comment: textOption(input, "comment") ?? "",
  });
  if (json) return version === undefined ? "" : printJson(toJson(ConfigVersionSchema, version));
  return `${printPlan(plan, name)}version ${version?.number ?? 0} is in force\n`;
}

async function versions({ transport, json }: ActionInput): Promise<string> {
  const client = createClient(ConfigService, transport);
  const all = await readAll(client.listVersions, "versions", {});
  if (json) return printJson(all.map((one) => toJson(ConfigVersionSchema, one)));
  return printTable(["VERSION", "APPLIED", "BY", "HASH", "STATE", "COMMENT"], all.map(rowOf));
}

async function rollback({ transport, name, input, json }: ActionInput): Promise<string> {
  if (!/^[1-9][0-9]{0,8}$/.test(name)) throw new OptionMistake(`${name} is no version: write 3`);
  const { version } = await createClient(ConfigService, transport).rollback({
    version: Number(name),
    etag: textOption(input, "etag") ?? "",
    comment: textOption(input, "comment") ?? "",
  });
  if (json) return version === undefined ? "" : printJson(toJson(ConfigVersionSchema, version));
  return `version ${version?.number ?? 0} is in force, which is version ${name} again\n`;
}

function rowOf(version: ConfigVersion): string[] {
  const { number, createdAt, actorName, hash, rolledBackTo, comment, inForce } = version;
  return [
    String(number),
    createdAt === undefined ? "" : timestampDate(createdAt).toISOString(),
    actorName,
    hash.slice(0, 12),
    inForce ? "in force" : "",
    rolledBackTo === 0 ? comment : `again version ${rolledBackTo} ${comment}`.trim(),
  ];
}

function textOf(path: string): string {
  const file = readConfigFile(path);
  if (!file.ok) throw new OptionMistake(file.message);
  return file.source.text;
}

/** All that is wrong, as `parlance check` prints it. */
function refuseWrong({ violations }: PlanResponse, path: string): void {
  if (violations.length > 0) throw new OptionMistake(`it is not taken\n${lines(violations, path)}`);
}

const signs: Readonly<Record<ConfigChangeKind, string>> = {
  [ConfigChangeKind.UNSPECIFIED]: " ",
  [ConfigChangeKind.ADDED]: "+",
  [ConfigChangeKind.CHANGED]: "~",
  [ConfigChangeKind.REMOVED]: "-",
};

function printPlan({ changes, warnings }: PlanResponse, path: string): string {
  const noted = warnings.length === 0 ? "" : `${lines(warnings, path)}\n`;
  if (changes.length === 0) return `${noted}nothing changes\n`;
  const shown = changes.flatMap(({ kind, path: at, beforeJson, afterJson }) => [
    `${signs[kind]} ${at}`,
    ...(beforeJson === "" ? [] : [`    - ${beforeJson}`]),
    ...(afterJson === "" ? [] : [`    + ${afterJson}`]),
  ]);
  return `${noted}${shown.join("\n")}\n`;
}

function lines(violations: readonly ConfigViolation[], path: string): string {
  return violations.map((one) => printViolation(path, one)).join("\n");
}
