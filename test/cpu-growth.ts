import { expect } from "vitest";

/**
 * Makes input of a size, which is not measured, and gives the work on it, which is. The work can be
 * repeated.
 */
export type SizedWork = (size: number) => () => unknown;

/** What expectLinear measures with. */
export interface GrowthOptions {
  /** The smaller of the two sizes, such as a number of elements; default 150. */
  readonly size?: number;
  /**
   * What four times the size may take, in times of what the size takes; default 10: linear is 4,
   * quadratic 16.
   */
  readonly maxRatio?: number;
}

/**
 * What a measurement may find, and how often it looks: at all work, and at what is over in less
 * than SHORT_MS.
 */
interface Limits {
  readonly maxRatio: number;
  readonly rounds: number;
  readonly shortRounds: number;
}

/** The shortest CPU time of the same work at a size and at four times the size. */
interface Growth {
  readonly size: number;
  readonly onceMs: number;
  readonly fourTimesMs: number;
}

/**
 * How often work that looks too steep is measured again: large heaps are collected at times that no
 * round of a few can avoid.
 */
const TRIES = 3;
/** How many times the size the first of them has, where the work stays under LONG_MS. */
const MAX_TIMES_SIZE = 8;
const ROUNDS = 3;
/** As many rounds where one is so short that it is over before the code is compiled. */
const MAX_ROUNDS = 12;
const SHORT_MS = 5;
/**
 * Up to here it is surely linear: the part of it that is quadratic would not reach a ratio of 10
 * with MAX_TIMES_SIZE either. What is above is measured again with more before `maxRatio` lets it
 * pass.
 */
const SURELY_LINEAR = 5.3;
/** Rounds of the first measurement: another one costs less than larger input. */
const FIRST_ROUNDS = 8;
/** Less than this for the largest size is not worth a second look: it cannot stop anybody. */
const NEGLIGIBLE_MS = 0.3;
/** Work that takes longer than this is not repeated, nor tried with more. */
const LONG_MS = 200;

/**
 * Fails when the CPU time of the work grows faster than its input. Noise cannot fail it: the
 * shortest of several rounds counts, time of other processes does not, and what looks too steep is
 * measured again with larger sizes. Quadratic work is too steep every time.
 */
export function expectLinear(title: string, work: SizedWork, options: GrowthOptions = {}): void {
  const { size = 150, maxRatio = 10 } = options;
  const first = measureGrowth(work, size, {
    maxRatio: SURELY_LINEAR,
    rounds: FIRST_ROUNDS,
    shortRounds: FIRST_ROUNDS,
  });
  if (first === undefined) return;
  const tried = [first];
  const times = Math.ceil(LONG_MS / first.fourTimesMs);
  let larger = size * Math.min(MAX_TIMES_SIZE, times);
  while (tried.length <= TRIES) {
    const growth = measureGrowth(work, larger, {
      maxRatio,
      rounds: ROUNDS,
      shortRounds: MAX_ROUNDS,
    });
    if (growth === undefined) return;
    tried.push(growth);
    // A collection of the heap that comes with each run weighs less the more there is to do.
    if (growth.fourTimesMs < LONG_MS / 4) larger *= 2;
  }
  const twiceMs = cpuMs(work(size * 2)).toFixed(2);
  expect.fail(
    `${title} takes more than linear time: ${tried.map(printed).join("; ")}; ${size * 2} took ${twiceMs} ms`,
  );
}

/** The shortest CPU time of JSON.parse for a byte of ordinary text that was seen so far. */
let fastestByteMs = 0;

/** How many times what JSON.parse takes for as many bytes of ordinary text a decoder may cost. */
const PARSE_TIMES = 75;

/**
 * Fails when work on input of so many bytes holds the thread for longer than it may: 50 ms of CPU
 * for 1 MB on a machine that parses 1 MB of ordinary JSON in 2 ms, with a margin of 3. The
 * machine's own speed is measured, so that a slow one passes too.
 */
export function expectCheap(title: string, bytes: number, work: () => unknown): void {
  if (cpuMs(work) <= Math.max(1, fastestByteMs * bytes * PARSE_TIMES)) return;
  const text = JSON.stringify(ordinaryJson(Math.max(bytes, 1 << 18)));
  let [workMs, parseMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    workMs = Math.min(workMs, cpuMs(work));
    const byteMs = cpuMs(() => JSON.parse(text)) / text.length;
    parseMs = Math.min(parseMs, byteMs * bytes);
    if (byteMs > 0) fastestByteMs = Math.min(fastestByteMs || byteMs, byteMs);
    if (round >= ROUNDS && workMs <= Math.max(1, parseMs * PARSE_TIMES)) return;
  }
  const times = `${workMs.toFixed(1)} ms where JSON.parse takes ${parseMs.toFixed(2)} ms`;
  expect.fail(`${title} costs too much for ${bytes} bytes: ${times}`);
}

/**
 * What the work takes; undefined where that grows by no more than the ratio. The larger size goes
 * first, so that the smaller, which it is compared with, runs as compiled code. They take turns, so
 * that both see the machine when it is fast.
 */
function measureGrowth(work: SizedWork, size: number, limits: Limits): Growth | undefined {
  const { maxRatio, rounds, shortRounds } = limits;
  const [large, small] = [work(size * 4), work(size)];
  let [onceMs, fourTimesMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 1; round <= (fourTimesMs < SHORT_MS ? shortRounds : rounds); round += 1) {
    fourTimesMs = Math.min(fourTimesMs, cpuMs(large));
    if (fourTimesMs <= NEGLIGIBLE_MS) return undefined;
    for (let repeat = 1; repeat <= ROUNDS; repeat += 1) onceMs = Math.min(onceMs, cpuMs(small));
    if (fourTimesMs <= onceMs * maxRatio) return undefined;
    if (fourTimesMs > LONG_MS) break;
  }
  return { size, onceMs, fourTimesMs };
}

function printed({ size, onceMs, fourTimesMs }: Growth): string {
  return `${size} took ${onceMs.toFixed(2)} ms, ${size * 4} took ${fourTimesMs.toFixed(2)} ms`;
}

/**
 * The process' clock: the thread's own, process.threadCpuUsage, moves in steps of 4 ms on some
 * kernels.
 */
function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Ordinary JSON of about so many bytes: messages of a conversation. */
function ordinaryJson(bytes: number): unknown {
  const message = {
    role: "user",
    content: "What is the weather in Zürich today, and what will it be tomorrow?",
  };
  return Array.from({ length: Math.ceil(bytes / 95) }, () => message);
}
