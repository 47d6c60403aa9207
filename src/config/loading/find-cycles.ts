import type { Steps } from "../../core/steps.ts";

/**
 * The cycles that a depth-first walk in the order of the map runs into, each as the names along it;
 * the last leads back to the first. Empty exactly when there is no cycle. Names without edges of
 * their own are ends. The walk stops at `max` cycles, which may share most of their names; default
 * 10.
 */
export function* findCycles(
  edges: ReadonlyMap<string, readonly string[]>,
  max = 10,
): Steps<readonly (readonly string[])[]> {
  const cycles: string[][] = [];
  const finished = new Set<string>();
  for (const root of edges.keys()) {
    if (cycles.length >= max) break;
    if (!finished.has(root)) yield* walkFrom(root, edges, finished, cycles, max);
  }
  return cycles;
}

/** The walk keeps its own stack, so that a long chain cannot overflow the call stack. */
function* walkFrom(
  root: string,
  edges: ReadonlyMap<string, readonly string[]>,
  finished: Set<string>,
  cycles: string[][],
  max: number,
): Steps<void> {
  const trail = [{ name: root, next: 0 }];
  const position = new Map([[root, 0]]);
  for (let step = trail.at(-1); step !== undefined && cycles.length < max; step = trail.at(-1)) {
    yield;
    const next = edges.get(step.name)?.[step.next++];
    if (next === undefined) {
      finished.add(step.name);
      position.delete(step.name);
      trail.pop();
      continue;
    }
    const start = position.get(next);
    if (start !== undefined) cycles.push(trail.slice(start).map(({ name }) => name));
    else if (!finished.has(next) && edges.has(next)) {
      position.set(next, trail.length);
      trail.push({ name: next, next: 0 });
    }
  }
}
