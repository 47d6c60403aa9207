import { type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { Role } from "../../../gen/parlance/access/v1/access_pb.js";
import { TeamService } from "../../../gen/parlance/admin/v1/team_service_pb.js";
import { type User, UserSchema } from "../../../gen/parlance/admin/v1/user_pb.js";
import { UserService } from "../../../gen/parlance/admin/v1/user_service_pb.js";
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
} from "./tenant-options.ts";

const settable = [...limitOptions, "models", "budget", "budget-ids", "email", "role"];

const command: TenantCommand = {
  name: "user",
  placeholder: "USER",
  actions: {
    create: { named: "needed", options: [...settable, "organization"], run: create },
    list: { named: "none", options: ["organization", "team"], run: list },
    show: { named: "needed", options: [], run: show },
    join: { named: "needed", options: ["team", "role"], run: join },
    leave: { named: "needed", options: ["team"], run: leave },
    delete: { named: "needed", options: [], run: remove },
  },
};

/** `parlance user ACTION [USER]`. */
export function runUser(shell: Shell, input: CommandInput): Promise<number> {
  return runTenantCommand(command, shell, input);
}

async function create({ transport, name, input, json }: ActionInput): Promise<string> {
  const { user } = await createClient(UserService, transport).createUser({
    user: { ...settingsOf(input), name, organization: textOption(input, "organization") ?? "" },
  });
  return printOne(user, json);
}

async function list({ transport, input, json }: ActionInput): Promise<string> {
  const client = createClient(UserService, transport);
  const organization = textOption(input, "organization") ?? "";
  const team = textOption(input, "team") ?? "";
  const users = await readAll(client.listUsers, "users", { organization, team });
  return json ? printJson(users.map((user) => toJson(UserSchema, user))) : printUsers(users);
}

async function show({ transport, name: id, json }: ActionInput): Promise<string> {
  return printOne((await createClient(UserService, transport).getUser({ id })).user, json);
}

async function join({ transport, name: user, input, json }: ActionInput): Promise<string> {
  const team = teamOf(input);
  const role = roleOption(input) ?? Role.MEMBER;
  await createClient(TeamService, transport).setTeamMember({ team, user, role });
  return json ? printJson({ team, user, role: Role[role] }) : `${user} is in the team ${team}\n`;
}

async function leave({ transport, name: user, input, json }: ActionInput): Promise<string> {
  const team = teamOf(input);
  await createClient(TeamService, transport).removeTeamMember({ team, user });
  return json ? printJson({}) : `${user} is no longer in the team ${team}\n`;
}

async function remove({ transport, name: id, json }: ActionInput): Promise<string> {
  await createClient(UserService, transport).deleteUser({ id });
  return json ? printJson({}) : `${id} is deleted\n`;
}

function teamOf(input: CommandInput): string {
  const team = textOption(input, "team");
  if (team === undefined) throw new OptionMistake("join and leave need --team");
  return team;
}

function settingsOf(input: CommandInput): MessageInitShape<typeof UserSchema> {
  const set = {
    models: namesOption(input, "models"),
    budgets: budgetsOption(input),
    budgetIds: namesOption(input, "budget-ids"),
    limits: limitsOption(input),
    email: textOption(input, "email"),
    role: roleOption(input),
  };
  return Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
}

function roleOption(input: CommandInput): Role | undefined {
  const text = textOption(input, "role");
  if (text === undefined) return undefined;
  const role: unknown = Reflect.get(Role, text.replaceAll("-", "_").toUpperCase());
  if (typeof role === "number" && role !== Role.UNSPECIFIED) return role;
  throw new OptionMistake(
    "--role must be admin, organization-admin, team-admin, member, viewer or content-reader",
  );
}

function printOne(user: User | undefined, json: boolean): string {
  if (user === undefined) return "";
  return json ? printJson(toJson(UserSchema, user)) : printUsers([user]);
}

function printUsers(users: readonly User[]): string {
  return printTable(
    ["ID", "NAME", "ORGANIZATION", "ROLE", "MODELS", "LIMITS", "BUDGETS"],
    users.map((user) => [
      user.id,
      user.name,
      user.organization,
      user.role === Role.UNSPECIFIED ? "" : Role[user.role],
      user.models.length === 0 ? "all" : user.models.join(" "),
      printLimits(user.limits),
      printBudgets(user),
    ]),
  );
}
