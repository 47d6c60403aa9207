import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { judgeLine, type Planted } from "./judge-output.ts";
import type { MeterAnswer, MeterQuestion, MeterUsage, Stall } from "./meter.ts";

/** A program under attack, in a process of its own. */
export interface GatewayProcess {
  readonly port: number;
  readonly child: ChildProcess;
  /** Asks the meter within the process. Rejects when the process has gone. */
  ask(question: MeterQuestion["ask"]): Promise<MeterUsage>;
  /** Resolves with the first line from now on that fits; rejects when the process has gone. */
  printed(pattern: RegExp): Promise<string>;
  /** The last lines that it printed. */
  readonly lastLines: readonly string[];
  /** SIGTERM, and SIGKILL after 10 seconds. Its end is then no fault. */
  stop(): Promise<void>;
}

/** What is noticed of the program while it runs. */
export interface GatewayWatcher {
  readonly planted: Planted;
  /** A line that should not have been printed. */
  readonly onLine: (what: string, line: string) => void;
  /** The event loop was blocked for longer than the limit, in CPU time. */
  readonly onStall: (stall: Stall) => void;
  /** It ended by itself. */
  readonly onExit: (how: string) => void;
}

/** How a program is started. */
export interface GatewayProgram {
  /** The script and its arguments. It prints `listens on URL`. */
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** CPU time of one turn of its event loop that is too much, in milliseconds. */
  readonly stallMs: number;
}

const meter = join(import.meta.dirname, "meter.ts");
const keptLines = 40;

/** Starts a program under the meter; resolves when it listens. */
export async function startGatewayProcess(
  program: GatewayProgram,
  watcher: GatewayWatcher,
): Promise<GatewayProcess> {
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn(process.execPath, ["--expose-gc", "--import", meter, ...program.argv], {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { PATH, HOME, PARLANCE_FUZZ_STALL_MS: String(program.stallMs), ...program.env },
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const lastLines: string[] = [];
  const waiting = new Set<(line: string | undefined) => void>();
  const answers = new Map<number, (usage: MeterUsage | undefined) => void>();
  let stopping = false;
  let asked = 0;

  child.on("message", (message: MeterAnswer | Stall) => {
    if ("stallMs" in message) watcher.onStall(message);
    else answers.get(message.id)?.(message.usage);
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) throw new Error("the outputs are pipes");
    createInterface({ input: stream }).on("line", (line) => {
      const what = judgeLine(line, watcher.planted);
      if (what !== undefined) watcher.onLine(what, line);
      lastLines.push(line);
      if (lastLines.length > keptLines) lastLines.shift();
      for (const look of [...waiting]) look(line);
    });
  }
  child.once("exit", (code, signal) => {
    process.off("exit", kill);
    for (const settle of answers.values()) settle(undefined);
    for (const look of waiting) look(undefined);
    if (!stopping) watcher.onExit(signal === null ? `exit code ${code}` : `signal ${signal}`);
  });

  const printed = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (line: string | undefined): void => {
        if (line !== undefined && !pattern.test(line)) return;
        waiting.delete(look);
        if (line === undefined) reject(new Error(`the gateway ended:\n${lastLines.join("\n")}`));
        else resolve(line);
      };
      waiting.add(look);
    });
  const ask = (question: MeterQuestion["ask"]): Promise<MeterUsage> =>
    new Promise((resolve, reject) => {
      asked += 1;
      const id = asked;
      const gone = () => reject(new Error("the gateway has gone"));
      answers.set(id, (usage) => {
        answers.delete(id);
        if (usage === undefined) gone();
        else resolve(usage);
      });
      if (!child.connected) return void answers.get(id)?.(undefined);
      child.send({ id, ask: question } satisfies MeterQuestion, (error) => {
        if (error !== null) answers.get(id)?.(undefined);
      });
    });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    stopping = true;
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(kill, 10_000);
    await gone;
    clearTimeout(timer);
  };

  const line = await printed(/listens on http/);
  const port = Number(/listens on https?:\/\/\S+:(\d+)/.exec(line)?.[1]);
  return { port, child, ask, printed, lastLines, stop };
}
