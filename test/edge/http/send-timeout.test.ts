import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Sender, watchSenders } from "../../../src/edge/http/send-timeout.ts";

const timeoutMs = 8_000;
const lookMs = timeoutMs / 8;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A sender as a test sets it, which counts how often it is dropped. */
function senderWith(state: { waiting: number; sent: number }) {
  let drops = 0;
  const sender: Sender & { readonly drops: number } = {
    get waiting() {
      return state.waiting;
    },
    get sent() {
      return state.sent;
    },
    get drops() {
      return drops;
    },
    drop() {
      drops += 1;
    },
  };
  return sender;
}

it("drops who takes nothing for the time, and no sooner", () => {
  const sender = senderWith({ waiting: 1, sent: 5 });
  watchSenders(() => [sender], timeoutMs);
  vi.advanceTimersByTime(timeoutMs);
  expect(sender.drops).toBe(0);
  vi.advanceTimersByTime(lookMs);
  expect(sender.drops).toBe(1);
});

it("never drops who takes a byte between two looks, however long the reply", () => {
  const state = { waiting: 1_000_000, sent: 0 };
  const sender = senderWith(state);
  watchSenders(() => [sender], timeoutMs);
  for (let round = 0; round < 20; round += 1) {
    vi.advanceTimersByTime(timeoutMs - lookMs);
    state.sent += 1;
  }
  expect(sender.drops).toBe(0);
});

it("never drops whom nothing is to be sent to", () => {
  const sender = senderWith({ waiting: 0, sent: 5 });
  watchSenders(() => [sender], timeoutMs);
  vi.advanceTimersByTime(100 * timeoutMs);
  expect(sender.drops).toBe(0);
});

it("drops again at each look who is still there", () => {
  const sender = senderWith({ waiting: 1, sent: 5 });
  watchSenders(() => [sender], timeoutMs);
  vi.advanceTimersByTime(timeoutMs + 3 * lookMs);
  expect(sender.drops).toBe(3);
});

it("looks no more once it is ended", () => {
  const sender = senderWith({ waiting: 1, sent: 5 });
  watchSenders(() => [sender], timeoutMs)();
  vi.advanceTimersByTime(100 * timeoutMs);
  expect([sender.drops, vi.getTimerCount()]).toEqual([0, 0]);
});
