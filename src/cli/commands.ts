import type { Command, OptionRow } from "./command.ts";
import { guardRow } from "./guards/guard-row.ts";
import { liveCommands } from "./live/live-commands.ts";
import { contentRow } from "./privacy/content-row.ts";
import { privacyRow } from "./privacy/privacy-row.ts";
import { gatewayOptions } from "./running/gateway-options.ts";
import { healthRow } from "./running/health-row.ts";
import { logLevelRow } from "./running/log-level-row.ts";
import { usageRow } from "./running/usage-row.ts";
import { signInCommands } from "./sign-in/sign-in-commands.ts";
import { tenantCommands } from "./tenants/tenant-commands.ts";

const config: OptionRow = {
  type: "string",
  value: "FILE",
  description:
    "the config file; default: $PARLANCE_CONFIG, else ./parlance.yaml, else the environment alone",
};

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
          "json, pretty or none: a line on standard output for each call; default: the file, else pretty on a terminal and json elsewhere",
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
    name: "import",
    summary: "take over a config or a database of another gateway",
    positionals: ["SOURCE", "FILE"],
    options: {
      out: {
        type: "string",
        value: "FILE",
        description: "write there, to a file that does not exist yet; default: standard output",
      },
      all: { type: "boolean", description: "list every key, also those that are honoured" },
      config,
      "dry-run": { type: "boolean", description: "of a database: say what would be done" },
      "with-spend-logs": { type: "boolean", description: "of a database: also each logged call" },
    },
    details: `SOURCE is litellm-db, FILE the address of LiteLLM's PostgreSQL database: its keys, which
stay valid, teams, users, organizations, budgets and spending go into the store of the config.
What is there already stays as it is, so that it may be run again. Stop the gateway for it.

SOURCE is litellm, FILE its config.yaml. What became of its keys is a table on
standard error: those that are not honoured, or not quite as LiteLLM does, and all with --all.
Exits with 0 if all are, with 3 if some are not, with 1 if the file cannot be used.

serve, check and the other commands read LiteLLM's files as they are, too.`,
    run: async (shell, input) => (await import("./import-command.ts")).runImport(shell, input),
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
  guardRow,
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
      (await import("./running/experiment-command.ts")).runExperiment(shell, input),
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
    run: async (shell, input) =>
      (await import("./running/target-command.ts")).runTarget(shell, input),
  },
  logLevelRow,
  usageRow,
  healthRow,
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
        description:
          "where the gateway listens; default: $PARLANCE_URL, else http://127.0.0.1:4000",
      },
      key: {
        type: "string",
        value: "KEY",
        description: "the admin key to present; default: $PARLANCE_KEY",
      },
    },
    details: `The only action is purge. Of several choices all must fit; without one all stored
answers are given up. Try: parlance cache purge --model fast`,
    run: async (shell, input) =>
      (await import("./running/cache-command.ts")).runCache(shell, input),
  },
  {
    name: "sinks",
    summary: "test the sinks of a running gateway",
    positionals: ["ACTION", "NAME"],
    optional: 1,
    options: { ...gatewayOptions },
    details: `The only action is test: it sends a made-up record, or alert, to the sink of this
name, or to all, and says of each whether it has it. Exits with 1 where one has not.`,
    run: async (shell, input) =>
      (await import("./running/sinks-command.ts")).runSinks(shell, input),
  },
  contentRow,
  privacyRow,
  ...tenantCommands,
  ...liveCommands,
  ...signInCommands,
  {
    name: "store",
    summary: "look after the database of the config",
    positionals: ["ACTION", "FILE"],
    optional: 1,
    options: {
      config,
      ...gatewayOptions,
      since: {
        type: "string",
        value: "TIME",
        description: "of reprice, such as 30d or 2026-11-01",
      },
      until: { type: "string", value: "TIME", description: "the same; default: now" },
      "dry-run": { type: "boolean", description: "of reprice: only say what would change" },
    },
    details: `Actions:
  migrate      bring the schema to the newest; a start does it too
  status       the schema, and how much there is
  export FILE  write everything to a file, one row a line
  import FILE  read such a file into an empty store; run it again to go on after a break
  reprice      have a running gateway price its calls anew, at what held when they ended; what
               they cost before is kept

To move from SQLite to PostgreSQL: stop the gateway, export with the old config, import with
the new one.`,
    run: async (shell, input) => (await import("./store-command.ts")).runStore(shell, input),
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
