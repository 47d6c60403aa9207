import type { Clock } from "../../../core/life.ts";
import type { Take } from "../../../core/reply/flow.ts";
import { type MessageIterator, messagesOf } from "./message-flow.ts";

/** How long a stream may be silent, and what it then says. */
export interface KeepAlive<T> {
  /** A message that clients ignore. */
  readonly beat: T;
  /** In milliseconds, above 0. */
  readonly silenceMs: number;
  readonly clock: Clock;
}

/**
 * Gives what a stream gives, and `beat` each time it is silent for so long. While the reader takes
 * nothing it is not silent: a message more would help nobody. An iterator written out and no
 * generator, which would wait for the stream itself.
 */
export function keepAlive<T>(
  stream: AsyncIterable<T>,
  { beat, silenceMs, clock }: KeepAlive<T>,
): AsyncIterable<T> {
  const source = messagesOf(stream);
  /** What the stream says next, until the reader has it: after a beat it is waited for again. */
  let pending: Promise<IteratorResult<T>> | undefined;
  /** Ends the reader's wait with a beat; undefined while it does not wait. */
  let giveBeat: (() => void) | undefined;
  let sinceMs = clock.nowMs();

  const tick = (): void => {
    const silentMs = clock.nowMs() - sinceMs;
    if (silentMs >= silenceMs) giveBeat?.();
    arm(silentMs >= silenceMs ? silenceMs : silenceMs - silentMs);
  };
  let cancel = (): void => undefined;
  const arm = (delayMs: number): void => {
    cancel = clock.schedule(tick, delayMs);
  };
  arm(silenceMs);

  const next = async (): Promise<IteratorResult<T>> => {
    sinceMs = clock.nowMs();
    pending ??= source.next();
    const beaten = new Promise<void>((resolve) => {
      giveBeat = resolve;
    });
    try {
      const step = await Promise.race([pending, beaten]);
      if (step === undefined) return { done: false, value: beat };
      pending = undefined;
      if (step.done === true) cancel();
      return step;
    } catch (error) {
      cancel();
      throw error;
    } finally {
      giveBeat = undefined;
    }
  };
  /** Hands on what flows; `beat` in a silence, unless the reader has no room. */
  const flow = async (run: Flow<T>, take: Take<readonly T[]>): Promise<void> => {
    let full = false;
    const hand = (messages: readonly T[]): Promise<void> | undefined => {
      sinceMs = clock.nowMs();
      const room = take(messages);
      full = room !== undefined;
      return room?.then(() => {
        full = false;
        sinceMs = clock.nowMs();
      });
    };
    const beatOnce = (): void => {
      if (!full) void hand([beat]);
    };
    giveBeat = beatOnce;
    try {
      await run(hand);
    } finally {
      giveBeat = undefined;
      cancel();
    }
  };
  const leave = async (): Promise<IteratorResult<T>> => {
    cancel();
    await source.return?.();
    return { done: true, value: undefined };
  };
  const run = source.flow;
  const flowing = run && ((take: Take<readonly T[]>) => flow(run, take));
  const iterator: MessageIterator<T> = { next, return: leave, flow: flowing };
  return { [Symbol.asyncIterator]: () => iterator };
}

type Flow<T> = NonNullable<MessageIterator<T>["flow"]>;
