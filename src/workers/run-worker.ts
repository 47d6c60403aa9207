import { parentPort } from "node:worker_threads";
import { warmUp } from "../composition/warm-up.ts";
import type { World } from "../composition/world.ts";
import type { Prepared } from "../configured-gateway.ts";
import { callPrinter } from "../logging/call-line.ts";
import { createLogWriter, type LogWriter } from "../logging/log-writer.ts";
import { printNotice } from "../logging/notice-line.ts";
import type { HostProcess } from "../observe/metrics/read-process.ts";
import { type RunningGateway, startGateway } from "../serve.ts";
import { createSharedState } from "../state/shared-state.ts";
import type { ConfigInput, FromWorker, PlainError, ToWorker, WorkerStart } from "./messages.ts";
import { type FileReplay, replayFiles } from "./recorded-files.ts";

/**
 * Serves calls as one of the workers, until its thread is ended. `onStrayRejection` hands over the
 * rejections that nothing handles.
 */
export async function runWorker(
  start: WorkerStart,
  host: HostProcess,
  onStrayRejection: (listener: (reason: unknown) => void) => void,
): Promise<void> {
  const worker = new ServingWorker(start, host);
  parentPort?.on("message", (message: ToWorker) => void worker.take(message));
  // A bug that one call meets must not end the others.
  onStrayRejection(reportBug);
  await worker.serve();
}

/** A gateway that does what the supervisor says. */
class ServingWorker {
  readonly #start: WorkerStart;
  readonly #process: HostProcess;
  readonly #files: FileReplay;
  readonly #listenAt = Promise.withResolvers<number>();
  readonly #log: LogWriter;
  #ready = false;
  #gateway: RunningGateway | undefined;
  #prepared: Prepared | undefined;

  constructor(start: WorkerStart, host: HostProcess) {
    this.#start = start;
    this.#process = host;
    this.#files = replayFiles(start.config.files);
    this.#log = createLogWriter({
      async write(text) {
        send({ kind: "lines", text });
        return { bytes: Buffer.byteLength(text) };
      },
      printDropped: (count) =>
        start.log === "json" ? JSON.stringify({ dropped: count }) : `dropped ${count}`,
    });
  }

  /** Starts the gateway, and listens when it may. */
  async serve(): Promise<void> {
    const { config, env, host, port, loadedAtMs, storePort, index, metrics } = this.#start;
    const [own] = metrics.slice(index, index + 1);
    try {
      const gateway = await startGateway({
        config: config.source,
        env,
        host,
        port,
        readText: this.#files.readText,
        loadedAtMs,
        storePort,
        ...(storePort && { stored: config.stored }),
        ...(own && { metricMemory: { own, others: metrics.toSpliced(index, 1) } }),
        whole: {
          servesMetrics: index === 0,
          isReady: () => this.#ready,
          listenAt: () => this.#askPort(),
        },
        world: this.#world(),
      });
      this.#files.stop();
      this.#gateway = gateway;
      send({ kind: "listening", url: gateway.url, port: gateway.port });
      warmUp(gateway.engine.check);
    } catch (error) {
      send({ kind: "failed", error: plainError(error) });
    }
  }

  /** Does what the supervisor says, and answers. */
  async take(message: ToWorker): Promise<void> {
    switch (message.kind) {
      case "listen":
        return this.#listenAt.resolve(message.port);
      case "ready":
        this.#ready = message.ready;
        return this.#gateway?.readyChanged();
      case "count":
        return send({ kind: "counted", active: this.#gateway?.active() ?? 0 });
      case "ping":
        return send({ kind: "pong" });
      case "refuse":
        this.#gateway?.refuseReload(message.refused.violations, message.refused.atMs);
        return send({ kind: "refused" });
      case "prepare":
        return this.#prepare(message.config);
      case "commit":
        if (this.#prepared?.ok === true) this.#prepared.commit(message.atMs);
        this.#prepared = undefined;
        return send({ kind: "committed" });
      case "discard":
        this.#prepared = undefined;
        return;
      case "drain":
        await this.#gateway?.drain(message);
        await this.#log.flush();
        return send({ kind: "drained" });
    }
  }

  #world(): Partial<World> {
    const { state, index, log } = this.#start;
    const shared = {
      state: createSharedState(state, index),
      onBug: reportBug,
      process: this.#process,
      instanceId: this.#start.instanceId,
    };
    if (log === "none") return shared;
    const print = callPrinter(log);
    return {
      ...shared,
      notice: (said) => {
        const nowMs = Date.now();
        this.#log.push(() => printNotice(log, said, nowMs));
      },
      record: (record) => {
        const endedMs = Date.now();
        this.#log.push(() => print(record, endedMs));
      },
    };
  }

  #askPort(): Promise<number> {
    send({ kind: "loaded" });
    return this.#listenAt.promise;
  }

  async #prepare(config: ConfigInput): Promise<void> {
    if (this.#gateway === undefined) return;
    this.#files.replay(config.files);
    let prepared: Prepared;
    try {
      prepared = await this.#gateway.prepare(config.source, config.stored);
    } catch (error) {
      const message = `worker ${this.#start.index} cannot take it: ${plainError(error).message}`;
      const violation = { path: "", line: 1, column: 1, message, hint: "", ruleId: "worker" };
      prepared = { ok: false, violations: [violation] };
    }
    this.#files.stop();
    this.#prepared = prepared;
    send({
      kind: "prepared",
      hash: prepared.ok ? prepared.settings.hash : "",
      violations: prepared.ok ? [] : prepared.violations,
    });
  }
}

function reportBug(error: unknown): void {
  send({
    kind: "bug",
    text: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
}

function plainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message } = error;
  const { code, syscall, address, port }: Partial<PlainError> = { ...error };
  return {
    message,
    ...(code === undefined ? {} : { code }),
    ...(syscall === undefined ? {} : { syscall }),
    ...(address === undefined ? {} : { address }),
    ...(port === undefined ? {} : { port }),
  };
}

function send(message: FromWorker): void {
  parentPort?.postMessage(message);
}
