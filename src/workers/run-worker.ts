import { parentPort } from "node:worker_threads";
import { warmUp } from "../composition/warm-up.ts";
import type { World } from "../composition/world.ts";
import type { Prepared } from "../configured-gateway.ts";
import { createGatewayLog, type GatewayLog, type LogFormats } from "../logging/gateway-log.ts";
import type { HostProcess } from "../observe/metrics/read-process.ts";
import { type RunningGateway, startGateway } from "../serve.ts";
import { createSharedState } from "../state/shared-state.ts";
import type { State } from "../state/state.ts";
import type { ConfigInput, FromWorker, PlainError, ToWorker, WorkerStart } from "./messages.ts";
import { type FileReplay, replayFiles } from "./recorded-files.ts";
import { replaySecrets, type SecretReplay } from "./recorded-secrets.ts";

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
  readonly #secrets: SecretReplay;
  readonly #listenAt = Promise.withResolvers<number>();
  readonly #state: State;
  readonly #log: GatewayLog | undefined;
  #ready = false;
  #gateway: RunningGateway | undefined;
  #prepared: Prepared | undefined;

  constructor(start: WorkerStart, host: HostProcess) {
    this.#start = start;
    this.#process = host;
    this.#files = replayFiles(start.config.files);
    this.#secrets = replaySecrets(start.config.secrets);
    this.#state = createSharedState(start.state, start.index);
    this.#log = start.log && createThreadLog(start.log, this.#state);
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
        secretsRead: this.#secrets,
        loadedAtMs,
        storePort,
        ...(storePort && { stored: config.stored }),
        ...(own && {
          metricMemory: { own, others: metrics.toSpliced(index, 1), sends: index === 0 },
        }),
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
      case "notice":
        return this.#gateway?.heard(message.notice);
      case "ping":
        return send({ kind: "pong" });
      case "refuse":
        this.#gateway?.refuseReload(message.refused.violations, message.refused.atMs);
        return send({ kind: "refused" });
      case "prepare":
        return this.#prepare(message.config);
      case "commit":
        if (this.#prepared?.ok === true) this.#prepared.commit(message.atMs);
        if (message.read) this.#log?.setLevel(undefined);
        this.#prepared = undefined;
        return send({ kind: "committed" });
      case "discard":
        this.#prepared = undefined;
        return;
      case "drain":
        await this.#gateway?.drain(message);
        await this.#log?.flush();
        return send({ kind: "drained" });
    }
  }

  #world(): Partial<World> {
    const log = this.#log;
    return {
      state: this.#state,
      onBug: reportBug,
      process: this.#process,
      instanceId: this.#start.instanceId,
      ...(log && { record: log.record, notice: log.notice, log }),
    };
  }

  #askPort(): Promise<number> {
    send({ kind: "loaded" });
    return this.#listenAt.promise;
  }

  async #prepare(config: ConfigInput): Promise<void> {
    if (this.#gateway === undefined) return;
    this.#files.replay(config.files);
    this.#secrets.replay(config.secrets);
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

/** The log of a worker, whose lines the main thread writes. */
function createThreadLog(formats: LogFormats, { tallies }: State): GatewayLog {
  const levels = tallies.open("log level");
  return createGatewayLog({
    async write(text) {
      send({ kind: "lines", text });
      return { bytes: Buffer.byteLength(text) };
    },
    formats,
    setting: { get: () => levels.get(0), set: (value) => levels.set(0, value) },
  });
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
