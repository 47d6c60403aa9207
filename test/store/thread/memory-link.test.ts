import { expect, it } from "vitest";
import { createMemoryLink } from "../../../src/store/thread/memory-link.ts";
import { callRow } from "../ledger-rows.ts";

/** A store in memory whose clock stands still until it is set, and the ids of what it has. */
function memory() {
  let nowMs = 1_000_000;
  const link = createMemoryLink(() => nowMs);
  let ended = 0;
  const ids = async () => {
    const { calls } = await link.request("calls.page", { limit: 10_000, oldestFirst: true });
    return calls.map(({ callId }) => Number(callId));
  };
  return {
    link,
    ids,
    /** Ends some calls, whose ids are numbers from 0 on. */
    end(count: number): void {
      for (let one = 0; one < count; one += 1) {
        const callId = String(ended).padStart(6, "0");
        const endedMs = ended;
        link.record(() => callRow(callId, { endedMs }));
        ended += 1;
      }
    },
    pass(ms: number): void {
      nowMs += ms;
    },
  };
}

const upTo = (from: number, end: number) =>
  Array.from({ length: end - from }, (_, at) => from + at);

it("a store in memory has each of some calls, in the order of their ends", async () => {
  const { link, ids, end } = memory();
  end(150);
  expect(await ids()).toEqual(upTo(0, 150));
  end(10);
  expect(await ids()).toEqual(upTo(0, 160));
  await link.close();
});

it("a store in memory has 2,048 calls of a moment, and then 100 a second and the newest", async () => {
  const { link, ids, end, pass } = memory();
  end(2_048);
  expect(await ids()).toEqual(upTo(0, 2_048));
  end(1_000);
  pass(1_000);
  end(200);
  const after = [...upTo(2_984, 3_084), ...upTo(3_184, 3_248)];
  expect(await ids()).toEqual([...upTo(0, 2_048), ...after]);
  await link.close();
});

it("a store in memory forgets the oldest calls where there are too many", async () => {
  const { link, ids, end, pass } = memory();
  for (let second = 0; second < 30; second += 1) {
    end(100);
    pass(1_000);
  }
  expect(await ids()).toEqual(upTo(3_000 - 2_048, 3_000));
  await link.close();
});
