import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { VendorCounts, VendorMessage, VendorQuestion } from "./vendor-worker.ts";

/** Every simulated vendor, in a thread of its own. */
export interface Vendors {
  readonly origin: string;
  ask(question: VendorQuestion["ask"]): Promise<VendorCounts>;
  stop(): Promise<void>;
}

/** Starts them; `onProblem` hears of mistakes of their own. */
export async function startVendors(onProblem: (text: string) => void): Promise<Vendors> {
  const worker = new Worker(join(import.meta.dirname, "vendor-worker.ts"));
  const answers = new Map<number, (counts: VendorCounts) => void>();
  const listening = Promise.withResolvers<string>();
  let asked = 0;
  worker.on("message", (message: VendorMessage) => {
    if ("origin" in message) return listening.resolve(message.origin);
    if ("problem" in message) return onProblem(message.problem);
    answers.get(message.id)?.(message.counts);
    answers.delete(message.id);
  });
  worker.once("error", (error: Error) => {
    onProblem(error.stack ?? error.message);
    listening.reject(error);
  });
  const origin = await listening.promise;
  return {
    origin,
    ask: (ask) =>
      new Promise((resolve) => {
        asked += 1;
        answers.set(asked, resolve);
        worker.postMessage({ id: asked, ask } satisfies VendorQuestion);
      }),
    async stop() {
      const ended = once(worker, "exit");
      await worker.terminate();
      await ended;
    },
  };
}
