import { enableCompileCache } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { FromStoreThread, StoreThreadStart, ToStoreThread } from "./messages.ts";

// The program of a store's thread; see store-thread.ts, which starts and ends it. As in main.ts,
// the cache of compiled modules must precede the import of the rest.
enableCompileCache();
const { MetricMemory } = await import("../../core/metrics/metric-memory.ts");
const { Metrics } = await import("../../core/metrics/metrics.ts");
const { startHost } = await import("./store-host.ts");
const { servePort } = await import("./serve-port.ts");

const start: StoreThreadStart = workerData;
const send = (message: FromStoreThread): void => parentPort?.postMessage(message);
const onBug = (error: unknown): void => {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  send({ kind: "notice", notice: { event: "store_bug", level: "error", message } });
};

try {
  const host = await startHost({
    ...start,
    metrics: new Metrics(new MetricMemory(start.metrics)),
    nowMs: () => Date.now(),
    notice: (notice) => send({ kind: "notice", notice }),
  });
  parentPort?.on("message", (message: ToStoreThread) => {
    if (message.kind === "attach") return servePort(message.port, host, onBug);
    if (message.kind === "url") return host.setUrl(message.url);
    void host.close(message.graceMs).then(() => send({ kind: "closed" }), onBug);
  });
  send({ kind: "ready" });
} catch (error) {
  const known = error instanceof Error ? error : new Error(String(error));
  const code = "code" in known ? `${String(known.code)} ` : "";
  send({ kind: "failed", message: known.message === "" ? code : known.message, name: known.name });
}
