import type { Violation } from "../config/violation.ts";
import type { ConfigInput, ToWorker } from "./messages.ts";
import type { Thread } from "./thread.ts";

/** Has all workers prepare a config; gives why not, where one refuses or ends. */
export async function prepareAll(
  threads: readonly Thread[],
  config: ConfigInput,
  hash: string,
): Promise<readonly Violation[]> {
  const message: ToWorker = { kind: "prepare", config };
  const answers = await Promise.all(threads.map((thread) => thread.ask(message, "prepared")));
  for (const answer of answers) {
    if (answer === undefined) return [refusal("a worker ended while it prepared it")];
    if (answer.violations.length > 0) return answer.violations;
    if (answer.hash !== hash) return [refusal("a worker has read something else than the others")];
  }
  return [];
}

function refusal(message: string): Violation {
  const hint = "reload again";
  return { path: "", line: 1, column: 1, message, hint, ruleId: "worker" };
}
