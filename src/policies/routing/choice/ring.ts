import type { WeightedTarget } from "../../../config/settings.ts";
import type { WeightedList } from "./draws.ts";

/** Targets on a ring of hashes: a key belongs to the target of the next point. */
export interface Ring {
  /** Ascending. */
  readonly points: Uint32Array;
  /** The place in the list of each point's target. */
  readonly owners: Uint32Array;
}

/** Points of a target of average weight; of many targets fewer, so that a ring stays small. */
const pointsOfTarget = 100;
const maxPoints = 40_000;

/**
 * The ring of a list, made once for it. A target has points by its weight, at places that depend on
 * its name alone: when another comes or goes, only keys of that one move.
 */
export function ringOf(list: WeightedList): Ring {
  const found = known.get(list);
  if (found !== undefined) return found;
  const { targets, total } = list;
  const each = Math.min(pointsOfTarget, maxPoints / targets.length);
  const points: { at: number; owner: number }[] = [];
  for (const [owner, { provider, model, weight }] of targets.entries()) {
    const count = Math.max(1, Math.round((weight * targets.length * each) / total));
    for (let index = 0; index < count; index += 1)
      points.push({ at: hashText(`${provider}\n${model}\n${index}`), owner });
  }
  points.sort((one, other) => one.at - other.at || one.owner - other.owner);
  const made: Ring = {
    points: Uint32Array.from(points, ({ at }) => at),
    owners: Uint32Array.from(points, ({ owner }) => owner),
  };
  known.set(list, made);
  return made;
}

const known = new WeakMap<WeightedList, Ring>();

/** The targets of a list in the order of a key's way round the ring, each once. */
export function* roundFrom(list: WeightedList, key: string): IterableIterator<WeightedTarget> {
  const { points, owners } = ringOf(list);
  const seen = new Set<number>();
  const start = firstFrom(points, hashText(key));
  for (let step = 0; step < points.length && seen.size < list.targets.length; step += 1) {
    const owner = owners[(start + step) % points.length] ?? 0;
    if (seen.has(owner)) continue;
    seen.add(owner);
    const target = list.targets[owner];
    if (target !== undefined) yield target;
  }
}

/** The place of the first point at or after a hash; 0 beyond the last. */
function firstFrom(points: Uint32Array, hash: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle] ?? 0) < hash) low = middle + 1;
    else high = middle;
  }
  return low % Math.max(1, points.length);
}

/** 32 bits of FNV-1a, mixed so that similar texts are far apart. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
