import { expect, it } from "vitest";
import { keepAlive } from "../../../../src/edge/connect/streams/keep-alive.ts";
import { messagesOf } from "../../../../src/edge/connect/streams/message-flow.ts";
import { createFakeClock } from "../../../fake-clock.ts";

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

it("beats in the silences of a stream that flows, but not while its reader has no room", async () => {
  const clock = createFakeClock();
  const end = Promise.withResolvers<void>();
  let hand: (messages: readonly string[]) => Promise<void> | undefined = () => undefined;
  const flow = (take: typeof hand): Promise<void> => {
    hand = take;
    return end.promise;
  };
  const next = (): Promise<IteratorResult<string>> => Promise.reject(new Error("it flows"));
  const stream = { [Symbol.asyncIterator]: () => ({ next, flow }) };
  const reader = messagesOf(keepAlive(stream, { beat: "beat", silenceMs: 10, clock }));
  const taken: string[] = [];
  let room: Promise<void> | undefined;
  const over = reader.flow?.((messages) => {
    for (const message of messages) taken.push(message);
    return room;
  });
  clock.advance(10);
  hand(["a", "b"]);
  clock.advance(9);
  expect(taken).toEqual(["beat", "a", "b"]);
  const full = Promise.withResolvers<void>();
  room = full.promise;
  const waited = hand(["c"]);
  clock.advance(1000);
  room = undefined;
  full.resolve();
  await waited;
  clock.advance(9);
  expect(taken).toEqual(["beat", "a", "b", "c"]);
  clock.advance(10);
  expect(taken.at(-1)).toBe("beat");
  end.resolve();
  await over;
  expect(clock.waiting()).toBe(0);
});
