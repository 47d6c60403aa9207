import { ConfigError } from "../../composition/config-error.ts";
import type { ConfigSource } from "../../config/loading/load-config.ts";
import { durationMs } from "../../core/time/duration-ms.ts";
import type { DrainTimes, Serving } from "../../serve.ts";
import { StoreStartError } from "../../store/thread/store-thread.ts";
import type { CommandInput } from "../command.ts";
import { readConfigFile } from "../config-file.ts";
import { notice, printWarnings } from "../notice.ts";
import type { Shell } from "../shell.ts";
import { priceWarnings } from "./price-warnings.ts";
import { printBanner } from "./print-banner.ts";
import { reloadOnSignal } from "./reload-on-signal.ts";
import { type ServeSettings, serveSettings } from "./serve-settings.ts";
import { reportBug, type Started, startServing } from "./start-serving.ts";

/** How long the last lines of the log may take at the end. */
const flushMs = 1_000;

/** `parlance serve`. Ends when the gateway was stopped and its calls are over. */
export async function runServe(shell: Shell, input: CommandInput): Promise<number> {
  const read = serveSettings(shell, input);
  if (!read.ok) {
    shell.stderr.write(`parlance serve: ${read.message}\nRun: parlance serve --help\n`);
    return 2;
  }
  const { settings } = read;
  const file = settings.config === undefined ? undefined : readConfigFile(settings.config);
  if (file?.ok === false) {
    shell.stderr.write(`${file.message}\n`);
    return 1;
  }
  const started = await start(shell, settings, file?.source);
  if (started === undefined) return 1;
  const { gateway, log } = started;
  // A bug that one call meets must not end the others.
  shell.onStrayRejection((reason) => reportBug(shell, reason));
  // Before the banner, for who has read it may send a signal.
  const stopped = stopSignal(shell, gateway);
  reloadOnSignal(shell, gateway, settings.config);
  const doubtful = await priceWarnings(gateway.settings(), (error) => reportBug(shell, error));
  printWarnings(shell, settings.config, [...gateway.warnings, ...doubtful]);
  shell.stderr.write(printBanner(gateway.settings(), gateway.url, settings.config));
  await gateway.drain(await stopped);
  await Promise.race([log?.flush(), delay(flushMs)]);
  notice(shell, "stopped");
  return 0;
}

async function start(
  shell: Shell,
  settings: ServeSettings,
  config: ConfigSource | undefined,
): Promise<Started | undefined> {
  try {
    return await startServing({ shell, settings, config });
  } catch (error) {
    const message = startProblem(error);
    if (message === undefined) throw error;
    shell.stderr.write(`${message}\n`);
    return undefined;
  }
}

/**
 * Why a gateway did not start, in words for whoever started it; undefined where that is a bug of
 * ours.
 */
function startProblem(error: unknown): string | undefined {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof StoreStartError) return `parlance serve: ${error.message}`;
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return undefined;
  const address =
    "address" in error && "port" in error
      ? `${String(error.address)}:${String(error.port)}`
      : "the address";
  switch (error.code) {
    case "EADDRINUSE":
      return `parlance serve: ${address} is in use: stop what listens there, or choose another port with --port`;
    case "EACCES":
      return `parlance serve: ${address} needs more rights than this user has: choose a port above 1023 with --port`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `parlance serve: cannot listen: this machine has no such address (${error.message})`;
    default:
      return `parlance serve: cannot listen: ${error.message}`;
  }
}

/**
 * A second SIGINT this soon is the first one: a terminal sends it to npm and to the process that
 * npm has started, and npm passes it on once more.
 */
const sameInterruptMs = 100;

/**
 * Resolves on the first signal to stop; the second ends the process at once. Only SIGTERM comes
 * from what may still send calls here: after an interrupt at a terminal the port closes at once.
 */
function stopSignal(shell: Shell, gateway: Serving): Promise<DrainTimes> {
  return new Promise((resolve) => {
    let stoppingSinceMs: number | undefined;
    const stop = (delayMs: number) => {
      if (stoppingSinceMs !== undefined) return shell.exit(1);
      stoppingSinceMs = performance.now();
      const drainGraceMs = durationMs(gateway.settings().config.server.drainGrace);
      const port =
        delayMs === 0 ? "" : `, new calls are refused and the port closes in ${delayMs / 1000} s`;
      void Promise.resolve(gateway.active()).then((active) => {
        const calls = `${active} calls run and have ${drainGraceMs / 1000} s to finish`;
        notice(shell, `stopping: ${calls}${port}; again to stop at once`);
        resolve({ delayMs });
      });
      return;
    };
    shell.onSignal("SIGTERM", () => stop(durationMs(gateway.settings().config.server.drainDelay)));
    shell.onSignal("SIGINT", () => {
      if (stoppingSinceMs === undefined || performance.now() - stoppingSinceMs > sameInterruptMs)
        stop(0);
    });
  });
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
