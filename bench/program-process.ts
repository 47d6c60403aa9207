import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** How to start a program that serves on a port. */
export interface Program {
  readonly name: string;
  /** Arguments of node for a port: the script, then the script's own. */
  readonly argv: (port: number) => readonly string[];
  /** Environment variables beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A program that is ready to serve, in a process of its own. */
export interface ProgramProcess {
  readonly origin: URL;
  readonly child: ChildProcess;
  /** From spawn until `/readyz` first said 200. */
  readonly startMs: number;
}

const startLimitMs = 60_000;

/**
 * Starts a program and waits until `/readyz` says 200. Its standard output goes nowhere, so an
 * access log is written and not kept; its standard error goes to a file in `workFolder`, whose end
 * is told when the program does not start. `preload` is a module that is loaded before the program
 * and gets an IPC channel to this process.
 */
export async function startProgram(
  program: Program,
  workFolder: string,
  preload?: string,
): Promise<ProgramProcess> {
  const port = await freePort();
  const origin = new URL(`http://127.0.0.1:${port}`);
  const errorFile = join(workFolder, `${program.name}-${port}.stderr`);
  const errorSink = openSync(errorFile, "w");
  const argv = [...(preload === undefined ? [] : ["--import", preload]), ...program.argv(port)];
  const spawnedMs = performance.now();
  const child = spawn(process.execPath, argv, {
    stdio: ["ignore", "ignore", errorSink, ...(preload === undefined ? [] : ["ipc" as const])],
    env: { ...process.env, NODE_ENV: "production", ...program.env },
  });
  closeSync(errorSink);
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  try {
    return { origin, child, startMs: await untilReady(child, origin, spawnedMs) };
  } catch (cause) {
    kill();
    throw new Error(
      `${program.name} did not start: ${readFileSync(errorFile, "utf8").slice(-2000)}`,
      { cause },
    );
  }
}

/**
 * Sends SIGINT, for which no program waits, and SIGKILL after 5 seconds, and waits until the
 * process is gone.
 */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGINT");
  const kill = setTimeout(() => child.kill("SIGKILL"), 5000);
  await gone;
  clearTimeout(kill);
}

async function untilReady(child: ChildProcess, origin: URL, spawnedMs: number): Promise<number> {
  while (performance.now() - spawnedMs < startLimitMs) {
    if (child.exitCode !== null) throw new Error(`exit code ${child.exitCode}`);
    if (await isReady(origin)) return performance.now() - spawnedMs;
    await delay(2);
  }
  throw new Error(`not ready within ${startLimitMs} ms`);
}

function isReady(origin: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(new URL("/readyz", origin), { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("error", () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}
