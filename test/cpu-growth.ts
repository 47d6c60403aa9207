import { expect } from "vitest";

/** Makes input of a size, which is not measured, and gives the work on it, which is. The work can be repeated. */
export type SizedWork = (size: number) => () => unknown;

/** What expectLinear measures with. */
export interface GrowthOptions {
  /** The smallest of the three sizes, such as a number of elements; default 1000. */
  readonly size?: number;
  /** How many times the smallest size's time four times the size may take; default 8: linear is 4, quadratic 16. */
  readonly maxRatio?: number;
}

/** CPU time of the same work at a size, twice and four times the size. */
interface Growth {
  readonly size: number;
  readonly milliseconds: readonly [once: number, twice: number, fourTimes: number];
}

const TRIES = 4;
const ROUNDS = 3;
/** As many rounds where they are so short that a pause could hide in one. */
const MAX_ROUNDS = 20;
const SHORT_MS = 6;
/** Less than this for the largest size is not worth a second look: it cannot stop anybody. */
const NEGLIGIBLE_MS = 0.3;
/** Work that takes longer than this is not repeated, nor tried with more. */
const LONG_MS = 200;

/**
 * Fails when the CPU time of the work grows faster than its input. Noise cannot fail it: the shortest of several rounds
 * counts, time of other processes does not, and what looks too steep is measured again with larger sizes. Quadratic work
 * is too steep every time.
 */
export function expectLinear(title: string, work: SizedWork, options: GrowthOptions = {}): void {
  const { size = 1000, maxRatio = 8 } = options;
  const tried: Growth[] = [];
  let next = size;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const growth = measureGrowth(work, next);
    if (isWithin(growth, maxRatio)) return;
    tried.push(growth);
    if (growth.milliseconds[2] < LONG_MS) next *= 2;
  }
  expect.fail(`${title} takes more than linear time: ${tried.map(printed).join("; ")}`);
}

/** How many times what JSON.parse takes for as many bytes of ordinary text a decoder may cost. */
const PARSE_TIMES = 20;

/**
 * Fails when work on input of so many bytes holds the thread for longer than it may: 50 ms of CPU for 1 MB on a machine
 * that parses 1 MB of JSON in 5 ms, with a margin of 2. The machine's own speed is measured, so that a slow one passes too.
 */
export function expectCheap(title: string, bytes: number, work: () => unknown): void {
  const text = JSON.stringify(ordinaryJson(Math.max(bytes, 1 << 18)));
  const tried: string[] = [];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const [workMs, parseMs] = shortest([work, () => JSON.parse(text)]);
    const parseMsOfBytes = (parseMs * bytes) / text.length;
    if (workMs <= Math.max(1, parseMsOfBytes * PARSE_TIMES)) return;
    tried.push(`${workMs.toFixed(1)} ms where JSON.parse takes ${parseMsOfBytes.toFixed(2)} ms`);
  }
  expect.fail(`${title} costs too much for ${bytes} bytes: ${tried.join("; ")}`);
}

/** The larger sizes first, so that the smallest, which they are compared with, runs as compiled code. */
function measureGrowth(work: SizedWork, size: number): Growth {
  const [fourTimes, twice, once] = shortest([work(size * 4), work(size * 2), work(size)]);
  return { size, milliseconds: [once, twice, fourTimes] };
}

function isWithin({ milliseconds: [once, , fourTimes] }: Growth, maxRatio: number): boolean {
  return fourTimes <= NEGLIGIBLE_MS || fourTimes <= once * maxRatio;
}

function printed({ size, milliseconds }: Growth): string {
  const times = milliseconds.map((time) => time.toFixed(2)).join(", ");
  return `${size}, ${size * 2}, ${size * 4} took ${times} ms`;
}

/** The shortest CPU milliseconds of each work. They take turns, so that all see the machine when it is fast and slow. */
function shortest<Works extends readonly (() => unknown)[]>(
  works: readonly [...Works],
): { [At in keyof Works]: number } {
  const best = works.map(() => Number.POSITIVE_INFINITY);
  let total = 0;
  for (let round = 0; round < MAX_ROUNDS && total < (round < ROUNDS ? LONG_MS : SHORT_MS); round++) {
    for (const [at, work] of works.entries()) {
      const took = cpuMs(work);
      best[at] = Math.min(best[at] ?? took, took);
      total += took;
    }
  }
  // One number for each work, which map cannot say.
  return best as { [At in keyof Works]: number };
}

/** The process' clock: the thread's own, process.threadCpuUsage, moves in steps of 4 ms on some kernels. */
function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Ordinary JSON of about so many bytes: messages of a conversation. */
function ordinaryJson(bytes: number): unknown {
  const message = { role: "user", content: "What is the weather in Zürich today, and what will it be tomorrow?" };
  return Array.from({ length: Math.ceil(bytes / 95) }, () => message);
}
