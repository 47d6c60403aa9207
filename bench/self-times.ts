import { median } from "./statistics.ts";

/** The parts of V8's `.cpuprofile` format that are read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

/** Time spent in one function itself, without what it called. */
export interface SelfTime {
  /** Name, file and line. */
  readonly place: string;
  readonly selfUs: number;
  /** Part of all time that was not idle, 0 to 1. */
  readonly share: number;
}

/**
 * A sample that came later than this many times the usual interval waited for a core; the wait is
 * not the function's.
 */
const lateFactor = 3;

/**
 * Sums a profile by function, most expensive first. Idle time, the profiler itself, and time in
 * which other processes had the core are left out.
 */
export function selfTimes(profile: CpuProfile): readonly SelfTime[] {
  const places = new Map(profile.nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const sums = new Map<string, number>();
  const mostUs = lateFactor * median(profile.timeDeltas);
  let busyUs = 0;
  for (const [index, id] of profile.samples.entries()) {
    const place = places.get(id) ?? "(unknown)";
    const spentUs = Math.min(profile.timeDeltas[index] ?? 0, mostUs);
    if (place === "(idle)" || place.includes(" node:inspector:")) continue;
    busyUs += spentUs;
    sums.set(place, (sums.get(place) ?? 0) + spentUs);
  }
  return [...sums]
    .map(([place, selfUs]) => ({ place, selfUs, share: selfUs / busyUs }))
    .toSorted((left, right) => right.selfUs - left.selfUs);
}

function placeOf({
  functionName,
  url,
  lineNumber,
}: CpuProfile["nodes"][number]["callFrame"]): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  const file = url
    .replace(/^file:\/\//, "")
    .replace(/^.*\/(?=(?:src|gen|node_modules|bench)\/)/, "");
  return `${name} ${file}:${lineNumber + 1}`;
}
