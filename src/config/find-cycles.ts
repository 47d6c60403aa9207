/**
 * The cycles that a depth-first walk in the order of the map runs into, each
 * as the names along it; the last leads back to the first. Empty exactly when
 * there is no cycle. Names without edges of their own are ends.
 */
export function findCycles(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const cycles: string[][] = [];
  const finished = new Set<string>();
  for (const root of edges.keys()) {
    // The walk keeps its own stack, so that a long chain cannot overflow the call stack.
    const trail: { name: string; next: number }[] = finished.has(root) ? [] : [{ name: root, next: 0 }];
    const position = new Map(trail.map((step, index) => [step.name, index]));
    for (let step = trail.at(-1); step !== undefined; step = trail.at(-1)) {
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
  return cycles;
}
