import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Life } from "../../../src/core/life.ts";
import type { Target } from "../../../src/core/target/target.ts";
import type { Seeker } from "../../../src/policies/queue/model-queue.ts";
import { createQueues } from "../../../src/policies/queue/queues.ts";
import { createInFlight, type InFlight } from "../../../src/policies/routing/limits/in-flight.ts";
import { createSharedState, createStateMemory } from "../../../src/state/shared-state.ts";
import { createMemoryState } from "../../../src/state/state.ts";
import { callOf } from "../../calls.ts";
import { createFakeClock, type FakeClock } from "../../fake-clock.ts";

const bounds = { maxWaiting: 8, maxWaitMs: 1_000_000 };

function seekerOf(clock: FakeClock, inFlight: InFlight, target: Target, name = "k"): Seeker {
  const max = target.maxInFlight ?? 0;
  return {
    call: callOf({ life: new Life(clock) }),
    priority: 128,
    shares: [{ name, weight: 1 }],
    room: () => ({ kind: inFlight.of(target).held() < max ? "go" : "busy" }),
  };
}

/** Lets promises that are settled run what follows them. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

/** Calls that enter a queue, end and leave it. */
class Load {
  readonly clock = createFakeClock();
  readonly inFlight = createInFlight(createMemoryState());
  readonly target: Target;
  readonly under: Seeker[] = [];
  readonly waiting: Seeker[] = [];
  entered = 0;
  ended = 0;
  readonly #queue;

  constructor(max: number) {
    this.target = { provider: "a", model: "x", maxInFlight: max };
    this.#queue = createQueues(this.inFlight, this.clock.nowMs).of("m", [this.target]);
  }

  enter({ name }: { readonly name: string }): void {
    this.entered += 1;
    void this.#run(seekerOf(this.clock, this.inFlight, this.target, name));
  }

  end({ at }: { readonly at: number }): void {
    const done = this.under.splice(at % Math.max(1, this.under.length), 1);
    if (done.length === 0) return;
    this.ended += 1;
    this.inFlight.give(this.target);
  }

  leave({ at }: { readonly at: number }): void {
    this.waiting[at % Math.max(1, this.waiting.length)]?.call.life.abort();
  }

  check(): void {
    const max = this.target.maxInFlight ?? 0;
    expect(this.under.length).toBe(this.inFlight.of(this.target).held());
    expect(this.under.length).toBeLessThanOrEqual(max);
    expect(this.#queue.size).toBeLessThanOrEqual(bounds.maxWaiting);
    expect(this.#queue.size).toBe(this.waiting.length);
    expect(this.#queue.size > 0 && this.under.length < max).toBe(false);
    expect(this.entered).toBe(this.ended + this.under.length + this.waiting.length);
  }

  async abandon(): Promise<void> {
    for (const { call } of [...this.waiting]) call.life.abort();
    await turns();
    expect(this.#queue.idle).toBe(true);
    expect(this.clock.waiting()).toBe(0);
  }

  async #run(seeker: Seeker): Promise<void> {
    this.waiting.push(seeker);
    try {
      const waitedMs = await this.#queue.enter(seeker, bounds);
      expect(this.inFlight.of(this.target).take(this.target.maxInFlight ?? 0)).toBe(true);
      if (waitedMs !== undefined) this.#queue.began();
      this.under.push(seeker);
    } catch {
      this.ended += 1;
    } finally {
      this.waiting.splice(this.waiting.indexOf(seeker), 1);
    }
  }
}

describe("the queue of a model", () => {
  it("uses every slot that is free while calls wait, never more, and loses no call", async () => {
    const step = fc.record({
      kind: fc.constantFrom("enter" as const, "enter" as const, "end" as const, "leave" as const),
      name: fc.constantFrom("a", "b", "c"),
      at: fc.nat(20),
    });
    const max = fc.integer({ min: 1, max: 3 });
    await fc.assert(
      fc.asyncProperty(max, fc.array(step, { maxLength: 50 }), async (slots, steps) => {
        const load = new Load(slots);
        for (const one of steps) {
          load[one.kind](one);
          await turns();
          load.check();
        }
        await load.abandon();
      }),
    );
  });

  it("hears of a slot that another thread gives back", async () => {
    const memory = createStateMemory(2);
    const clock = createFakeClock();
    const target: Target = { provider: "a", model: "x", maxInFlight: 1 };
    const [here, there] = [0, 1].map((thread) => createInFlight(createSharedState(memory, thread)));
    if (here === undefined || there === undefined) throw new Error("two threads");
    expect(there.of(target).take(1)).toBe(true);
    const queue = createQueues(here, clock.nowMs).of("m", [target]);
    const turn = queue.enter(seekerOf(clock, here, target), bounds);
    expect(turn).toBeInstanceOf(Promise);
    there.give(target);
    await turn;
    expect(here.of(target).take(1)).toBe(true);
    queue.began();
    expect(queue.idle).toBe(true);
    expect(there.of(target).othersWait()).toBe(false);
  });

  it("watches targets that other queues watch for as long as one of them does", () => {
    const memory = createStateMemory(2);
    const clock = createFakeClock();
    const target: Target = { provider: "a", model: "x", maxInFlight: 1 };
    const here = createInFlight(createSharedState(memory, 0));
    const there = createInFlight(createSharedState(memory, 1));
    there.of(target).take(1);
    const queues = createQueues(here, clock.nowMs);
    const seekers = ["m", "n"].map((name) => {
      const seeker = seekerOf(clock, here, target);
      queues
        .of(name, [target])
        .enter(seeker, bounds)
        ?.catch(() => undefined);
      return seeker;
    });
    seekers[0]?.call.life.abort();
    expect(there.of(target).othersWait()).toBe(true);
    seekers[1]?.call.life.abort();
    expect(there.of(target).othersWait()).toBe(false);
  });
});
