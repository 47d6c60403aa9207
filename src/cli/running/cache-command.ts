import { createClient } from "@connectrpc/connect";
import { CacheService } from "../../../gen/parlance/admin/v1/cache_service_pb.js";
import { describeFailure } from "../chat-client.ts";
import { type CommandInput, textOption } from "../command.ts";
import type { Shell } from "../shell.ts";
import { reachGateway } from "./running-gateway.ts";

/** Where a gateway listens unless something else is said. */
/** The exit code for a command line that cannot be understood. */
const usageExitCode = 2;

/** `parlance cache purge`. */
export async function runCache(shell: Shell, input: CommandInput): Promise<number> {
  const [action = ""] = input.positionals;
  if (action !== "purge") {
    shell.stderr.write(
      `parlance cache: unknown action ${action}: use purge\nRun: parlance cache --help\n`,
    );
    return usageExitCode;
  }
  try {
    shell.stdout.write(await purge(shell, input));
    return 0;
  } catch (error) {
    shell.stderr.write(`parlance cache: ${describeFailure(error)}\n`);
    return 1;
  }
}

/** Without a choice all answers are given up. */
async function purge(shell: Shell, input: CommandInput): Promise<string> {
  const transport = await reachGateway(shell, input);
  const chosen = {
    model: textOption(input, "model") ?? "",
    key: textOption(input, "of-key") ?? "",
    team: textOption(input, "team") ?? "",
    entry: textOption(input, "entry") ?? "",
  };
  const all = Object.values(chosen).every((text) => text === "");
  const { purged } = await createClient(CacheService, transport).purge({ ...chosen, all });
  return purged === 1n
    ? "1 stored answer was given up\n"
    : `${purged} stored answers were given up\n`;
}
