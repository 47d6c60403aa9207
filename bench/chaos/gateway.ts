import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildProgram } from "../built-program.ts";
import { callerKey } from "./load.ts";

/** The program as a process of its own. */
export interface GatewayProcess {
  readonly url: string;
  /** Sends a signal and waits for its end. */
  readonly end: (signal: NodeJS.Signals) => Promise<void>;
}

/** What a gateway is started with. */
export interface GatewayStart {
  /** An empty folder, or that of a gateway before. */
  readonly folder: string;
  /** Of PostgreSQL. */
  readonly storeUrl: string;
  /** Of Redis. Absent: counts are in memory. */
  readonly redisUrl?: string;
  /** How long a file that it writes may be, in KiB: a disk that is nearly full. */
  readonly fileKb?: number;
}

/** Starts the program with a key that has limits and a budget, and waits until it listens. */
export async function startGatewayProcess(start: GatewayStart): Promise<GatewayProcess> {
  const { folder, storeUrl, redisUrl, fileKb } = start;
  const file = join(folder, "parlance.json");
  writeFileSync(file, configOf(storeUrl, redisUrl), { mode: 0o600 });
  const program = await buildProgram();
  const argv = [process.execPath, program, "serve", "--config", file, "--log", "none"];
  const words = argv.map((word) => `'${word}'`).join(" ");
  const bounded = fileKb === undefined ? "" : `ulimit -f ${fileKb}; `;
  const child = spawn("bash", ["-c", `${bounded}exec ${words}`], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  };
  return { url: await urlOf(child), end };
}

function urlOf(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null)
      createInterface(stream).on("line", (line) => {
        output = `${output}${line}\n`.slice(-4_000);
        const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
        if (url !== undefined) resolve(url);
      });
  child.once("exit", (code) => reject(new Error(`the gateway ended with ${code}: ${output}`)));
  return promise;
}

function configOf(storeUrl: string, redisUrl: string | undefined): string {
  const facts = { prices: { tokens: { input: "1", output: "4" } } };
  const admin = { value: "chaos-admin-0123456789" };
  return JSON.stringify({
    server: { host: "127.0.0.1", port: 0, drain_delay: "0s" },
    auth: { admin_key: admin },
    providers: { sim: { kind: "sim" } },
    models: [{ name: "fast", targets: [{ model: "sim/echo", facts }] }],
    keys: [
      {
        name: "dev",
        value: { value: callerKey },
        limits: { requests_per_minute: 1_000_000, tokens_per_minute: 1_000_000_000 },
        budget: { usd: "1000000", window: "MONTH" },
      },
    ],
    store: { postgres: { url: { value: storeUrl } }, journal: { path: "./journal" } },
    ...(redisUrl === undefined ? {} : { state: { redis: { url: { value: redisUrl } } } }),
  });
}
