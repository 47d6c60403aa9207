/**
 * Loaded before the gateway (`node --expose-gc --import`). Tells its parent over IPC how long the
 * event loop was blocked, in CPU time of its thread, and what the process holds. It keeps the
 * process alive for nothing, and ends it with its parent.
 */
import { readdirSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";

/**
 * What a parent can ask. `usage` as it is, `holdings` after garbage was collected; `reset` forgets
 * the longest stretch.
 */
export interface MeterQuestion {
  readonly id: number;
  readonly ask: "reset" | "usage" | "holdings";
}

/** The answer of any question. */
export interface MeterAnswer {
  readonly id: number;
  readonly usage: MeterUsage;
}

/**
 * Told unasked: one turn of the event loop took more CPU time than the limit. Times are those of
 * Date.now().
 */
export interface Stall {
  readonly stallMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the process holds, in the units of the names. */
export interface MeterUsage {
  /** The most CPU time that one turn of the event loop took since the last reset. */
  readonly stretchMs: number;
  readonly heapBytes: number;
  /** Memory of buffers, outside of the heap. */
  readonly bufferBytes: number;
  readonly residentBytes: number;
  readonly peakResidentBytes: number;
  /** Open sockets of node, and open descriptors where the system tells them. */
  readonly sockets: number;
  readonly descriptors: number;
  readonly cpuMs: number;
}

const tickMs = 2;
const limitMs = Number(process.env.PARLANCE_FUZZ_STALL_MS ?? "200");

let usedMs = threadMs();
let seenMs = Date.now();
let stretchMs = 0;

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/**
 * A timer that is due runs in each turn of the loop, so what was used since the last one is at most
 * a turn and a tick.
 */
function look(): void {
  const nowMs = threadMs();
  const spentMs = nowMs - usedMs;
  const toMs = Date.now();
  usedMs = nowMs;
  if (spentMs > stretchMs) stretchMs = spentMs;
  if (spentMs > limitMs) process.send?.({ stallMs: spentMs, fromMs: seenMs, toMs } satisfies Stall);
  seenMs = toMs;
}

async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await turn();
  }
}

function usage(): MeterUsage {
  const { heapUsed, external, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const sockets = process
    .getActiveResourcesInfo()
    .filter((kind) => /^(TCPSocket|TLS|Pipe)Wrap$/.test(kind));
  return {
    stretchMs,
    heapBytes: heapUsed,
    bufferBytes: external,
    residentBytes: rss,
    peakResidentBytes: process.resourceUsage().maxRSS * 1024,
    sockets: sockets.length,
    descriptors: countDescriptors(),
    cpuMs: (user + system) / 1000,
  };
}

/** On Linux; elsewhere 0, and the sockets have to do. */
function countDescriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}

process.on("message", async ({ id, ask }: MeterQuestion) => {
  look();
  if (ask === "holdings") await collectGarbage();
  process.send?.({ id, usage: usage() } satisfies MeterAnswer);
  if (ask === "reset") stretchMs = 0;
  // Its own work does not count.
  usedMs = threadMs();
  seenMs = Date.now();
});
setInterval(look, tickMs).unref();
process.once("disconnect", () => process.exit(0));
process.channel?.unref();
