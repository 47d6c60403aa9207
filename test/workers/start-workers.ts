import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join, resolve } from "node:path";
import { onTestFinished, vi } from "vitest";
import { program } from "../cli/program.ts";
import { folderWith } from "../cli/spawn-parlance.ts";
import type { Happening, Heard } from "./world-of-threads.ts";

/**
 * What is waited for must come, but a busy machine may take its time: the test's own time is the
 * bound.
 */
export const untilEnd = { timeout: 110_000, interval: 20 };

/** A gateway of several workers in a process of its own. */
export interface RunningWorkers {
  readonly url: string;
  readonly port: number;
  /** All that it has printed so far. */
  readonly printed: { readonly stdout: string; readonly stderr: string };
  /** Resolves when something was printed on standard error that fits, with the match. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  /** What was heard of threads so far. */
  readonly heard: readonly Heard[];
  happen(happening: Happening): void;
  signal(name: NodeJS.Signals): void;
  /** Writes another config and has it read. */
  reload(config: string): void;
  /** The code that it exits with. */
  readonly exited: Promise<number | null>;
}

/** How it is started. */
export interface WorkersSettings {
  readonly env?: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
}

/** Starts a gateway of workers by its config, in which the port is left out; killed in the end. */
export async function startWorkers(
  config: string,
  { env = {}, execArgv = [] }: WorkersSettings = {},
): Promise<RunningWorkers> {
  const path = join(folderWith({ "parlance.yaml": config }), "parlance.yaml");
  const { PATH = "", HOME = "" } = process.env;
  const child = fork(program, ["serve", "--port", "0", "--config", path], {
    execArgv: [...execArgv, "--import", resolve("test/workers/world-of-threads.ts")],
    env: { PATH, HOME, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const printed = { stdout: "", stderr: "" };
  const heard: Heard[] = [];
  child.stdout?.on("data", (chunk) => {
    printed.stdout += String(chunk);
  });
  child.stderr?.on("data", (chunk) => {
    printed.stderr += String(chunk);
  });
  child.on("message", (message: Heard) => void heard.push(message));
  const exited = new Promise<number | null>((settle) => {
    child.once("close", (code) => settle(code));
  });
  const said = async (pattern: RegExp) => {
    const match = await vi.waitUntil(() => {
      const found = pattern.exec(printed.stderr);
      if (found === null && child.exitCode !== null) throw new Error(`ended: ${printed.stderr}`);
      return found;
    }, untilEnd);
    if (match === null) throw new Error("was not said");
    return match;
  };
  const [, url = ""] = await said(/listens on (\S+)[\s\S]*try it:/);
  return {
    url,
    port: Number(new URL(url).port),
    printed,
    said,
    heard,
    exited,
    happen: (happening) => void child.send(happening),
    signal: (name) => void child.kill(name),
    reload(next) {
      writeFileSync(path, next);
      child.kill("SIGHUP");
    },
  };
}

/** A reply over a connection of a client's own. */
export interface Replied {
  readonly status: number;
  readonly body: string;
  /** Whether the reply came to its end. */
  readonly whole: boolean;
}

/** A client that has one connection of HTTP/1.1, and keeps it. */
export interface OneConnection {
  get(path: string): Promise<Replied>;
  post(path: string, body: object, onBody?: (text: string) => void): Promise<Replied>;
}

/** Opens such a client; its connection is closed when the test ends. */
export function connectOnce(url: string): OneConnection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const ask = (method: string, path: string, body: string, onBody?: (text: string) => void) =>
    new Promise<Replied>((settle, reject) => {
      const headers = { "content-type": "application/json" };
      const asked = request(new URL(path, url), { method, agent, headers }, (reply) => {
        let text = "";
        const settleWith = (whole: boolean) =>
          settle({ status: reply.statusCode ?? 0, body: text, whole });
        reply.on("data", (chunk) => {
          text += String(chunk);
          onBody?.(text);
        });
        reply.on("end", () => settleWith(reply.complete));
        reply.on("error", () => settleWith(false));
      });
      asked.on("error", reject);
      asked.end(body);
    });
  return {
    get: (path) => ask("GET", path, ""),
    post: (path, body, onBody) => ask("POST", path, JSON.stringify(body), onBody),
  };
}

/** Opens connections until each of so many workers has one; gives one for each, by worker. */
export async function connectToEach(
  gateway: RunningWorkers,
  workers: number,
): Promise<readonly OneConnection[]> {
  const found = await connectOften(
    gateway,
    Array.from({ length: workers }, () => 1),
  );
  return found.flat();
}

/** Opens as many connections to each worker as `wanted` says at its index; no others at once. */
export async function connectOften(
  gateway: RunningWorkers,
  wanted: readonly number[],
): Promise<readonly (readonly OneConnection[])[]> {
  const found: OneConnection[][] = wanted.map(() => []);
  const missing = () => found.some((list, worker) => list.length < (wanted[worker] ?? 0));
  for (let tries = 0; missing(); tries += 1) {
    if (tries === 1_000) throw new Error("a worker is not reached by connections");
    const before = gateway.heard.length;
    const one = connectOnce(gateway.url);
    await one.get("/healthz");
    const connection = await vi.waitUntil(
      () => gateway.heard.slice(before).find(({ kind }) => kind === "connection"),
      untilEnd,
    );
    const list = found[connection?.worker ?? -1];
    if (list !== undefined && list.length < (wanted[connection?.worker ?? -1] ?? 0)) list.push(one);
  }
  return found;
}

/** A chat for a model, as a client of Chat Completions sends it. */
export function chatFor(model: string, stream = false): object {
  return { model, stream, messages: [{ role: "user", content: "one two three four" }] };
}
