import { describe, expect, it } from "vitest";
import { AlertEvent } from "../../gen/parlance/config/v1/alert_pb.js";
import type { Alert, Happening } from "../../src/alerts/alert.ts";
import { AlertBook, type AlertSharing } from "../../src/alerts/alert-book.ts";
import type { EntryOwner } from "../../src/state/shared-entries.ts";
import { createMemoryState } from "../../src/state/state.ts";
import { createFakeClock } from "../fake-clock.ts";

const down: Happening = {
  event: AlertEvent.TARGET_DOWN,
  about: "a/b",
  title: "target a/b is down",
  text: "it fails",
};
const settleMs = 60_000;

/** Books of gateways that share a Redis, as far as a test lets it answer. */
function createGateways(count: number) {
  const clock = createFakeClock();
  const sent: Alert[] = [];
  const world = { isUp: true };
  const claims = new Set<string>();
  const owners: EntryOwner[] = [];
  const redis: AlertSharing["redis"] = {
    key: (kind, ...names) => [kind, ...names].join(" "),
    isUp: () => world.isUp,
    call: async ([, key = ""]) => {
      const isNew = !claims.has(String(key));
      claims.add(String(key));
      return { ok: true, value: isNew ? Buffer.from("OK") : null };
    },
  };
  const books = Array.from({ length: count }, () => {
    const book = new AlertBook({
      state: createMemoryState(),
      wallMs: () => Date.UTC(2026, 10, 30) + clock.nowMs(),
      schedule: clock.schedule,
      settleMs: () => settleMs,
      send: (alert) => void sent.push(alert),
    });
    book.connect({
      redis,
      share(_, owner) {
        owners.push(owner);
        return {
          write(name, text) {
            if (!world.isUp) return;
            for (const other of owners)
              if (other !== owner) other.onEntry({ name, text, ageMs: 0 });
          },
          again: () => undefined,
          close: () => undefined,
        };
      },
    });
    return book;
  });
  const states = async (): Promise<readonly string[]> => {
    await new Promise((resolve) => setImmediate(resolve));
    return sent.map(({ state }) => state);
  };
  return { books, clock, sent, world, states };
}

describe("gateways that share a Redis tell once", () => {
  it("what begins at one and ends at another", async () => {
    const { books, clock, sent, states } = createGateways(2);
    const [one, other] = books;
    one?.begin(down);
    other?.begin(down);
    expect(await states()).toEqual(["raised"]);
    other?.end({ ...down, text: "it works" });
    clock.advance(settleMs - 1);
    one?.begin(down);
    clock.advance(2 * settleMs);
    expect(await states()).toEqual(["raised"]);
    other?.end({ ...down, text: "it works" });
    clock.advance(settleMs);
    expect(await states()).toEqual(["raised", "resolved"]);
    expect(sent[1]?.text).toBe("it works. It lasted 3 minutes.");
  });

  it("what has no end, in each of its periods", async () => {
    const { books, states } = createGateways(3);
    for (const period of ["2026-11", "2026-11", "2026-12"])
      for (const book of books) book.tell({ ...down, event: AlertEvent.BUDGET_CROSSED }, period);
    expect(await states()).toEqual(["noted", "noted"]);
  });

  it("each for itself while Redis is silent", async () => {
    const { books, world, states } = createGateways(2);
    world.isUp = false;
    for (const book of books) book.begin(down);
    expect(await states()).toEqual(["raised", "raised"]);
  });
});

describe("a gateway by itself", () => {
  it("tells of an end once it has lasted", async () => {
    const { books, clock, states } = createGateways(1);
    const [book] = books;
    book?.begin(down);
    book?.end(down);
    expect(book?.isOpen(down)).toBe(true);
    clock.advance(settleMs);
    expect(book?.isOpen(down)).toBe(false);
    expect(await states()).toEqual(["raised", "resolved"]);
  });

  it("says at its stop what may be over", async () => {
    const { books, states } = createGateways(1);
    const [book] = books;
    book?.begin(down);
    book?.end(down);
    book?.close();
    expect(await states()).toEqual(["raised", "resolved"]);
  });
});
