import { expect, it } from "vitest";
import { keepAlive } from "../../../src/edge/connect/keep-alive.ts";
import { createFakeClock } from "../../fake-clock.ts";

/** A stream whose steps come when the test says so. */
function startKeepAlive() {
  const clock = createFakeClock();
  const steps: PromiseWithResolvers<IteratorResult<string>>[] = [];
  let left = false;
  const source: AsyncIterator<string> = {
    next() {
      const step = Promise.withResolvers<IteratorResult<string>>();
      steps.push(step);
      return step.promise;
    },
    return() {
      left = true;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  const stream = { [Symbol.asyncIterator]: () => source };
  const reader = keepAlive(stream, { beat: "beat", silenceMs: 10, clock })[Symbol.asyncIterator]();
  return { clock, steps, reader, left: () => left };
}

it("loses nothing that comes between a beat and the next look", async () => {
  const { clock, steps, reader } = startKeepAlive();
  const first = reader.next();
  clock.advance(10);
  expect(await first).toEqual({ done: false, value: "beat" });
  steps[0]?.resolve({ done: false, value: "a" });
  await Promise.resolve();
  expect(await reader.next()).toEqual({ done: false, value: "a" });
  expect(steps).toHaveLength(1);
});

it("beats once for each silence, and not while the reader takes nothing", async () => {
  const { clock, steps, reader } = startKeepAlive();
  for (let beat = 0; beat < 3; beat++) {
    const next = reader.next();
    clock.advance(10);
    expect(await next).toEqual({ done: false, value: "beat" });
  }
  clock.advance(1000);
  const next = reader.next();
  clock.advance(9);
  steps[0]?.resolve({ done: false, value: "a" });
  expect(await next).toEqual({ done: false, value: "a" });
});

it("ends its timer with the stream: at its end, its failure, and where the reader leaves", async () => {
  const ended = startKeepAlive();
  const last = ended.reader.next();
  ended.steps[0]?.resolve({ done: true, value: undefined });
  expect(await last).toEqual({ done: true, value: undefined });
  expect(ended.clock.waiting()).toBe(0);

  const failed = startKeepAlive();
  const failure = failed.reader.next();
  failed.steps[0]?.reject(new Error("broken"));
  await expect(failure).rejects.toThrow("broken");
  expect(failed.clock.waiting()).toBe(0);

  const abandoned = startKeepAlive();
  await abandoned.reader.return?.();
  expect(abandoned.left()).toBe(true);
  expect(abandoned.clock.waiting()).toBe(0);
});
