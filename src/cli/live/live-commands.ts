import type { Command, OptionRow } from "../command.ts";
import { gatewayOptions } from "../running/gateway-options.ts";

const liveOptions = {
  ...gatewayOptions,
  json: { type: "boolean", description: "print JSON, for programs" },
} as const satisfies Readonly<Record<string, OptionRow>>;

const text = (value: string, description: string): OptionRow => ({
  type: "string",
  value,
  description,
});

/** The commands that change the configuration of a running gateway. */
export const liveCommands: readonly Command[] = [
  {
    name: "config",
    summary: "plan, apply and roll back the config of a running gateway",
    positionals: ["ACTION", "FILE"],
    optional: 1,
    options: {
      ...liveOptions,
      comment: text("TEXT", "why, for whoever looks later"),
      etag: text("ETAG", "the etag of the plan; default: that of what is in force now"),
    },
    details: `Actions:
  diff FILE         what it would add, change and remove, and what is wrong with it
  apply FILE        puts it in force in all gateways with the same store, as a new version
  versions          the versions in the store, the newest first
  rollback VERSION  puts a version in force again

apply and rollback need config_source: STORE in the config file of the gateway.`,
    run: async (shell, input) => (await import("./config-command.ts")).runConfig(shell, input),
  },
  {
    name: "model",
    summary: "make, list and delete models of a running gateway",
    positionals: ["ACTION", "MODEL"],
    optional: 1,
    options: {
      ...liveOptions,
      targets: text("TARGETS", "where it is served, such as sim/echo"),
      fallbacks: text("MODELS", "models that are tried after it"),
      description: text("TEXT", "what it is for"),
    },
    details: `Actions:
  create MODEL  a model of this name, with --targets
  list          the models, and who owns them
  show MODEL    one model, as JSON
  update MODEL  changes what the options say
  delete MODEL  for good

Several names of an option have commas between.
Try: parlance model create smart --targets sim/echo`,
    run: async (shell, input) => (await import("./model-command.ts")).runModel(shell, input),
  },
  {
    name: "provider",
    summary: "make, list and delete providers of a running gateway",
    positionals: ["ACTION", "PROVIDER"],
    optional: 1,
    options: {
      ...liveOptions,
      kind: text("KIND", "the vendor: see parlance providers"),
      "base-url": text("URL", "replaces the address of the vendor"),
      "api-key": text("KEY", "the credential; with - it is read from standard input"),
      "api-key-env": text("NAME", "the variable of the gateway's environment that holds it"),
    },
    details: `Actions:
  create PROVIDER  an account of this name, with --kind
  list             the providers, and who owns them
  show PROVIDER    one provider, as JSON, without its credentials
  update PROVIDER  changes what the options say
  delete PROVIDER  for good

Credentials are kept encrypted, for which the config of the gateway has store.encryption_key.`,
    run: async (shell, input) => (await import("./provider-command.ts")).runProvider(shell, input),
  },
  {
    name: "price",
    summary: "list and set prices of a running gateway",
    positionals: ["ACTION", "PRICE"],
    optional: 1,
    options: {
      ...liveOptions,
      target: text("TARGET", "provider/model, where one * stands for any text"),
      input: text("USD", "for a million tokens of prompts"),
      output: text("USD", "for a million tokens of answers"),
      discount: text("PERCENT", "what the vendor leaves"),
      uplift: text("PERCENT", "what a region costs more"),
      margin: text("PERCENT", "what is charged on top"),
      since: text("DAY", "from when on, such as 2026-12-01"),
      until: text("DAY", "until when"),
    },
    details: `Actions:
  list [MODEL]  what calls cost now, by target, with source and version
  overlays      what is set over list prices
  set PRICE     sets an overlay of this name: --target and what it says
  delete PRICE  for good

Try: parlance price set contract --target sim/* --discount 12 --since 2027-01-01`,
    run: async (shell, input) => (await import("./price-command.ts")).runPrice(shell, input),
  },
];
