import { type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { ObjectOrigin } from "../../../gen/parlance/admin/v1/origin_pb.js";
import { type Team, TeamSchema } from "../../../gen/parlance/admin/v1/team_pb.js";
import { TeamService } from "../../../gen/parlance/admin/v1/team_service_pb.js";
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
} from "./tenant-options.ts";

const settable = [...limitOptions, "models", "tags", "budget", "budget-ids"];

const command: TenantCommand = {
  name: "team",
  placeholder: "TEAM",
  actions: {
    create: { named: "needed", options: [...settable, "organization"], run: create },
    list: { named: "none", options: ["organization"], run: list },
    show: { named: "needed", options: [], run: show },
    update: { named: "needed", options: settable, run: update },
    block: { named: "needed", options: [], run: (action) => change(action, { blocked: true }) },
    unblock: { named: "needed", options: [], run: (action) => change(action, { blocked: false }) },
    delete: { named: "needed", options: [], run: remove },
  },
};

/** `parlance team ACTION [TEAM]`. */
export function runTeam(shell: Shell, input: CommandInput): Promise<number> {
  return runTenantCommand(command, shell, input);
}

async function create({ transport, name, input, json }: ActionInput): Promise<string> {
  const organization = textOption(input, "organization") ?? "";
  const { team } = await createClient(TeamService, transport).createTeam({
    team: { ...settingsOf(input), name, organization },
  });
  return printOne(team, json);
}

async function list({ transport, input, json }: ActionInput): Promise<string> {
  const client = createClient(TeamService, transport);
  const organization = textOption(input, "organization") ?? "";
  const teams = await readAll(client.listTeams, "teams", { organization });
  return json ? printJson(teams.map((team) => toJson(TeamSchema, team))) : printTeams(teams);
}

async function show({ transport, name: id, json }: ActionInput): Promise<string> {
  return printOne((await createClient(TeamService, transport).getTeam({ id })).team, json);
}

function update(action: ActionInput): Promise<string> {
  const settings = settingsOf(action.input);
  if (Object.keys(settings).length === 0)
    throw new OptionMistake("update needs what is to change, such as --models");
  return change(action, settings);
}

/** Changes what is set, in the state in which the team is now. */
async function change(
  { transport, name: id, json }: ActionInput,
  settings: MessageInitShape<typeof TeamSchema>,
): Promise<string> {
  const client = createClient(TeamService, transport);
  const { team } = await client.getTeam({ id });
  const updated = await client.updateTeam({
    team: { ...settings, id: team?.id ?? id, etag: team?.etag ?? "" },
    updateMask: { paths: Object.keys(settings).map(snakeCase) },
  });
  return printOne(updated.team, json);
}

async function remove({ transport, name: id, json }: ActionInput): Promise<string> {
  await createClient(TeamService, transport).deleteTeam({ id });
  return json ? printJson({}) : `${id} is deleted\n`;
}

/** What options set of a team; what is absent is left as it is. */
function settingsOf(input: CommandInput): MessageInitShape<typeof TeamSchema> {
  const set = {
    models: namesOption(input, "models"),
    tags: namesOption(input, "tags"),
    budgets: budgetsOption(input),
    budgetIds: namesOption(input, "budget-ids"),
    limits: limitsOption(input),
  };
  return Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
}

function printOne(team: Team | undefined, json: boolean): string {
  if (team === undefined) return "";
  return json ? printJson(toJson(TeamSchema, team)) : printTeams([team]);
}

function printTeams(teams: readonly Team[]): string {
  return printTable(
    ["ID", "NAME", "ORGANIZATION", "MODELS", "LIMITS", "BUDGETS", "STATE"],
    teams.map((team) => [
      team.id,
      team.name,
      team.organization,
      team.models.length === 0 ? "all" : team.models.join(" "),
      printLimits(team.limits),
      printBudgets(team),
      stateOf(team),
    ]),
  );
}

function stateOf({ blocked, origin }: Team): string {
  if (blocked) return "blocked";
  return origin === ObjectOrigin.FILE ? "in the config file" : "good";
}
