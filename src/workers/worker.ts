import { enableCompileCache } from "node:module";
import { workerData } from "node:worker_threads";

// The program of a thread that serves calls; see supervisor.ts, which starts and ends it. As in
// main.ts, the cache of compiled modules must precede the import of the rest: without it a thread
// takes several times as long to start.
enableCompileCache();
const { runWorker } = await import("./run-worker.ts");
await runWorker(workerData, process, (listener) => {
  process.on("unhandledRejection", listener);
});
