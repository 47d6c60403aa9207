import { setTimeout as pause } from "node:timers/promises";
import type { Finding, Report } from "./finding.ts";
import type { FuzzPart, RunningPart } from "./fuzz-part.ts";
import { blocked, type FuzzWorld, type GatewayEvent } from "./fuzz-world.ts";
import { judgeHoldings } from "./gateway/rest.ts";
import { createRandom } from "./random.ts";

/** What came of a part. */
export interface PartResult {
  readonly findings: readonly Finding[];
  /** How many cases were played: fewer than asked for where time was up. */
  readonly played: number;
  /** What the gateways held at the end, for people. */
  readonly notes: readonly string[];
}

/** When a case was played, on Date.now(). */
interface Played {
  readonly at: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** How long a part may begin new cases, on the wall: a busy machine plays fewer. */
const limitsMs = { full: 900_000, short: 120_000 } as const;

/** Events are looked for in the log, which is written in batches. */
const logDelayMs = 300;

/** How long cases are played again to find out which of them an event comes from. */
const explainMs = { full: 120_000, short: 30_000 } as const;

/** Cases that are played again for one kind of event. */
const maxSuspects = 40;

/** So often in a row a case must block the loop. */
const blockedTimes = 5;

/** Times in which the loop was blocked that are looked into. */
const maxBlocks = 10;

/**
 * Plays cases of a part, and judges what the gateways did meanwhile and what they hold when it is
 * over.
 */
export async function playPart(
  part: FuzzPart,
  cases: readonly number[],
  world: FuzzWorld,
): Promise<PartResult> {
  const findings: Finding[] = [];
  const reportFor =
    (at?: number): Report =>
    (what, detail, row) =>
      void findings.push({
        part: part.name,
        at,
        what,
        detail,
        ...(row === undefined ? {} : { row }),
      });
  for (const kind of part.gateways) await world.gateway(kind);
  world.takeEvents();
  const running = await part.begin(world);
  const played = await playAll(
    part,
    running,
    cases,
    reportFor,
    world.short ? limitsMs.short : limitsMs.full,
  );
  await pause(logDelayMs);
  await explainEvents({ part, running, world, played, report: reportFor });
  await running.end?.(reportFor());
  const notes = await judgeGateways(part, world, reportFor());
  await pause(logDelayMs);
  for (const event of world.takeEvents()) reportFor()(event.what, event.detail);
  return { findings, played: played.length, notes };
}

/** The cases of a run: all, those of a short run, or one. */
export function casesOf(
  part: FuzzPart,
  options: { readonly seed: number; readonly short: boolean; readonly at: number | undefined },
): readonly number[] {
  if (options.at !== undefined) return [options.at];
  const all = Array.from({ length: part.count }, (_, at) => at);
  return options.short ? drawn(all, part.short, createRandom(options.seed, part.name)) : all;
}

/** Some of a list, in an order of chance. */
function drawn(list: number[], count: number, random: ReturnType<typeof createRandom>): number[] {
  for (let at = 0; at < Math.min(count, list.length); at += 1) {
    const other = at + random.int(list.length - at);
    const here = list[at] ?? 0;
    list[at] = list[other] ?? 0;
    list[other] = here;
  }
  return list.slice(0, count);
}

async function playAll(
  part: FuzzPart,
  running: RunningPart,
  cases: readonly number[],
  reportFor: (at?: number) => Report,
  limitMs: number,
): Promise<Played[]> {
  const played: Played[] = [];
  const stopMs = Date.now() + limitMs;
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = cases[next++]; at !== undefined && Date.now() < stopMs; at = cases[next++]) {
      const fromMs = Date.now();
      await playCase(running, at, reportFor(at));
      played.push({ at, fromMs, toMs: Date.now() });
    }
  };
  await Promise.all(Array.from({ length: Math.min(part.concurrency, cases.length) }, lane));
  return played;
}

async function playCase(running: RunningPart, at: number, report: Report): Promise<void> {
  try {
    await running.run(at, report);
  } catch (error) {
    report(
      "the attack itself failed",
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
  }
}

interface Scene {
  readonly part: FuzzPart;
  readonly running: RunningPart;
  readonly world: FuzzWorld;
  readonly played: readonly Played[];
  readonly report: (at?: number) => Report;
}

/**
 * Finds the case that an event comes from: each that ran at that time is played again by itself. A
 * turn of the loop that was too long only because much came at once, or because the machine was
 * busy, does not come again and is none.
 */
async function explainEvents(scene: Scene): Promise<void> {
  const { world, played, report } = scene;
  const stopMs = Date.now() + (world.short ? explainMs.short : explainMs.full);
  const known = new Set<number>();
  for (const event of worthExplaining(world.takeEvents())) {
    const suspects = suspectsOf(event, played);
    // The same case may well have blocked the loop more than once.
    if (event.what === blocked && suspects.some((at) => known.has(at))) continue;
    const cause = await findCause(scene, event, suspects, stopMs);
    if (cause !== undefined) known.add(cause);
    const unclear = cause === undefined && (event.what !== blocked || Date.now() > stopMs);
    if (unclear) report()(event.what, event.detail);
  }
}

/** One event of each kind, and the longest times in which the loop was blocked. */
function worthExplaining(events: readonly GatewayEvent[]): readonly GatewayEvent[] {
  const kinds = Map.groupBy(
    events,
    ({ what, detail }) => `${what} ${detail.split("\n")[0]?.replaceAll(/\d+/g, "N")}`,
  );
  const lengthMs = ({ fromMs, toMs }: GatewayEvent): number => toMs - fromMs;
  return [...kinds.values()].flatMap((kind) =>
    kind[0]?.what === blocked
      ? kind.sort((one, other) => lengthMs(other) - lengthMs(one)).slice(0, maxBlocks)
      : kind.slice(0, 1),
  );
}

/** Plays suspects until one does it again. */
async function findCause(
  scene: Scene,
  event: GatewayEvent,
  suspects: readonly number[],
  stopMs: number,
): Promise<number | undefined> {
  for (const at of suspects) {
    if (Date.now() > stopMs) return undefined;
    const again = await seenAgain(scene, event, at);
    if (again === undefined) continue;
    scene.report(at)(again.what, again.detail);
    return at;
  }
  return undefined;
}

/**
 * Plays a case again, and says what came of it that is like an event. The loop must be blocked each
 * time: on a busy machine a turn takes up to twice as much CPU time, now and then.
 */
async function seenAgain(
  { part, running, world }: Scene,
  { what }: GatewayEvent,
  at: number,
): Promise<GatewayEvent | undefined> {
  let again: GatewayEvent | undefined;
  for (let time = 0; time < (what === blocked ? blockedTimes : 1); time += 1) {
    for (const kind of part.gateways) await world.gateway(kind);
    await playCase(running, at, () => undefined);
    await pause(logDelayMs);
    again = world.takeEvents().find((event) => event.what === what);
    if (again === undefined) return undefined;
  }
  return again;
}

/** The cases that ran while something happened, those that began last before it first. */
function suspectsOf({ fromMs, toMs }: GatewayEvent, played: readonly Played[]): number[] {
  return played
    .filter((each) => each.fromMs <= toMs && each.toMs >= fromMs)
    .sort((one, other) => other.fromMs - one.fromMs)
    .slice(0, maxSuspects)
    .map(({ at }) => at);
}

async function judgeGateways(part: FuzzPart, world: FuzzWorld, report: Report): Promise<string[]> {
  const notes: string[] = [];
  for (const kind of part.gateways) {
    const { process, start } = await world.gateway(kind);
    const { usage, problems } = await judgeHoldings(process, world.vendors, start);
    for (const problem of problems)
      report("the gateway holds on to something", `${kind}: ${problem}`);
    const megabytes = (bytes: number): number => Math.round(bytes / 1e6);
    notes.push(
      `${kind}: heap ${megabytes(start.heapBytes)} -> ${megabytes(usage.heapBytes)} MB, resident ${megabytes(usage.residentBytes)} MB ` +
        `(peak ${megabytes(usage.peakResidentBytes)}), sockets ${start.sockets} -> ${usage.sockets}, ` +
        `longest turn ${Math.round(usage.stretchMs)} ms`,
    );
    await process.ask("reset");
  }
  return notes;
}
