import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NodeConnectionOptions } from "@nats-io/transport-node";
import { onTestFinished } from "vitest";

const program = join(process.env.NATS_BIN_PATH ?? "/usr/local/lib/nats-for-tests", "nats-server");

/** A server of NATS with JetStream, which keeps its data and its port when it is started again. */
export async function startNats(...options: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "parlance-nats-"));
  let port = -1;
  let server: ChildProcess | undefined;
  const start = async () => {
    const own = [
      "--addr",
      "127.0.0.1",
      "--port",
      String(port),
      "--jetstream",
      "--store_dir",
      folder,
    ];
    server = spawn(program, [...own, ...options], { stdio: ["ignore", "ignore", "pipe"] });
    const { stderr } = server;
    let log = "";
    await new Promise<void>((resolve, reject) => {
      server?.once("exit", () => reject(new Error(`no server of NATS: ${log}`)));
      stderr?.setEncoding("utf8").on("data", (text: string) => {
        log += text;
        if (log.includes("Server is ready")) resolve();
      });
    });
    port = Number(/client connections on 127\.0\.0\.1:(\d+)/.exec(log)?.[1]);
  };
  const stop = async () => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  };
  onTestFinished(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
  await start();
  const url = () => `nats://127.0.0.1:${port}`;
  return {
    url,
    start,
    stop,
    signal: (name: "SIGSTOP" | "SIGCONT") => server?.kill(name),
    /** A connection of a test's own. */
    connect: (options: NodeConnectionOptions = {}) => connect({ servers: url(), ...options }),
  };
}
