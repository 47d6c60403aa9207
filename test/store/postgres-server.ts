import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll } from "vitest";

/** A real PostgreSQL server in a folder of its own, on a socket, which ends with the test file. */
export interface PostgresServer {
  /** Makes an empty database; gives its connection string. */
  createDatabase(): Promise<string>;
  /** Ends it at once, as a machine that fails. Connections are cut. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

const folder = process.env.POSTGRES_BIN_PATH ?? "/usr/lib/postgresql/15/bin";

/**
 * Starts a server and waits until it takes connections. PostgreSQL refuses to run as root: there it
 * runs as `nobody`. `atEnd` is handed what ends it; default: the test file does.
 */
export async function startPostgres(
  atEnd: (end: () => Promise<void>) => void = afterAll,
): Promise<PostgresServer> {
  if (!existsSync(join(folder, "postgres")))
    throw new Error(`no PostgreSQL in ${folder}: run scripts/ensure-tools.sh`);
  const place = mkdtempSync(join(tmpdir(), "postgres-"));
  const user = nobody();
  if (user.uid !== undefined) chownSync(place, user.uid, user.gid ?? user.uid);
  chmodSync(place, 0o700);
  const data = join(place, "data");
  const quick = ["--no-sync", "--encoding=UTF8", "--locale=C"];
  execFileSync(join(folder, "initdb"), ["-D", data, "-U", "parlance", "-A", "trust", ...quick], {
    ...user,
    cwd: place,
    stdio: "pipe",
  });
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    server = await run([
      ...["-D", data, "-k", place, "-c", "listen_addresses="],
      ...["-c", "fsync=off", "-c", "max_connections=100", "-c", "shared_buffers=64MB"],
    ]);
  };
  const run = (args: readonly string[]): Promise<ChildProcess> =>
    startServer(args, { ...user, cwd: place });
  const stop = async (): Promise<void> => {
    await end(server);
    server = undefined;
  };
  await start();
  atEnd(async () => {
    await stop();
    rmSync(place, { recursive: true, force: true });
  });
  let made = 0;
  const urlOf = (database: string) =>
    `postgres://parlance@localhost/${database}?host=${encodeURIComponent(place)}`;
  return {
    async createDatabase() {
      made += 1;
      const client = new pg.Client({ connectionString: urlOf("postgres") });
      await client.connect();
      await client.query(`create database test_${made}`);
      await client.end();
      return urlOf(`test_${made}`);
    },
    stop,
    start,
  };
}

/** Whom the server runs as; empty: whoever runs the tests. */
function nobody(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}

/** Resolves once the server says that it accepts connections; rejects where it ends before. */
function startServer(args: readonly string[], options: object): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const server = spawn(join(folder, "postgres"), args, {
      ...options,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    server.stderr?.on("data", (bytes: Buffer) => {
      said = `${said}${String(bytes)}`.slice(-4_000);
      if (said.includes("ready to accept connections")) resolve(server);
    });
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`postgres ended with ${code}: ${said}`)));
  });
}

/** SIGQUIT is PostgreSQL's immediate shutdown, which ends its children too. */
async function end(server: ChildProcess | undefined): Promise<void> {
  if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  server.kill("SIGQUIT");
  await ended;
}
