import { randomUUID } from "node:crypto";
import { totalmem } from "node:os";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { ConfigError } from "../composition/config-error.ts";
import {
  followStoreUrl,
  linkStore,
  openStoreThread,
  storeGraceMs,
} from "../composition/open-store.ts";
import { reloadRefusals } from "../composition/reload-refusals.ts";
import { restartWarnings } from "../composition/restart-warnings.ts";
import { followSecrets, type SecretFollowing } from "../composition/secrets/follow-secrets.ts";
import { listenFor } from "../composition/secrets/secret-listener.ts";
import { type Following, followConfig, readForStart } from "../composition/stored/follow-config.ts";
import { noStored } from "../composition/stored/stored-state.ts";
import { systemSchedule } from "../composition/system-world.ts";
import type { ReadText } from "../config/config-scope.ts";
import type { ConfigSource, Loaded } from "../config/loading/load-config.ts";
import type { Settings } from "../config/settings.ts";
import type { Violation } from "../config/violation.ts";
import { createMetricBuffer, MetricMemory } from "../core/metrics/metric-memory.ts";
import { Metrics } from "../core/metrics/metrics.ts";
import type { Notice } from "../core/notice.ts";
import type { StoredConfig } from "../core/stored/config-object.ts";
import { durationMs } from "../core/time/duration-ms.ts";
import { createQueue } from "../core/time/in-turn.ts";
import type { DrainTimes, ReloadResult, Serving } from "../serve.ts";
import { createStateMemory, releaseThread, type StateMemory } from "../state/shared-state.ts";
import type { StoreLink } from "../store/store.ts";
import type { StoreThread } from "../store/thread/store-thread.ts";
import { createLazyValidator } from "../validation/validator.ts";
import { lookMs } from "./hang-watch.ts";
import { type LoadedInput, loadInput } from "./load-input.ts";
import type { ConfigInput, FromWorker, RefusedReload, ToWorker, WorkerStart } from "./messages.ts";
import { createPlace, goUp, type Place } from "./place.ts";
import { prepareAll } from "./prepare-all.ts";
import { recordFiles, replayFiles } from "./recorded-files.ts";
import { checkPortIsFree } from "./shared-port.ts";
import { answerOf, startThread, type Thread } from "./thread.ts";
import { heapMbOfWorker, restartDelayMs, settledMs } from "./thread-bounds.ts";
import type { WorkersOptions } from "./workers-options.ts";

/**
 * Starts the workers of a configuration and resolves when all of them listen on one port. Rejects
 * with the system's error where the port cannot be had, and where a worker ends before.
 */
export async function startWorkers(options: WorkersOptions): Promise<Serving> {
  const { host, port } = options.loaded.settings.config.server;
  await checkPortIsFree(host, port);
  // The collector of young objects would spread over the cores, where the other workers are. Flags
  // hold for threads that start after them.
  setFlagsFromString("--no-parallel-scavenge");
  const { settings } = options.loaded;
  const metrics = Array.from({ length: settings.workers }, createMetricBuffer);
  const [ofStore, ofMain] = [createMetricBuffer(), createMetricBuffer()];
  const early: Notice[] = [];
  let alert = (said: Notice): unknown => early.push(said);
  const notice = (said: Notice): void => {
    options.onNotice(`${said.event}: ${said.message}`);
    alert(said);
  };
  const own = new Metrics(new MetricMemory(ofMain));
  options.secrets.reader.listen(listenFor({ metrics: own, notice }));
  const store = await openStoreThread(settings, notice, ofStore);
  const supervisor = new Supervisor(options, store, [...metrics, ofStore, ofMain]);
  try {
    await supervisor.followStore();
    await supervisor.start();
    alert = (said) => supervisor.alert(said);
    supervisor.followSecrets(notice);
    for (const said of early) alert(said);
    return supervisor;
  } catch (error) {
    await supervisor.close();
    throw error;
  }
}

/** How long a worker may take to say how many calls it has, and to end after its grace. */
const answerMs = 1_000;
const lateMs = 10_000;

/** Starts, watches and replaces workers; a reload, a drain and a stop reach all of them. */
class Supervisor implements Serving {
  readonly warnings: readonly Violation[];
  url = "";
  port = 0;
  readonly #options: WorkersOptions;
  readonly #memory: StateMemory;
  readonly #instanceId = randomUUID();
  readonly #metrics: readonly SharedArrayBuffer[];
  readonly #places: readonly Place[];
  readonly #heapMb: number;
  readonly #validator = createLazyValidator();
  /** The settings that it was started with. */
  readonly #running: Settings;
  #inForce: Loaded;
  #config: ConfigInput;
  #loadedAtMs = Date.now();
  #refused: RefusedReload | undefined;
  readonly #inTurn = createQueue();
  #stopping = false;
  #looking: NodeJS.Timeout | undefined;
  readonly #store: StoreThread | undefined;
  #link: StoreLink | undefined;
  #following: Following | undefined;
  #rotation: SecretFollowing | undefined;

  constructor(
    options: WorkersOptions,
    store: StoreThread | undefined,
    metrics: readonly SharedArrayBuffer[],
  ) {
    this.#store = store;
    this.#metrics = metrics;
    const { loaded, config, files, secrets } = options;
    const { workers } = loaded.settings;
    this.#options = options;
    this.#running = loaded.settings;
    this.#inForce = loaded;
    this.#config = {
      source: config,
      files: files.files,
      secrets: secrets.found,
      stored: noStored,
    };
    this.warnings = loaded.warnings;
    this.#memory = createStateMemory(workers);
    this.#heapMb = heapMbOfWorker(workers, getHeapStatistics().heap_size_limit, totalmem());
    this.#places = Array.from({ length: workers }, (_, index) => createPlace(index));
  }

  /** Reads what the store adds to the config, before workers start, and follows it. */
  async followStore(): Promise<void> {
    if (this.#store === undefined) return;
    const notice = ({ event, message }: Notice) => this.#options.onNotice(`${event}: ${message}`);
    const schedule = systemSchedule;
    const store = await linkStore(this.#store.attach(), { notice, wallMs: () => Date.now() });
    this.#link = store;
    const first = (await readForStart({ store, notice })) ?? noStored;
    let config = { ...this.#config, stored: first };
    if (first.objects.length > 0 || first.applied !== undefined) {
      const { result, secrets } = await this.#load(config, replayFiles(config.files).readText);
      if (!result.ok) throw new ConfigError(config.source?.filename ?? "", result.violations);
      this.#inForce = result;
      config = { ...config, secrets };
    }
    this.#config = config;
    const apply = async (stored: StoredConfig): Promise<void> => {
      const result = await this.#inTurn(() => this.#reload({ ...this.#config, stored }));
      if (!result.ok) throw new ConfigError("", result.violations);
    };
    this.#following = followConfig({ store, notice, schedule, first, shared: true, apply });
  }

  /** Reloads when a secret of the configuration changes. */
  followSecrets(notice: (said: Notice) => void): void {
    const reading = () => this.#inForce.secrets;
    const reload = async (): Promise<void> => {
      const { files, readText } = recordFiles();
      const result = await this.#inTurn(() =>
        this.#reload({ ...this.#config, files }, readText, false),
      );
      if (!result.ok) throw new ConfigError("", result.violations);
    };
    this.#rotation = followSecrets({ notice, schedule: systemSchedule, reading, reload });
  }

  /** The first worker chooses the port, where it is to be a free one. */
  async start(): Promise<void> {
    const starting = this.#places.map((place) => {
      const thread = this.#spawn(place);
      return { place, thread, loaded: thread.next("loaded") };
    });
    let { port } = this.#running.config.server;
    for (const { place, thread, loaded } of starting) {
      await answerOf(thread, loaded);
      const bound = await answerOf(thread, thread.ask({ kind: "listen", port }, "listening"));
      [this.url, this.port, port] = [bound.url, bound.port, bound.port];
      goUp(place, thread);
    }
    for (const { place, thread } of starting) void this.#watch(place, thread);
    this.#options.onSettings(this.settings());
    this.#looking = setInterval(() => this.#endHanging(), lookMs);
    this.#tellReady();
    // Messages keep their order: with these answers all workers know that they are ready.
    await this.active();
  }

  settings(): Settings {
    return this.#inForce.settings;
  }

  /** Has one of the workers tell people of what the process has said in the log. */
  alert(notice: Notice): void {
    this.#threadsUp()[0]?.send({ kind: "notice", notice });
  }

  async active(): Promise<number> {
    const late = new Promise<undefined>((resolve) => {
      setTimeout(() => resolve(undefined), answerMs).unref();
    });
    const counts = this.#threadsUp().map(async (thread) => {
      const answer = await Promise.race([thread.ask({ kind: "count" }, "counted"), late]);
      return answer?.active ?? 0;
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  reload(config: ConfigSource | string | undefined): Promise<ReloadResult> {
    const source = typeof config === "string" ? { text: config, filename: "config" } : config;
    return this.#inTurn(() => {
      const { files, readText } = recordFiles();
      return this.#reload({ ...this.#config, source, files }, readText);
    });
  }

  async refuseReload(violations: readonly Violation[], atMs = Date.now()): Promise<void> {
    this.#refused = { violations, atMs };
    await this.#askAll({ kind: "refuse", refused: this.#refused }, "refused");
  }

  async drain(times: DrainTimes = {}): Promise<void> {
    const { drainGrace, drainDelay } = this.settings().config.server;
    const { graceMs = durationMs(drainGrace), delayMs = durationMs(drainDelay) } = times;
    this.#stopping = true;
    for (const { up, thread } of this.#places) if (!up) void thread?.stop();
    const late = setTimeout(() => void this.close(), Math.max(graceMs, delayMs) + lateMs);
    await this.#askAll({ kind: "drain", graceMs, delayMs }, "drained");
    clearTimeout(late);
    await this.close();
  }

  async close(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#looking);
    for (const { timer } of this.#places) clearTimeout(timer);
    this.#following?.close();
    this.#rotation?.close();
    await Promise.all(this.#places.map(({ thread }) => thread?.stop()));
    await this.#link?.close().catch(() => undefined);
    await this.#store?.close(storeGraceMs);
    await this.#options.secrets.reader.close();
  }

  #load(input: ConfigInput, readText: ReadText): Promise<LoadedInput> {
    return loadInput(input, readText, { ...this.#options, validator: this.#validator });
  }

  /**
   * Without `readText` the files are those that were read before. `read`: somebody has asked for
   * it, for the config file has changed.
   */
  async #reload(
    input: ConfigInput,
    readText?: ReadText,
    read = readText !== undefined,
  ): Promise<ReloadResult> {
    const replay = () => replayFiles(input.files).readText;
    const { result, secrets } = await this.#load(input, readText ?? replay());
    const config = { ...input, secrets };
    const isApplied = config.stored.applied?.number !== this.#config.stored.applied?.number;
    const lost = result.ok && !isApplied ? reloadRefusals(this.#inForce, result) : [];
    const violations = result.ok ? lost : result.violations;
    if (!result.ok || violations.length > 0) return this.#refuse(violations);
    // A worker that is about to listen has the config in force, and takes part.
    await Promise.all(this.#places.map(({ listening }) => listening));
    const threads = this.#threadsUp();
    const refusals = await prepareAll(threads, config, result.settings.hash);
    if (refusals.length > 0) {
      for (const thread of threads) thread.send({ kind: "discard" });
      return this.#refuse(refusals);
    }
    [this.#inForce, this.#config, this.#refused] = [result, config, undefined];
    this.#options.onSettings(result.settings);
    this.#loadedAtMs = Date.now();
    this.#rotation?.restart();
    followStoreUrl(this.#store, result.settings);
    const commit: ToWorker = { kind: "commit", atMs: this.#loadedAtMs, read };
    await Promise.all(threads.map((thread) => thread.ask(commit, "committed")));
    const { warnings, settings } = result;
    return { ok: true, warnings: [...warnings, ...restartWarnings(this.#running, settings)] };
  }

  async #refuse(violations: readonly Violation[]): Promise<ReloadResult> {
    await this.refuseReload(violations);
    return { ok: false, violations };
  }

  #spawn(place: Place): Thread {
    const { env, host, port, log } = this.#options;
    const start: WorkerStart = {
      index: place.index,
      state: this.#memory,
      metrics: this.#metrics,
      instanceId: this.#instanceId,
      config: this.#config,
      loadedAtMs: this.#loadedAtMs,
      env: { ...env },
      host,
      port,
      log,
      storePort: this.#store?.attach(),
    };
    const thread = startThread(start, this.#heapMb, (message) => this.#hear(place, message));
    place.thread = thread;
    return thread;
  }

  #hear({ index }: Place, message: FromWorker): void {
    if (message.kind === "lines") this.#options.onLines(message.text);
    else if (message.kind === "bug") this.#options.onBug(`worker ${index}: ${message.text}`);
  }

  /** Waits for the end of a worker that listens or is to, and starts another in its place. */
  async #watch(place: Place, thread: Thread): Promise<void> {
    const error = await thread.ended;
    const wasUp = place.up;
    place.up = false;
    releaseThread(this.#memory, place.index);
    if (this.#stopping) return;
    if (place.outdated) {
      place.outdated = false;
      return this.#replace(place);
    }
    this.#tellReady();
    const settled = wasUp && performance.now() - place.upMs > settledMs;
    place.ends = settled ? 1 : place.ends + 1;
    const delayMs = restartDelayMs(place.ends);
    const calls = wasUp ? ", its calls are cut" : "";
    const next = delayMs === 0 ? "now" : `in ${delayMs / 1000} s`;
    this.#options.onNotice(
      `worker ${place.index} has ended (${reasonOf(error)})${calls}: another one starts ${next}`,
    );
    place.timer = setTimeout(() => void this.#replace(place), delayMs);
  }

  async #replace(place: Place): Promise<void> {
    if (this.#stopping) return;
    const config = this.#config;
    const thread = this.#spawn(place);
    void this.#watch(place, thread);
    if ((await thread.next("loaded")) === undefined) return;
    // After the reloads that are under way.
    await this.#inTurn(async () => undefined);
    if (config !== this.#config) {
      // It was loaded before the reload: the next one will not be.
      place.outdated = true;
      return void thread.stop();
    }
    const listening = thread.ask({ kind: "listen", port: this.port }, "listening");
    place.listening = listening.then((answer) => {
      if (answer === undefined || this.#stopping) return;
      goUp(place, thread);
      // Reloads may have been refused while it started.
      if (this.#refused !== undefined) thread.send({ kind: "refuse", refused: this.#refused });
      this.#tellReady();
    });
  }

  /** Ends each worker whose event loop does not turn any more; another one takes its place. */
  #endHanging(): void {
    const { workerHangTimeout } = this.settings().config.server;
    const timeoutMs = durationMs(workerHangTimeout);
    for (const { up, thread, hang } of this.#places) {
      if (!up || hang?.look(timeoutMs) !== true) continue;
      void thread?.stop(new Error(`its event loop did not turn for ${timeoutMs / 1000} s`));
    }
  }

  /** The gateway is ready when all workers are. */
  #tellReady(): void {
    const ready = this.#places.every(({ up }) => up);
    for (const thread of this.#threadsUp()) thread.send({ kind: "ready", ready });
  }

  #threadsUp(): readonly Thread[] {
    return this.#places.flatMap(({ up, thread }) => (up && thread !== undefined ? [thread] : []));
  }

  async #askAll(message: ToWorker, answer: FromWorker["kind"]): Promise<void> {
    await Promise.all(this.#threadsUp().map((thread) => thread.ask(message, answer)));
  }
}

function reasonOf(error: Error | undefined): string {
  if (error === undefined) return "it was stopped";
  const code = "code" in error ? `${String(error.code)}: ` : "";
  return `${code}${error.message}`;
}
