import type { Command, OptionRow } from "../command.ts";
import { gatewayOptions } from "../running/gateway-options.ts";

/** What keys and teams may be made with. */
const tenantOptions = {
  ...gatewayOptions,
  json: { type: "boolean", description: "print JSON, for programs" },
  models: { type: "string", value: "NAMES", description: "models that it may use; default: all" },
  budget: {
    type: "string",
    value: "BUDGETS",
    description: "what it may spend in US dollars, such as 20/month or 5/day,100/total",
  },
  "budget-ids": {
    type: "string",
    value: "BUDGETS",
    description: "budgets of `parlance budget` that hold for it, by id or name",
  },
  rpm: { type: "string", value: "COUNT", description: "calls a minute" },
  rpd: { type: "string", value: "COUNT", description: "calls a day" },
  tpm: { type: "string", value: "COUNT", description: "tokens a minute" },
  "input-tpm": { type: "string", value: "COUNT", description: "tokens of prompts a minute" },
  "output-tpm": { type: "string", value: "COUNT", description: "tokens of answers a minute" },
  concurrent: { type: "string", value: "COUNT", description: "calls at the same time" },
  tags: { type: "string", value: "TAGS", description: "tags of its calls" },
  organization: { type: "string", value: "ORGANIZATION", description: "its organization" },
} as const satisfies Readonly<Record<string, OptionRow>>;

const { models: _, tags: __, "budget-ids": ___, ...budgetOptions } = tenantOptions;

/** The commands of keys, teams, users and budgets. */
export const tenantCommands: readonly Command[] = [
  {
    name: "key",
    summary: "make, list and change keys of a running gateway",
    positionals: ["ACTION", "KEY"],
    optional: 1,
    options: {
      ...tenantOptions,
      team: { type: "string", value: "TEAM", description: "its team" },
      user: { type: "string", value: "USER", description: "who owns it, by id" },
      kind: {
        type: "string",
        value: "KIND",
        description: "inference, admin, read-only or content-reader; default: inference",
      },
      targets: { type: "string", value: "TARGETS", description: "targets that it may go to" },
      providers: { type: "string", value: "NAMES", description: "providers that it may go to" },
      operations: { type: "string", value: "NAMES", description: "operations: chat, embed, ..." },
      signing: { type: "boolean", description: "for create: AWS's SDKs may sign with it" },
      expires: { type: "string", value: "TIME", description: "when it ends, such as 90d or 12h" },
      grace: {
        type: "string",
        value: "TIME",
        description: "for rotate: how long the old value is good too; default: no longer",
      },
    },
    details: `Actions:
  create [ALIAS]  prints the value of the key, this once
  list            the keys; --team, --organization and --user narrow it
  show KEY        one key
  update KEY      changes what the options say
  rotate KEY      gives it another value, and prints it this once
  block KEY       has it refused until it is unblocked
  unblock KEY     has it taken again
  delete KEY      for good

KEY is an id or an alias; several names of an option have commas between. Try: parlance key
create --team support --budget 20/month --models fast`,
    run: async (shell, input) => (await import("./key-command.ts")).runKey(shell, input),
  },
  {
    name: "team",
    summary: "make, list and change teams of a running gateway",
    positionals: ["ACTION", "TEAM"],
    optional: 1,
    options: tenantOptions,
    details: `Actions:
  create TEAM   a team of this name
  list          the teams; --organization narrows it
  show TEAM     one team
  update TEAM   changes what the options say
  block TEAM    has the calls of its keys refused until it is unblocked
  unblock TEAM  has them taken again
  delete TEAM   for good

TEAM is an id or a name. Try: parlance team create support --budget 500/month`,
    run: async (shell, input) => (await import("./team-command.ts")).runTeam(shell, input),
  },
  {
    name: "user",
    summary: "make, list and delete users of a running gateway",
    positionals: ["ACTION", "USER"],
    optional: 1,
    options: {
      ...tenantOptions,
      team: { type: "string", value: "TEAM", description: "the team" },
      email: { type: "string", value: "ADDRESS", description: "its e-mail address" },
      role: {
        type: "string",
        value: "ROLE",
        description:
          "admin, organization-admin, viewer or content-reader; in a team team-admin, member, viewer or content-reader",
      },
    },
    details: `Actions:
  create USER   a user of this name
  list          the users; --organization and --team narrow it
  show USER     one user
  join USER     puts it in a team: --team, and --role, which is member by default
  leave USER    takes it out of a team
  delete USER   for good

USER is an id or a name. Try: parlance user create ann --email ann@example.com`,
    run: async (shell, input) => (await import("./user-command.ts")).runUser(shell, input),
  },
  {
    name: "budget",
    summary: "make, list, reset and increase budgets of a running gateway",
    positionals: ["ACTION", "BUDGET"],
    optional: 1,
    options: {
      ...budgetOptions,
      usd: { type: "string", value: "USD", description: "for increase: US dollars that are added" },
      until: {
        type: "string",
        value: "TIME",
        description: "for increase: when it ends, such as 2026-12-31 or 2026-12-31T08:00:00Z",
      },
      since: { type: "string", value: "TIME", description: "for increase: when it begins" },
    },
    details: `Actions:
  create BUDGET    a budget of this name, which keys, teams and users point to by --budget-ids
  list             the budgets; --organization narrows it
  show BUDGET      one budget, and what is spent of it by each that points to it
  spent            what is spent of all budgets
  update BUDGET    changes what the options say, for all that point to it
  reset BUDGET     has it count from now on
  increase BUDGET  adds --usd until --until
  delete BUDGET    for good; not while somebody points to it

BUDGET is an id or a name. Try: parlance budget create trial --budget 5/month --rpm 60`,
    run: async (shell, input) => (await import("./budget-command.ts")).runBudget(shell, input),
  },
];
