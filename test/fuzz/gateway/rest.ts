import { setTimeout as pause } from "node:timers/promises";
import type { VendorCounts } from "../vendor/vendor-worker.ts";
import type { MeterQuestion, MeterUsage } from "./meter.ts";

/** What can be asked what it holds. */
export interface Meterable {
  ask(question: MeterQuestion["ask"]): Promise<MeterUsage>;
}

/** Who knows of connections to vendors. */
export interface VendorSide {
  ask(question: "close_idle"): Promise<VendorCounts>;
}

/**
 * How much more than at its start a gateway may hold at rest: the newest 2,048 calls and their sums,
 * which are kept in memory without a database, are most of it.
 */
export const margins = { sockets: 4, descriptors: 6, heapBytes: 32e6, bufferBytes: 24e6 } as const;

/** How often is looked, and after how long. */
export interface Tries {
  readonly steps: number;
  readonly stepMs: number;
}

/** Longer than the gateway's bounds of time. Steps count, so a busy machine is no matter. */
const patient: Tries = { steps: 150, stepMs: 100 };

/** How often memory is looked at: it comes down with the next collections, or not at all. */
const collections = 5;

/**
 * What a gateway held more than at its start, when it had had time to come to rest; empty for
 * nothing.
 */
export interface Holdings {
  readonly usage: MeterUsage;
  readonly problems: readonly string[];
}

/** Waits until no call runs and the sockets stay as they are; what the gateway holds then. */
export async function rest(gateway: Meterable, vendors: VendorSide): Promise<MeterUsage> {
  const { steps, stepMs } = patient;
  let sockets = -1;
  for (let step = 0; step < steps; step += 1) {
    const { active, connections } = await vendors.ask("close_idle");
    const usage = await gateway.ask("usage");
    if (active === 0 && connections === 0 && usage.sockets === sockets) break;
    sockets = usage.sockets;
    await pause(stepMs);
  }
  return gateway.ask("holdings");
}

/** Waits until a gateway is back at its start, but not for ever, and says what it still holds. */
export async function judgeHoldings(
  gateway: Meterable,
  vendors: VendorSide,
  start: MeterUsage,
  tries = patient,
): Promise<Holdings> {
  const connections = await waitForConnections(gateway, vendors, start, tries);
  for (let collection = 1; ; collection += 1) {
    const usage = await gateway.ask("holdings");
    const memory = grown(usage, start, ["heapBytes", "bufferBytes"]);
    if (memory.length === 0 || collection === collections)
      return { usage, problems: [...connections, ...memory] };
    await pause(tries.stepMs);
  }
}

async function waitForConnections(
  gateway: Meterable,
  vendors: VendorSide,
  start: MeterUsage,
  { steps, stepMs }: Tries,
): Promise<string[]> {
  for (let step = 1; ; step += 1) {
    const counts = await vendors.ask("close_idle");
    const usage = await gateway.ask("usage");
    const problems = [...runningCalls(counts), ...grown(usage, start, ["sockets", "descriptors"])];
    if (problems.length === 0 || step === steps) return problems;
    await pause(stepMs);
  }
}

function runningCalls({ active, strayed }: VendorCounts): string[] {
  const problems: string[] = [];
  if (active > 0) problems.push(`${active} calls to vendors still run`);
  if (strayed > 0) problems.push(`${strayed} redirects were followed`);
  return problems;
}

function grown(
  usage: MeterUsage,
  start: MeterUsage,
  names: readonly (keyof typeof margins)[],
): string[] {
  return names
    .filter((name) => usage[name] > start[name] + margins[name])
    .map((name) => `${name}: ${usage[name]} after ${start[name]} at the start`);
}
