import type { Command } from "../command.ts";
import { gatewayOptions } from "../running/gateway-options.ts";

/** `parlance privacy`, as data. */
export const privacyRow: Command = {
  name: "privacy",
  summary: "erase or give out what is known of a person, and rotate the master key",
  positionals: ["ACTION", "FILE"],
  optional: 1,
  options: {
    ...gatewayOptions,
    user: { type: "string", value: "ID", description: "a user of the directory" },
    "end-user": {
      type: "string",
      value: "NAME",
      description: "an end user, by the name that calls have for it",
    },
    organization: {
      type: "string",
      value: "NAME",
      description: "of an end user: only its calls of an organization",
    },
    team: {
      type: "string",
      value: "NAME",
      description: "of an end user: only its calls of a team",
    },
    "dry-run": { type: "boolean", description: "of erase: only say what would be done" },
    "idempotency-key": {
      type: "string",
      value: "KEY",
      description: "of erase: the same key gives the same receipt",
    },
    config: {
      type: "string",
      value: "FILE",
      description: "of reapply and rotate: the config whose database it is",
    },
  },
  details: `Actions:
  erase         erase a person; prints the receipt
  export        print what is known of a person, a record of JSON a line
  receipts      print all receipts, one a line: keep them apart from the database
  reapply FILE  after the database was restored from a copy, with the gateways stopped: erase
                again by the receipts of FILE
  rotate        wrap the keys of all stored content by privacy.master_key of the config. Content
                itself is not touched, and gateways may run. Ten minutes after all of them have the
                new master key run it once more: then previous_master_keys can be left out

erase exits with 3 where the erasure is still under way; receipts has it once all is done.`,
  run: async (shell, input) => (await import("./privacy-command.ts")).runPrivacy(shell, input),
};
