import type { Command, OptionRow } from "./command.ts";

const config: OptionRow = {
  type: "string",
  value: "FILE",
  description:
    "the config file; default: $PARLANCE_CONFIG, else ./parlance.yaml, else the environment alone",
};

/** How a command finds a running gateway, as its operator. */
const gatewayOptions = {
  url: {
    type: "string",
    value: "URL",
    description: "where the gateway listens; default: http://127.0.0.1:4000",
  },
  key: {
    type: "string",
    value: "KEY",
    description: "the admin key; default: $PARLANCE_KEY",
  },
} as const;

/** Every command, in the order in which they are listed to people. */
export const commands: readonly Command[] = [
  {
    name: "serve",
    summary: "start the gateway",
    positionals: [],
    options: {
      config,
      host: {
        type: "string",
        value: "HOST",
        description: "listen here; default: $PARLANCE_HOST, the file, 127.0.0.1",
      },
      port: {
        type: "string",
        value: "PORT",
        description:
          "listen on this port, 0 for any free one; default: $PARLANCE_PORT, the file, 4000",
      },
      log: {
        type: "string",
        value: "FORMAT",
        description:
          "json, text or none: one line on standard output for each call; default: text on a terminal, else json",
      },
    },
    details: `Options beat the environment, which beats the file. Without a config file every vendor
whose credential is in the environment is a provider, beside the built-in simulator
\`sim\`, which needs no key.

SIGHUP reads the config file again; a file that cannot be used, is empty, or has lost
the admin key, all keys or all providers changes nothing. SIGTERM and SIGINT let running
calls finish within the drain grace and exit; a second one exits at once.`,
    run: async (shell, input) => (await import("./serve/serve-command.ts")).runServe(shell, input),
  },
  {
    name: "check",
    summary: "check a config file",
    positionals: ["FILE"],
    options: {},
    details: `Prints every mistake as file:line:column: what is wrong (what to do), and exits with 1
if there is one. Credentials are looked up as a start would, so run it where the gateway
is to run.`,
    run: async (shell, input) => (await import("./check-command.ts")).runCheck(shell, input),
  },
  {
    name: "models",
    summary: "list the models and where they are served",
    positionals: [],
    options: { config },
    details:
      "A name such as local/* stands for any model of the provider `local`, called as local/NAME.",
    run: async (shell, input) => (await import("./models-command.ts")).runModels(shell, input),
  },
  {
    name: "chat",
    summary: "send a message to a model; the answer streams to the terminal",
    positionals: ["MODEL", "TEXT"],
    options: {
      config,
      system: { type: "string", value: "TEXT", description: "a system message" },
      url: {
        type: "string",
        value: "URL",
        description: "call a running gateway instead of one in this process",
      },
      key: {
        type: "string",
        value: "KEY",
        description: "the key to present; default: $PARLANCE_KEY",
      },
    },
    details: `TEXT is what to ask; with - it is read from standard input. Try: parlance chat sim/echo
"Hello"`,
    run: async (shell, input) => (await import("./chat-command.ts")).runChat(shell, input),
  },
  {
    name: "explain",
    summary: "show which targets a call would try, in order, and why; calls none",
    positionals: ["MODEL", "TEXT"],
    options: {
      config,
      system: { type: "string", value: "TEXT", description: "a system message" },
      url: {
        type: "string",
        value: "URL",
        description: "ask a running gateway, whose circuits count, instead of one in this process",
      },
      key: {
        type: "string",
        value: "KEY",
        description: "the key to present; default: $PARLANCE_KEY",
      },
    },
    details: `Targets that would be passed over stand last, with a dash. Try: parlance explain fast
"Hello"`,
    run: async (shell, input) => (await import("./explain-command.ts")).runExplain(shell, input),
  },
  {
    name: "experiment",
    summary: "show or decide experiments of a running gateway",
    positionals: ["ACTION", "NAME", "ARM"],
    optional: 2,
    options: {
      ...gatewayOptions,
    },
    details: `Actions:
  list               the experiments
  show NAME          the results of each arm; intervals are of 95 percent
  promote NAME ARM   gives every unit this arm
  stop NAME          gives every unit the first arm
  resume NAME        has the shares of the arms hold again
  shadows            what became of copies of calls to other models

A decision holds until the gateway ends or the experiment changes in the config.`,
    run: async (shell, input) =>
      (await import("./experiment-command.ts")).runExperiment(shell, input),
  },
  {
    name: "target",
    summary: "take targets of a running gateway out of service and back",
    positionals: ["ACTION", "TARGET"],
    optional: 1,
    options: {
      ...gatewayOptions,
      model: {
        type: "string",
        value: "MODEL",
        description: "for calls of this model alone; default: of every model",
      },
      for: {
        type: "string",
        value: "TIME",
        description: "for how long, such as 90s, 30m or 2h; default: until it is enabled",
      },
      reason: { type: "string", value: "TEXT", description: "why, for whoever looks later" },
    },
    details: `Actions:
  list             the targets: how they do, circuits, and what operators have set
  drain TARGET     no new calls; those under way finish
  disable TARGET   the same, and no health checks
  enable TARGET    takes drain and disable back
  close TARGET     closes the circuit, so that it is called at once

TARGET is provider/model as in the config, or provider/* for all of a provider. It holds for
all threads, over reloads, and for all gateways that share a Redis.`,
    run: async (shell, input) => (await import("./target-command.ts")).runTarget(shell, input),
  },
  {
    name: "cache",
    summary: "give up stored answers of a running gateway",
    positionals: ["ACTION"],
    options: {
      model: { type: "string", value: "MODEL", description: "those of a model" },
      "of-key": { type: "string", value: "NAME", description: "those that a key's calls brought" },
      team: { type: "string", value: "TEAM", description: "those that a team's calls brought" },
      entry: {
        type: "string",
        value: "KEY",
        description: "one answer, by what x-parlance-cache-key says",
      },
      url: {
        type: "string",
        value: "URL",
        description: "where the gateway listens; default: http://127.0.0.1:4000",
      },
      key: {
        type: "string",
        value: "KEY",
        description: "the admin key to present; default: $PARLANCE_KEY",
      },
    },
    details: `The only action is purge. Of several choices all must fit; without one all stored
answers are given up. Try: parlance cache purge --model fast`,
    run: async (shell, input) => (await import("./cache-command.ts")).runCache(shell, input),
  },
  {
    name: "key",
    summary: "make, list, rotate, block or delete keys of a running gateway",
    positionals: ["ACTION", "NAME"],
    optional: 1,
    options: {
      ...gatewayOptions,
      organization: {
        type: "string",
        value: "NAME",
        description: "the organization, by id or name",
      },
      models: {
        type: "string",
        value: "LIST",
        description: "the models that may be used, with commas between; default: all",
      },
      budget: {
        type: "string",
        value: "USD/WINDOW",
        description: "such as 20/month; hour, day, week, month or total",
      },
      json: { type: "boolean", description: "JSON for scripts, in place of a table" },
      team: { type: "string", value: "NAME", description: "the team, by id or name" },
      user: { type: "string", value: "ID", description: "the user who owns it" },
      alias: { type: "string", value: "TEXT", description: "what people call it; default: NAME" },
      kind: {
        type: "string",
        value: "KIND",
        description: "inference, admin or read-only; default: inference",
      },
      grace: {
        type: "string",
        value: "TIME",
        description: "how long the value before a rotation is good too, such as 24h",
      },
    },
    details: `Actions:
  create [NAME]   makes a key, and shows its value this once
  list            the keys, those of the config file first
  rotate NAME     gives it another value
  block NAME      has it refused; unblock NAME takes it again
  delete NAME     deletes it

NAME is an id, or an alias that one key alone has. Try:
parlance key create web --team support --budget 20/month --models fast`,
    run: async (shell, input) => (await import("./tenant-command.ts")).runKey(shell, input),
  },
  {
    name: "team",
    summary: "make, list or delete teams of a running gateway, and their members",
    positionals: ["ACTION", "NAME"],
    optional: 1,
    options: {
      ...gatewayOptions,
      organization: {
        type: "string",
        value: "NAME",
        description: "the organization, by id or name",
      },
      models: {
        type: "string",
        value: "LIST",
        description: "the models that may be used, with commas between; default: all",
      },
      budget: {
        type: "string",
        value: "USD/WINDOW",
        description: "such as 20/month; hour, day, week, month or total",
      },
      json: { type: "boolean", description: "JSON for scripts, in place of a table" },
      user: { type: "string", value: "ID", description: "the user who is added or removed" },
      role: {
        type: "string",
        value: "ROLE",
        description: "team-admin, member or viewer; default: member",
      },
    },
    details: `Actions:
  create NAME          makes a team
  list                 the teams, those of the config file first
  add NAME --user U    puts a user in it; remove NAME --user U takes it out
  delete NAME          deletes a team that has no keys`,
    run: async (shell, input) => (await import("./tenant-command.ts")).runTeam(shell, input),
  },
  {
    name: "user",
    summary: "make, list or delete users of a running gateway",
    positionals: ["ACTION", "NAME"],
    optional: 1,
    options: {
      ...gatewayOptions,
      organization: {
        type: "string",
        value: "NAME",
        description: "the organization, by id or name",
      },
      models: {
        type: "string",
        value: "LIST",
        description: "the models that may be used, with commas between; default: all",
      },
      budget: {
        type: "string",
        value: "USD/WINDOW",
        description: "such as 20/month; hour, day, week, month or total",
      },
      json: { type: "boolean", description: "JSON for scripts, in place of a table" },
      team: { type: "string", value: "NAME", description: "members of this team" },
      email: { type: "string", value: "ADDRESS", description: "its e-mail address" },
      role: {
        type: "string",
        value: "ROLE",
        description: "admin, organization-admin or viewer; default: none",
      },
    },
    details: `Actions:
  create NAME   makes a user
  list          the users
  delete NAME   deletes a user that has no keys`,
    run: async (shell, input) => (await import("./tenant-command.ts")).runUser(shell, input),
  },
  {
    name: "providers",
    summary: "list the known vendors",
    positionals: [],
    options: {},
    details: `The first column is the \`kind\` of a provider in the config. Facts that are not
proven by a vendor's own page are named in the last column.`,
    run: async (shell) => (await import("./providers-command.ts")).runProviders(shell),
  },
];
