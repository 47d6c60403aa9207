import type { Command } from "../command.ts";
import { gatewayOptions } from "./gateway-options.ts";

/** The command `log-level`. */
export const logLevelRow: Command = {
  name: "log-level",
  summary: "show or set the level of the log of a running gateway",
  positionals: ["LEVEL"],
  optional: 1,
  options: {
    ...gatewayOptions,
    for: {
      type: "string",
      value: "TIME",
      description: "for how long, such as 90s, 30m or 2h; default: until the next reload",
    },
  },
  details: `LEVEL is debug, info, warn, error or off; config has the level of the config hold again.
Without one the level in force is shown. It holds for all threads of one process.

Try: parlance log-level debug --for 10m`,
  run: async (shell, input) => (await import("./log-level-command.ts")).runLogLevel(shell, input),
};
