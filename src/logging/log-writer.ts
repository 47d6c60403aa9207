import type { Written } from "./write-descriptor.ts";

/** Writes lines in batches, off the path of the calls that they log. */
export interface LogWriter {
  /**
   * Queues a line. It is printed, without its line end, when it is written. Never waits and never
   * throws.
   */
  push(print: () => string): void;
  /** Resolves when all that was queued is written, or cannot be. */
  flush(): Promise<void>;
}

/** What a log writer is made of. */
export interface LogWriterOptions {
  /** Writes text; never rejects. Called again only when it has settled. */
  readonly write: (text: string) => Promise<Written>;
  /** Makes the line that tells how many lines were dropped since the one before it. */
  readonly printDropped: (count: number) => string;
  /** The most lines that wait to be written; more are dropped and counted. Default 10000. */
  readonly maxLines?: number;
  /**
   * How long a line waits for others to be written with it. Default 100: each write wakes a thread.
   */
  readonly delayMs?: number;
  /**
   * So many lines are written in the next turn. Default 256: what waits for longer outlives minor
   * collections, which makes those long.
   */
  readonly batchLines?: number;
}

/**
 * Makes a log writer. A slow reader costs lines, never calls. So does a write that fails, as on a
 * full disk; the next one that does not says how many lines were lost. A reader that has gone
 * (EPIPE) silences the log for good.
 */
export function createLogWriter(options: LogWriterOptions): LogWriter {
  const { write, printDropped, maxLines = 10_000, delayMs = 100, batchLines = 256 } = options;
  let lines: (() => string)[] = [];
  let dropped = 0;
  let lost = 0;
  let torn = false;
  let silent = false;
  const alarm = createAlarm(() => void start());
  let writing: Promise<boolean> | undefined;

  /** What was lost came before the lines that wait, and what was dropped comes after them. */
  function take(): readonly Entry[] {
    const entries: Entry[] = [];
    if (lost > 0) entries.push({ text: printDropped(lost), stands: lost });
    for (const print of lines) entries.push({ text: print(), stands: 1 });
    if (dropped > 0) entries.push({ text: printDropped(dropped), stands: dropped });
    [lines, lost, dropped] = [[], 0, 0];
    return entries;
  }

  /** Writes what waits; false: it cannot be. */
  async function writeWaiting(): Promise<boolean> {
    const entries = take();
    const start = torn ? "\n" : "";
    const text = entries.reduce((before, entry) => `${before}${entry.text}\n`, start);
    const { bytes, error } = await write(text);
    if (error === undefined) {
      torn = false;
      return true;
    }
    silent = error.code === "EPIPE";
    const cut = countLost(entries, bytes - start.length);
    lost += cut.lost;
    if (bytes > 0) torn = cut.torn;
    return false;
  }

  const waits = (): boolean => !silent && (lines.length > 0 || lost > 0);

  function start(): Promise<boolean> {
    alarm.off();
    if (writing === undefined && waits())
      writing = writeWaiting().finally(() => {
        writing = undefined;
        schedule();
      });
    return writing ?? Promise.resolve(true);
  }

  function schedule(): void {
    if (silent) lines = [];
    if (writing !== undefined || lines.length === 0) return;
    if (lines.length >= batchLines) alarm.soon();
    else alarm.after(delayMs);
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
    async flush() {
      let wrote = true;
      while (wrote && (writing !== undefined || waits())) wrote = await start();
    },
  };
}

/** Runs something once: after a time, or in the next turn where that comes first. */
function createAlarm(run: () => void) {
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  return {
    after(delayMs: number): void {
      timer ??= setTimeout(run, delayMs);
    },
    soon(): void {
      immediate ??= setImmediate(run);
    },
    off(): void {
      clearTimeout(timer);
      clearImmediate(immediate);
      timer = immediate = undefined;
    },
  };
}

/** A line of the log, and for how many lines it stands: a notice of lost ones stands for them. */
interface Entry {
  readonly text: string;
  readonly stands: number;
}

/**
 * For how many lines the entries stand that did not fit into so many bytes, and whether one was cut
 * off within.
 */
function countLost(
  entries: readonly Entry[],
  bytes: number,
): { readonly lost: number; readonly torn: boolean } {
  let lost = 0;
  let left = bytes;
  let torn = false;
  for (const { text, stands } of entries) {
    const length = Buffer.byteLength(text);
    if (left < length) lost += stands;
    // One whose line end alone is missing is whole once the next write ends it.
    if (left > 0 && left <= length) torn = true;
    left -= length + 1;
  }
  return { lost, torn };
}
