import { type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { durationFromMs, timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { type Key, KeyKind, KeySchema } from "../../../gen/parlance/admin/v1/key_pb.js";
import { KeyService } from "../../../gen/parlance/admin/v1/key_service_pb.js";
import { ObjectOrigin } from "../../../gen/parlance/admin/v1/origin_pb.js";
import { snakeCase } from "../../core/names/snake-case.ts";
import { type CommandInput, textOption } from "../command.ts";
import { printTable } from "../print-table.ts";
import type { Shell } from "../shell.ts";
import {
  type ActionInput,
  printJson,
  readAll,
  runTenantCommand,
  type TenantCommand,
} from "./tenant-command.ts";
import {
  budgetsOption,
  limitOptions,
  limitsOption,
  namesOption,
  OptionMistake,
  printBudgets,
  printLimits,
  timeOption,
} from "./tenant-options.ts";

const lists = ["models", "targets", "providers", "operations", "tags"];
const settable = [...limitOptions, ...lists, "budget", "budget-ids", "user", "expires"];

const command: TenantCommand = {
  name: "key",
  placeholder: "KEY",
  actions: {
    create: {
      named: "optional",
      options: [...settable, "team", "organization", "kind", "signing"],
      run: create,
    },
    list: { named: "none", options: ["team", "organization", "user"], run: list },
    show: { named: "needed", options: [], run: show },
    update: { named: "needed", options: settable, run: update },
    rotate: { named: "needed", options: ["grace"], run: rotate },
    block: { named: "needed", options: [], run: block },
    unblock: { named: "needed", options: [], run: unblock },
    delete: { named: "needed", options: [], run: remove },
  },
};

/** `parlance key ACTION [KEY]`. */
export function runKey(shell: Shell, input: CommandInput): Promise<number> {
  return runTenantCommand(command, shell, input);
}

async function create({ transport, name, input, json }: ActionInput): Promise<string> {
  const { key, value } = await createClient(KeyService, transport).createKey({
    key: {
      ...settingsOf(input),
      alias: name,
      team: textOption(input, "team") ?? "",
      organization: textOption(input, "organization") ?? "",
      kind: kindOf(input),
    },
    signing: input.values.signing === true,
  });
  return printNew(key, value, json);
}

async function rotate({ transport, name: id, input, json }: ActionInput): Promise<string> {
  const graceMs = timeOption(input, "grace");
  const { key, value } = await createClient(KeyService, transport).rotateKey({
    id,
    ...(graceMs === undefined ? {} : { gracePeriod: durationFromMs(graceMs) }),
  });
  return printNew(key, value, json);
}

/** A key with its value, which nobody can see again. */
function printNew(key: Key | undefined, value: string, json: boolean): string {
  if (key === undefined) return `${value}\n`;
  if (json) return printJson({ key: toJson(KeySchema, key), value });
  return `${value}\n\nIt is shown this once.\n\n${printKeys([key])}`;
}

async function list({ transport, input, json }: ActionInput): Promise<string> {
  const client = createClient(KeyService, transport);
  const of = {
    team: textOption(input, "team") ?? "",
    organization: textOption(input, "organization") ?? "",
    user: textOption(input, "user") ?? "",
  };
  const keys = await readAll(client.listKeys, "keys", of);
  return json ? printJson(keys.map((key) => toJson(KeySchema, key))) : printKeys(keys);
}

async function show({ transport, name: id, json }: ActionInput): Promise<string> {
  return printOne((await createClient(KeyService, transport).getKey({ id })).key, json);
}

async function update({ transport, name: id, input, json }: ActionInput): Promise<string> {
  const settings = settingsOf(input);
  const paths = Object.keys(settings).map(snakeCase);
  if (paths.length === 0)
    throw new OptionMistake("update needs what is to change, such as --models");
  const client = createClient(KeyService, transport);
  const { key } = await client.getKey({ id });
  const updated = await client.updateKey({
    key: { ...settings, id: key?.id ?? id, etag: key?.etag ?? "" },
    updateMask: { paths },
  });
  return printOne(updated.key, json);
}

async function block({ transport, name: id, json }: ActionInput): Promise<string> {
  return printOne((await createClient(KeyService, transport).blockKey({ id })).key, json);
}

async function unblock({ transport, name: id, json }: ActionInput): Promise<string> {
  return printOne((await createClient(KeyService, transport).unblockKey({ id })).key, json);
}

async function remove({ transport, name: id, json }: ActionInput): Promise<string> {
  await createClient(KeyService, transport).deleteKey({ id });
  return json ? printJson({}) : `${id} is deleted\n`;
}

/** What options set of a key; what is absent is left as it is. */
function settingsOf(input: CommandInput): MessageInitShape<typeof KeySchema> {
  const user = textOption(input, "user");
  const expiresMs = timeOption(input, "expires");
  const set = {
    models: namesOption(input, "models"),
    targets: namesOption(input, "targets"),
    providers: namesOption(input, "providers"),
    operations: namesOption(input, "operations"),
    tags: namesOption(input, "tags"),
    budgets: budgetsOption(input),
    budgetIds: namesOption(input, "budget-ids"),
    limits: limitsOption(input),
    user,
    expiresAt: expiresMs === undefined ? undefined : timestampFromMs(Date.now() + expiresMs),
  };
  return Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
}

const kinds: Readonly<Record<string, KeyKind>> = {
  inference: KeyKind.INFERENCE,
  admin: KeyKind.ADMIN,
  "read-only": KeyKind.READ_ONLY,
  "content-reader": KeyKind.CONTENT_READER,
};

function kindOf(input: CommandInput): KeyKind {
  const text = textOption(input, "kind") ?? "inference";
  const kind = kinds[text];
  if (kind === undefined)
    throw new OptionMistake(`--kind ${text} is none: use ${Object.keys(kinds).join(", ")}`);
  return kind;
}

function printOne(key: Key | undefined, json: boolean): string {
  if (key === undefined) return "";
  return json ? printJson(toJson(KeySchema, key)) : printKeys([key]);
}

function printKeys(keys: readonly Key[]): string {
  const header = [
    "ID",
    "ALIAS",
    "TEAM",
    "KIND",
    "MODELS",
    "LIMITS",
    "BUDGETS",
    "LAST USED",
    "STATE",
  ];
  return printTable(
    header,
    keys.map((key) => [
      key.id,
      key.alias,
      key.team,
      KeyKind[key.kind].toLowerCase().replace("_", "-"),
      key.models.length === 0 ? "all" : key.models.join(" "),
      printLimits(key.limits),
      printBudgets(key),
      key.lastUsedAt === undefined ? "-" : timestampDate(key.lastUsedAt).toISOString(),
      stateOf(key),
    ]),
  );
}

/** In words: where it is kept, and why it is refused. */
function stateOf({ blocked, expiresAt, origin }: Key): string {
  if (blocked) return "blocked";
  const end = expiresAt === undefined ? undefined : timestampDate(expiresAt);
  if (end !== undefined && end.getTime() <= Date.now()) return `expired ${end.toISOString()}`;
  const place = origin === ObjectOrigin.FILE ? "in the config file" : "good";
  return end === undefined ? place : `${place} until ${end.toISOString()}`;
}
