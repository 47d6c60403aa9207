import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { onTestFinished } from "vitest";

/** A real Redis server in a folder of its own, which is killed at the end of the test. */
export interface RedisServer {
  /** For `state.redis.url`. */
  readonly url: string;
  readonly place: RedisPlace;
  /** Runs a command by a connection of its own; gives the reply as text, or as JSON. */
  command(...words: readonly string[]): Promise<string>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again where it was, empty. */
  restart(): Promise<void>;
  /** Stops it in its tracks: it takes connections and answers nothing. */
  freeze(): void;
  thaw(): void;
}

/** Where a server listens, and the password that it wants. */
export interface RedisPlace {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly password?: string;
}

/** How a server differs from one on a socket that takes every command. */
export interface RedisOptions {
  /** More arguments of redis-server. */
  readonly args?: readonly string[];
  /** A port on loopback instead of a socket. */
  readonly port?: number;
  /** The password that it wants. */
  readonly password?: string;
  /** A config file, by which it is a sentinel. */
  readonly sentinel?: string;
}

const executable = process.env.REDIS_SERVER_PATH ?? "/usr/bin/redis-server";

/**
 * Starts one and waits until it takes connections. `atEnd` is handed what ends it; default: the
 * test does.
 */
export async function startRedis(
  options: RedisOptions = {},
  atEnd: (end: () => Promise<void>) => void = onTestFinished,
): Promise<RedisServer> {
  const { args = [], port, password, sentinel } = options;
  const folder = mkdtempSync(join(tmpdir(), "redis-"));
  const socket = join(folder, "s");
  const listen =
    port === undefined
      ? ["--port", "0", "--unixsocket", socket]
      : ["--port", String(port), "--bind", "127.0.0.1"];
  const secret = password === undefined ? [] : ["--requirepass", password];
  const rest = ["--save", "", "--appendonly", "no", "--dir", folder, ...secret, ...args];
  const start = () =>
    startServer(
      sentinel === undefined ? [...listen, ...rest] : [sentinel, "--sentinel", ...listen],
    );
  let server = await start();
  atEnd(async () => {
    await end(server);
    rmSync(folder, { recursive: true, force: true });
  });
  const place: RedisPlace = {
    ...(port === undefined ? { path: socket } : { host: "127.0.0.1", port }),
    ...(password === undefined ? {} : { password }),
  };
  const credential = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
  const host = password === undefined ? "" : "localhost";
  return {
    url:
      port === undefined
        ? `unix://${credential}${host}${socket}`
        : `redis://${credential}127.0.0.1:${port}`,
    place,
    command: (...words) => runCommand(place, words),
    kill: () => end(server),
    async restart() {
      await end(server);
      server = await start();
    },
    freeze: () => void server.kill("SIGSTOP"),
    thaw: () => void server.kill("SIGCONT"),
  };
}

/** Resolves once the server says that it accepts connections; rejects where it ends before. */
function startServer(args: readonly string[]): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const server = spawn(executable, args, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const hear = (bytes: Buffer) => {
      said += String(bytes);
      if (/ready to accept connections|Sentinel ID is/i.test(said)) resolve(server);
    };
    server.stdout.on("data", hear);
    server.stderr.on("data", hear);
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`redis-server ended with ${code}: ${said}`)));
  });
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  server.kill("SIGKILL");
  await ended;
}

/** Runs one command by a connection of its own; gives the reply as text, or as JSON. */
export async function runCommand(where: RedisPlace, words: readonly string[]): Promise<string> {
  const client = new Redis({ ...where, lazyConnect: true, retryStrategy: null, protocol: 2 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const [name = "", ...args] = words;
    const reply: unknown = await client.call(name, args);
    return typeof reply === "string" ? reply : JSON.stringify(reply);
  } finally {
    client.disconnect();
  }
}
