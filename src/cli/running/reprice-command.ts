import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { RepriceCallsResponse } from "../../../gen/parlance/admin/v1/usage_repricing_pb.js";
import { describeFailure } from "../chat-client.ts";
import type { CommandInput } from "../command.ts";
import type { Shell } from "../shell.ts";
import { spanOf, usageClient } from "./usage-actions.ts";

/** `parlance store reprice`: has a running gateway price its calls anew. */
export async function runReprice(shell: Shell, input: CommandInput): Promise<number> {
  const span = input.values.since === undefined ? "say since when: --since 30d" : spanOf(input, "");
  if (typeof span === "string") {
    shell.stderr.write(`parlance store: ${span}\nRun: parlance store --help\n`);
    return 2;
  }
  const dryRun = input.values["dry-run"] === true;
  try {
    const client = await usageClient(shell, input);
    const request = {
      startTime: timestampFromMs(span.fromMs),
      endTime: timestampFromMs(span.toMs),
      dryRun,
    };
    let last: RepriceCallsResponse | undefined;
    for await (const progress of client.repriceCalls(request)) {
      last = progress;
      if (shell.stderr.isTerminal) shell.stderr.write(`\r${progress.calls} calls`);
    }
    if (shell.stderr.isTerminal) shell.stderr.write("\n");
    shell.stdout.write(last === undefined ? "there are no calls\n" : summaryOf(last, dryRun));
    return 0;
  } catch (error) {
    shell.stderr.write(`parlance store: ${describeFailure(error)}\n`);
    return 1;
  }
}

function summaryOf(done: RepriceCallsResponse, dryRun: boolean): string {
  const { calls, changedCalls, unknownCalls, beforeUsd, afterUsd } = done;
  const verb = dryRun ? "would change" : "changed";
  const unpriced = `unpriced ${done.unpricedBefore} before, ${done.unpricedAfter} after`;
  const unknown =
    unknownCalls === 0n ? "" : `, left ${unknownCalls} whose targets are configured no more`;
  return `${calls} calls: ${verb} ${changedCalls} from ${beforeUsd} to ${afterUsd} USD (${unpriced})${unknown}\n`;
}
