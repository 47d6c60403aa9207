import type { Command } from "../command.ts";
import { gatewayOptions } from "../running/gateway-options.ts";

/** `parlance content`, as data. */
export const contentRow: Command = {
  name: "content",
  summary: "show what was said in a call, where that is stored",
  positionals: ["CALL"],
  options: {
    ...gatewayOptions,
    json: { type: "boolean", description: "print JSON, for programs" },
  },
  details: `Asks a running gateway for the stored content of a call by its id, with a key that
has the role CONTENT_READER: admins have it only where it was granted. Each read is in the
audit. Try: parlance key create reader --kind content-reader`,
  run: async (shell, input) => (await import("./content-command.ts")).runContent(shell, input),
};
