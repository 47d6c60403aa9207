import { once } from "node:events";
import { join } from "node:path";
import { type Program, startProgram, stopProcess } from "./program-process.ts";
import type { Question, Usage } from "./usage-reporter.ts";

/** A program under load, in a process of its own that reports what it uses. */
export interface Subject {
  readonly name: string;
  readonly origin: URL;
  usage(): Promise<Usage>;
  startProfile(): Promise<void>;
  /** Ends profiling and gives the profile in the format of `.cpuprofile` files. */
  stopProfile(): Promise<unknown>;
  /** Ends the process and waits until it is gone. */
  stop(): Promise<void>;
}

const reporter = join(import.meta.dirname, "usage-reporter.ts");

/**
 * Starts a program and waits until it is ready. Rejects with what it wrote to standard error when
 * it does not start.
 */
export async function startSubject(program: Program, workFolder: string): Promise<Subject> {
  const { child, origin } = await startProgram(program, workFolder, reporter);
  const ask = async (question: Question): Promise<unknown> => {
    child.send(question);
    const [reply] = await once(child, "message", { signal: AbortSignal.timeout(30_000) });
    return reply;
  };
  return {
    name: program.name,
    origin,
    usage: async () => (await ask("usage")) as Usage, // the reporter's answer to this question
    startProfile: async () => void (await ask("profile_start")),
    stopProfile: () => ask("profile_stop"),
    stop: () => stopProcess(child),
  };
}
