import { run } from "../../src/cli/run.ts";
import type { CommandClock, Shell, SignalName, TextOutput } from "../../src/cli/shell.ts";

/** What a command did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command finds around it. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly clock?: CommandClock;
}

const systemClock: CommandClock = {
  nowMs: () => Date.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** A command that runs in this process, with a shell of its own. */
export interface Running {
  readonly ran: Promise<Ran>;
  /** What it has printed so far, and the codes that it has asked to exit with. */
  readonly printed: { stdout: string; stderr: string };
  readonly exits: readonly number[];
  signal(name: SignalName): void;
}

/** Starts a command line in this process. */
export function startIn(
  args: readonly string[],
  { env = {}, stdin = "", clock = systemClock }: Surroundings = {},
): Running {
  const printed = { stdout: "", stderr: "" };
  const exits: number[] = [];
  const output = (name: keyof typeof printed): TextOutput => ({
    isTerminal: false,
    write: (text) => {
      printed[name] += text;
    },
  });
  const listeners = new Map<SignalName, () => void>();
  const shell: Shell = {
    args,
    env,
    stdout: output("stdout"),
    stderr: output("stderr"),
    clock,
    readStdin: async () => stdin,
    writeLog: async (text) => {
      printed.stdout += text;
      return { bytes: Buffer.byteLength(text) };
    },
    onSignal: (name, listener) => void listeners.set(name, listener),
    onStrayRejection: () => undefined,
    process,
    exit: (code) => void exits.push(code),
  };
  const ran = run(shell).then((code) => ({ code, ...printed }));
  return { ran, printed, exits, signal: (name) => listeners.get(name)?.() };
}

/** Runs a command line in this process to its end. */
export function runIn(args: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  return startIn(args, surroundings).ran;
}
