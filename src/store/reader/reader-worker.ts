import { enableCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { FromReader, ToReader } from "./reader-messages.ts";

// The program of the thread that reads much of a file of SQLite; see long-reads.ts, which starts
// and ends it. As in main.ts, the cache of compiled modules must precede the import of the rest.
enableCompileCache();
const { GatewayError } = await import("../../core/faults/gateway-error.ts");
const { openEngine } = await import("../engine/engine.ts");
const { runOperation } = await import("../operations.ts");

const path: string = workerData;
const engine = await openEngine({ kind: "sqlite", path }, () => undefined, { readOnly: true });

async function outcomeOf({ id, name, argument }: ToReader): Promise<FromReader> {
  try {
    return { kind: "value", id, value: await runOperation(engine, name, argument) };
  } catch (error) {
    if (error instanceof GatewayError) return { kind: "fault", id, fault: error.fault };
    const known = error instanceof Error ? error : new Error(String(error));
    const code = "errcode" in known ? Number(known.errcode) : undefined;
    return { kind: "error", id, error: known, errcode: code };
  }
}

parentPort?.on("message", (message: ToReader) => {
  void outcomeOf(message).then((outcome) => parentPort?.postMessage(outcome));
});
