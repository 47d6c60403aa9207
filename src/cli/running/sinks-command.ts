import { createClient } from "@connectrpc/connect";
import { SinkService } from "../../../gen/parlance/admin/v1/sink_service_pb.js";
import { describeFailure } from "../chat-client.ts";
import type { CommandInput } from "../command.ts";
import type { Shell } from "../shell.ts";
import { reachGateway } from "./running-gateway.ts";

/** The exit code for a command line that cannot be understood. */
const usageExitCode = 2;

/** `parlance sinks test [NAME]`. Exits with 1 where a sink did not take what it was sent. */
export async function runSinks(shell: Shell, input: CommandInput): Promise<number> {
  const [action = "", name = ""] = input.positionals;
  if (action !== "test") {
    shell.stderr.write(
      `parlance sinks: unknown action ${action}: use test\nRun: parlance sinks --help\n`,
    );
    return usageExitCode;
  }
  try {
    const transport = await reachGateway(shell, input);
    const { tests } = await createClient(SinkService, transport).testSinks({ name });
    if (tests.length === 0) shell.stdout.write("no sink is configured\n");
    for (const { name: sink, failure } of tests)
      shell.stdout.write(failure === "" ? `${sink}: sent\n` : `${sink}: failed: ${failure}\n`);
    return tests.every(({ failure }) => failure === "") ? 0 : 1;
  } catch (error) {
    shell.stderr.write(`parlance sinks: ${describeFailure(error)}\n`);
    return 1;
  }
}
