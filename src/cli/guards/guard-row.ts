import type { Command, OptionRow } from "../command.ts";

const text = (value: string, description: string): OptionRow => ({
  type: "string",
  value,
  description,
});

/** The command that has guards look at a text. */
export const guardRow: Command = {
  name: "guard",
  summary: "have guards of the config look at a text; no model is called",
  positionals: ["ACTION", "NAME", "TEXT"],
  optional: 2,
  options: {
    config: text(
      "FILE",
      "the config file; default: $PARLANCE_CONFIG, else ./parlance.yaml, else the environment alone",
    ),
    stage: text("STAGE", "what the text is, such as OUTPUT; default: INPUT"),
    file: text("FILE", "look at this file in place of TEXT"),
    url: text("URL", "ask a running gateway instead of one in this process"),
    key: text("KEY", "the key to present; default: $PARLANCE_KEY"),
    json: { type: "boolean", description: "print JSON, for programs" },
  },
  details: `Actions:
  check NAME TEXT  what guards make of a text, and the text as they leave it
  list             the guards of the config

Several names have commas between. With - the text is read from standard input. Exits with 0
where the text may pass, also masked, and with 2 where a guard blocks it.
Try: parlance guard check pii "I am joe@example.com"`,
  run: async (shell, input) => (await import("./guard-command.ts")).runGuard(shell, input),
};
