/** Writes lines in batches, off the path of the calls that they tell of. */
export interface LogWriter {
  /** Queues a line. It is printed, without its line end, when it is written. Never waits and never throws. */
  push(print: () => string): void;
  /** Resolves when all that was queued is written, or cannot be. */
  flush(): Promise<void>;
}

/** What a log writer is made of. */
export interface LogWriterOptions {
  /** Writes text; rejects when nobody reads any more. Called again only when it has settled. */
  readonly write: (text: string) => Promise<void>;
  /** Makes the line that tells how many lines were dropped. */
  readonly printDropped: (count: number) => string;
  /** The most lines that wait to be written; more are dropped and counted. Default 10000. */
  readonly maxLines?: number;
  /** How long a line waits for others to be written with it. Default 100: each write wakes a thread. */
  readonly delayMs?: number;
}

/** Makes a log writer. A slow reader costs lines, never calls; one that has gone silences the log. */
export function createLogWriter(options: LogWriterOptions): LogWriter {
  const { write, printDropped, maxLines = 10_000, delayMs = 100 } = options;
  let lines: (() => string)[] = [];
  let dropped = 0;
  let silent = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

  function take(): string {
    let text = "";
    for (const print of lines) text += `${print()}\n`;
    if (dropped > 0) text += `${printDropped(dropped)}\n`;
    lines = [];
    dropped = 0;
    return text;
  }

  async function writeAll(): Promise<void> {
    try {
      while (lines.length > 0) await write(take());
    } catch {
      // Nobody reads any more. The calls go on.
      silent = true;
      lines = [];
    }
  }

  function start(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (writing === undefined && lines.length > 0) {
      writing = writeAll().finally(() => {
        writing = undefined;
        schedule();
      });
    }
    return writing ?? Promise.resolve();
  }

  function schedule(): void {
    if (timer === undefined && writing === undefined && lines.length > 0) timer = setTimeout(start, delayMs);
  }

  return {
    push(print) {
      if (silent) return;
      if (lines.length >= maxLines) {
        dropped += 1;
        return;
      }
      lines.push(print);
      schedule();
    },
    flush: start,
  };
}
