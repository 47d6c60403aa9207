import type { Target } from "../../core/target/target.ts";
import { ModelQueue } from "./model-queue.ts";

/** What the queues need of the counts of calls under way. */
export interface Freeing {
  /** Says that calls of this thread wait for a slot of a target, or that they wait no longer. */
  watch(target: Target, waits: boolean): void;
  /** Calls `run` when this thread may take a slot that was given back, in it or another. */
  onFreed(run: () => void): void;
}

/** The queues of all models, which outlive a reload of the config. */
export interface Queues {
  /** The queue of a model, in which calls wait for these targets. */
  of(model: string, targets: readonly Target[]): ModelQueue;
}

/** Queues that are kept at most while nothing waits in them; names of models come from callers. */
const maxIdle = 1000;

/** A queue with the targets that its calls wait for. */
interface KnownQueue {
  readonly queue: ModelQueue;
  targets: readonly Target[];
  watched: readonly Target[] | undefined;
}

/** Makes queues. `wallMs` is the time of day in milliseconds since 1970. */
export function createQueues(freeing: Freeing, wallMs: () => number): Queues {
  const known = new Map<string, KnownQueue>();
  /** In the order in which they look for what became free; the last to look is the last again. */
  const waiting = new Set<KnownQueue>();
  const watch = (one: KnownQueue, waits: boolean): void => {
    for (const target of one.watched ?? []) freeing.watch(target, false);
    one.watched = waits ? one.targets : undefined;
    for (const target of one.watched ?? []) freeing.watch(target, true);
    if (waits) waiting.add(one);
    else waiting.delete(one);
  };
  freeing.onFreed(() => {
    for (const one of [...waiting]) {
      waiting.delete(one);
      waiting.add(one);
      one.queue.look();
    }
  });
  const open = (name: string, targets: readonly Target[]): KnownQueue => {
    if (known.size >= maxIdle)
      for (const [old, { queue }] of known) if (queue.idle) known.delete(old);
    const view = { wallMs, watch: (waits: boolean) => watch(made, waits) };
    const made: KnownQueue = { queue: new ModelQueue(name, view), targets, watched: undefined };
    known.set(name, made);
    return made;
  };
  return {
    of(name, targets) {
      const one = known.get(name) ?? open(name, targets);
      if (one.targets !== targets) {
        one.targets = targets;
        if (one.watched !== undefined) watch(one, true);
      }
      return one.queue;
    },
  };
}
