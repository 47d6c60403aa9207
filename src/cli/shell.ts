import type { Written } from "../logging/write-descriptor.ts";
import type { HostProcess } from "../observe/metrics/read-process.ts";

/** Signals that a command may listen to. */
export type SignalName = "SIGTERM" | "SIGINT" | "SIGHUP";

/** Where text goes that people or programs read. */
export interface TextOutput {
  /** Never throws: a reader that is gone is nobody's business. */
  write(text: string): void;
  /** Whether a person looks at it. */
  readonly isTerminal: boolean;
}

/** The time of a command that waits for something. */
export interface CommandClock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Resolves after so many milliseconds. */
  wait(ms: number): Promise<void>;
}

/** The process as a command sees it. Only main.ts makes the real one; tests bring their own. */
export interface Shell {
  readonly process: HostProcess;
  /** Without the names of node and of the script. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly clock: CommandClock;
  /** Everything on standard input, as text. */
  readStdin(): Promise<string>;
  /** Writes to standard output without ever holding up the process; never rejects. */
  writeLog(text: string): Promise<Written>;
  /** Calls `listener` for each such signal, instead of what the system does by default. */
  onSignal(name: SignalName, listener: () => void): void;
  /** Calls `listener` for each rejection that nothing handles, instead of ending the process. */
  onStrayRejection(listener: (reason: unknown) => void): void;
  /** Ends the process at once. */
  exit(code: number): void;
}
