import { type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Client, createClient } from "@connectrpc/connect";
import { Role } from "../../gen/parlance/access/v1/access_pb.js";
import { type Key, KeyKind, KeySchema } from "../../gen/parlance/admin/v1/key_pb.js";
import { KeyService } from "../../gen/parlance/admin/v1/key_service_pb.js";
import { ObjectOrigin } from "../../gen/parlance/admin/v1/origin_pb.js";
import { type Team, TeamSchema } from "../../gen/parlance/admin/v1/team_pb.js";
import { TeamService } from "../../gen/parlance/admin/v1/team_service_pb.js";
import { type User, UserSchema } from "../../gen/parlance/admin/v1/user_pb.js";
import { UserService } from "../../gen/parlance/admin/v1/user_service_pb.js";
import { type BudgetSchema, BudgetWindow } from "../../gen/parlance/config/v1/key_pb.js";
import { describeFailure } from "./chat-client.ts";
import { type CommandInput, textOption } from "./command.ts";
import { printTable } from "./print-table.ts";
import { reachGateway } from "./running-gateway.ts";
import type { Shell } from "./shell.ts";

/** The exit code for a command line that cannot be understood. */
const usageExitCode = 2;

/** What is wrong with a command line. */
class UsageError extends Error {}

/** What a command does with the name that it was given, as text for standard output. */
type Action = (input: CommandInput, name: string) => Promise<string>;

/** `parlance key ACTION [NAME]`. */
export function runKey(shell: Shell, input: CommandInput): Promise<number> {
  return run(shell, input, "key", (transport) => keyActions(createClient(KeyService, transport)));
}

/** `parlance team ACTION [NAME]`. */
export function runTeam(shell: Shell, input: CommandInput): Promise<number> {
  return run(shell, input, "team", (transport) =>
    teamActions(createClient(TeamService, transport)),
  );
}

/** `parlance user ACTION [NAME]`. */
export function runUser(shell: Shell, input: CommandInput): Promise<number> {
  return run(shell, input, "user", (transport) =>
    userActions(createClient(UserService, transport)),
  );
}

async function run(
  shell: Shell,
  input: CommandInput,
  command: string,
  actionsOf: (
    transport: Awaited<ReturnType<typeof reachGateway>>,
  ) => Readonly<Record<string, Action>>,
): Promise<number> {
  const [action = "", name = ""] = input.positionals;
  try {
    const actions = actionsOf(await reachGateway(shell, input));
    const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
    if (act === undefined)
      throw new UsageError(`unknown action ${action}: use ${Object.keys(actions).join(", ")}`);
    shell.stdout.write(await act(input, name));
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const why = isUsage ? error.message : describeFailure(error);
    const more = isUsage ? `Run: parlance ${command} --help\n` : "";
    shell.stderr.write(`parlance ${command}: ${why}\n${more}`);
    return isUsage ? usageExitCode : 1;
  }
}

function keyActions(client: Client<typeof KeyService>): Readonly<Record<string, Action>> {
  const one = (input: CommandInput, key: Key | undefined, value = ""): string => {
    if (key === undefined) return "";
    if (input.values.json === true)
      return printJson({ key: toJson(KeySchema, key), ...(value !== "" && { value }) });
    return value === ""
      ? printKeys([key])
      : `${printKeys([key])}\n${value}\nIt is not shown again.\n`;
  };
  return {
    async create(input, name) {
      const { key, value } = await client.createKey({
        key: {
          alias: textOption(input, "alias") ?? name,
          team: textOption(input, "team") ?? "",
          user: textOption(input, "user") ?? "",
          organization: textOption(input, "organization") ?? "",
          ...bounds(input),
          kind: kindOf(textOption(input, "kind")),
        },
      });
      return one(input, key, value);
    },
    async list(input) {
      const wanted = {
        team: textOption(input, "team") ?? "",
        user: textOption(input, "user") ?? "",
        organization: textOption(input, "organization") ?? "",
      };
      const keys = await allPages(async (pageToken) => {
        const { keys: found, nextPageToken } = await client.listKeys({
          ...wanted,
          pageToken,
          pageSize: 1000,
        });
        return { found, nextPageToken };
      });
      return input.values.json === true
        ? printJson({ keys: keys.map((key) => toJson(KeySchema, key)) })
        : printKeys(keys);
    },
    async rotate(input, name) {
      const grace = textOption(input, "grace");
      const { key, value } = await client.rotateKey({
        id: named(name),
        ...(grace !== undefined && { gracePeriod: durationFromMs(parseTime(grace)) }),
      });
      return one(input, key, value);
    },
    async delete(_, name) {
      await client.deleteKey({ id: named(name) });
      return `key ${name} is deleted\n`;
    },
    block: async (input, name) => one(input, (await client.blockKey({ id: named(name) })).key),
    unblock: async (input, name) => one(input, (await client.unblockKey({ id: named(name) })).key),
  };
}

function teamActions(client: Client<typeof TeamService>): Readonly<Record<string, Action>> {
  const print = (input: CommandInput, teams: readonly Team[]): string =>
    input.values.json === true
      ? printJson({ teams: teams.map((team) => toJson(TeamSchema, team)) })
      : printTable(
          ["ID", "NAME", "ORGANIZATION", "MODELS", "BUDGETS", "STATE"],
          teams.map((team) => [team.id, team.name, team.organization || "-", ...boundCells(team)]),
        );
  return {
    async create(input, name) {
      const organization = textOption(input, "organization") ?? "";
      const { team } = await client.createTeam({
        team: { name: named(name), organization, ...bounds(input) },
      });
      return print(input, team === undefined ? [] : [team]);
    },
    async list(input) {
      const organization = textOption(input, "organization") ?? "";
      return print(
        input,
        await allPages(async (pageToken) => {
          const { teams, nextPageToken } = await client.listTeams({
            organization,
            pageToken,
            pageSize: 1000,
          });
          return { found: teams, nextPageToken };
        }),
      );
    },
    async delete(_, name) {
      await client.deleteTeam({ id: named(name) });
      return `team ${name} is deleted\n`;
    },
    async add(input, name) {
      const user = textOption(input, "user") ?? "";
      if (user === "") throw new UsageError("add needs --user");
      const { member } = await client.setTeamMember({
        team: named(name),
        user,
        role: roleOption(input),
      });
      return `user ${member?.user} is ${Role[member?.role ?? 0]} of team ${name}\n`;
    },
    async remove(input, name) {
      const user = textOption(input, "user") ?? "";
      if (user === "") throw new UsageError("remove needs --user");
      await client.removeTeamMember({ team: named(name), user });
      return `user ${user} is no member of team ${name} any more\n`;
    },
  };
}

function userActions(client: Client<typeof UserService>): Readonly<Record<string, Action>> {
  const print = (input: CommandInput, users: readonly User[]): string =>
    input.values.json === true
      ? printJson({ users: users.map((user) => toJson(UserSchema, user)) })
      : printTable(
          ["ID", "NAME", "EMAIL", "ROLE", "MODELS", "BUDGETS", "STATE"],
          users.map((user) => [
            user.id,
            user.name,
            user.email || "-",
            user.role === Role.UNSPECIFIED ? "-" : (Role[user.role] ?? "-"),
            ...boundCells(user),
          ]),
        );
  return {
    async create(input, name) {
      const { user } = await client.createUser({
        user: {
          name: named(name),
          organization: textOption(input, "organization") ?? "",
          email: textOption(input, "email") ?? "",
          role: roleOption(input),
          ...bounds(input),
        },
      });
      return print(input, user === undefined ? [] : [user]);
    },
    async list(input) {
      const wanted = {
        organization: textOption(input, "organization") ?? "",
        team: textOption(input, "team") ?? "",
      };
      return print(
        input,
        await allPages(async (pageToken) => {
          const { users, nextPageToken } = await client.listUsers({
            ...wanted,
            pageToken,
            pageSize: 1000,
          });
          return { found: users, nextPageToken };
        }),
      );
    },
    async delete(_, name) {
      await client.deleteUser({ id: named(name) });
      return `user ${name} is deleted\n`;
    },
  };
}

async function allPages<T>(
  read: (
    pageToken: string,
  ) => Promise<{ readonly found: readonly T[]; readonly nextPageToken: string }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let pageToken = "";
  do {
    const page = await read(pageToken);
    for (const one of page.found) all.push(one);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return all;
}

function bounds(input: CommandInput) {
  const budget = textOption(input, "budget");
  return {
    models: listOf(textOption(input, "models")),
    budgets: budget === undefined ? [] : [parseBudget(budget)],
  };
}

function listOf(text: string | undefined): string[] {
  return (text ?? "").split(",").flatMap((one) => one.trim() || []);
}

function parseBudget(text: string): MessageInitShape<typeof BudgetSchema> {
  const [usd = "", word = "total"] = text.split("/");
  const window: unknown = Reflect.get(BudgetWindow, word.toUpperCase());
  if (!/^\d{1,9}(\.\d{1,9})?$/.test(usd) || typeof window !== "number" || window === 0)
    throw new UsageError("--budget is US dollars per hour, day, week, month or total: 20/month");
  return { usd, window };
}

function kindOf(text: string | undefined): KeyKind {
  const found: unknown = Reflect.get(
    KeyKind,
    (text ?? "inference").replace("-", "_").toUpperCase(),
  );
  if (typeof found !== "number" || found === 0)
    throw new UsageError("--kind must be inference, admin or read-only");
  return found;
}

function roleOption(input: CommandInput): Role {
  const text = textOption(input, "role");
  if (text === undefined) return Role.UNSPECIFIED;
  const found: unknown = Reflect.get(Role, text.replaceAll("-", "_").toUpperCase());
  if (typeof found !== "number" || found === 0)
    throw new UsageError("--role must be admin, organization-admin, team-admin, member or viewer");
  return found;
}

const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function parseTime(text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,7})([smhd])$/.exec(text) ?? [];
  if (count === "") throw new UsageError("--grace must be a time such as 90s, 30m, 24h or 7d");
  return Number(count) * (unitMs[unit] ?? 0);
}

function named(name: string): string {
  if (name === "") throw new UsageError("the action needs a NAME");
  return name;
}

function printKeys(keys: readonly Key[]): string {
  return printTable(
    ["ID", "ALIAS", "TEAM", "KIND", "VALUE", "MODELS", "BUDGETS", "STATE"],
    keys.map((key) => [
      key.id,
      key.alias || "-",
      key.team || "-",
      KeyKind[key.kind] ?? "-",
      key.hint || "-",
      ...boundCells(key),
    ]),
  );
}

function boundCells({ models, budgets, blocked, origin }: Key | Team | User): readonly string[] {
  const spend = budgets.map(
    ({ usd, window }) => `${usd}/${(BudgetWindow[window] ?? "").toLowerCase()}`,
  );
  const ofFile = origin === ObjectOrigin.FILE ? "config file" : "good";
  return [models.join(",") || "all", spend.join(",") || "-", blocked ? "blocked" : ofFile];
}

function printJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
