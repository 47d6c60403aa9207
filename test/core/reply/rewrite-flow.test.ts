import { describe, expect, it } from "vitest";
import { type Flowing, type Take, takeAll } from "../../../src/core/reply/flow.ts";
import { type FlowRewrite, rewriteFlow } from "../../../src/core/reply/rewrite-flow.ts";

const cut = new Error("the source was cut");
const refused = new Error("the rewriting refuses");
const full = new Error("the reader fails");

/** A source that notes how it ended. */
interface Source extends Flowing<number> {
  readonly ends: string[];
}

/** Gives some numbers and then an end or a failure, by itself or one by one. */
function sourceOf(values: readonly number[], flows: boolean, failure?: Error): Source {
  const ends: string[] = [];
  let at = 0;
  let left = false;
  const step = (): IteratorResult<number> => {
    const value = left ? undefined : values[at];
    at += 1;
    if (value !== undefined) return { done: false, value };
    if (!left) ends.push(failure === undefined ? "whole" : "broken");
    if (!left && failure !== undefined) throw failure;
    return { done: true, value: undefined };
  };
  const flow = async (take: Take<number>): Promise<void> => {
    try {
      for (let one = step(); one.done !== true; one = step()) await take(one.value);
    } catch (error) {
      if (error !== failure) ends.push("blamed");
      throw error;
    }
  };
  const iterator = {
    next: async () => step(),
    async return(): Promise<IteratorResult<number>> {
      left = true;
      ends.push("left");
      return { done: true, value: undefined };
    },
    flow: flows ? flow : undefined,
  };
  return { ends, [Symbol.asyncIterator]: () => iterator };
}

/** Doubles each number: now, or later where it is even. */
const doubled: FlowRewrite<number, number> = {
  take: (value) => (value % 2 === 0 ? Promise.resolve([value, value]) : [value, value]),
  end: () => [0],
};

/** All that comes out, and what it ends with. */
async function read(values: Flowing<number>, limit = Number.POSITIVE_INFINITY) {
  const out: number[] = [];
  const iterator = values[Symbol.asyncIterator]();
  try {
    await takeAll(iterator, (value) => {
      out.push(value);
      if (out.length === limit) void iterator.return?.();
      if (value === 9) throw full;
      return value === 1 ? Promise.resolve() : undefined;
    });
    return { out, error: undefined };
  } catch (error) {
    return { out, error };
  }
}

for (const flows of [true, false]) {
  describe(`values that are rewritten as they ${flows ? "flow" : "are pulled"}`, () => {
    it("keep their order, with what waits and what is due at the end", async () => {
      const source = sourceOf([1, 2, 3], flows);
      const { out, error } = await read(rewriteFlow(source, doubled));
      expect([out, error, source.ends]).toEqual([[1, 1, 2, 2, 3, 3, 0], undefined, ["whole"]]);
    });

    it("end with the failure of their source, after what came before it", async () => {
      const source = sourceOf([1, 2], flows, cut);
      const { out, error } = await read(rewriteFlow(source, doubled));
      expect([out, error]).toEqual([[1, 1, 2, 2], cut]);
      expect(source.ends[0]).toBe("broken");
    });

    for (const later of [false, true]) {
      it(`leave a source that they refuse ${later ? "later" : "at once"}`, async () => {
        const source = sourceOf([1, 2, 3], flows);
        const take: FlowRewrite<number, number>["take"] = (value) => {
          if (value === 1) return [value];
          if (later) return Promise.reject(refused);
          throw refused;
        };
        const { out, error } = await read(rewriteFlow(source, { take, end: () => [0] }));
        expect([out, error, source.ends]).toEqual([[1], refused, ["left"]]);
      });
    }

    it("have what stands in the place of a failure as their last", async () => {
      const source = sourceOf([1, 2], flows);
      const take = (value: number): readonly number[] => {
        if (value === 2) throw refused;
        return [value];
      };
      const fail = (error: unknown): readonly number[] => (error === refused ? [7, 8] : []);
      const { out, error } = await read(rewriteFlow(source, { take, end: () => [0], fail }));
      expect([out, error, source.ends]).toEqual([[1, 7, 8], undefined, ["left"]]);
    });

    it("leave a source whose reader leaves, and hand on nothing more", async () => {
      const source = sourceOf([1, 2, 3], flows);
      const { out } = await read(rewriteFlow(source, doubled), 3);
      expect([out, source.ends]).toEqual([[1, 1, 2], ["left"]]);
    });
  });
}

it("a reader that fails is no failure of the source, and nothing stands in its place", async () => {
  const source = sourceOf([1, 9, 3], true);
  const fail = (): readonly number[] => [7];
  const { out, error } = await read(rewriteFlow(source, { ...doubled, fail }));
  expect([out, error, source.ends]).toEqual([[1, 1, 9], full, ["left"]]);
});

it("what is made when the source has failed is not handed on", async () => {
  const made = Promise.withResolvers<readonly number[]>();
  const iterator = {
    next: () => Promise.reject(cut),
    async flow(take: Take<number>): Promise<void> {
      void take(1);
      throw cut;
    },
  };
  const source: Flowing<number> = { [Symbol.asyncIterator]: () => iterator };
  const reading = read(rewriteFlow(source, { take: () => made.promise, end: () => [0] }));
  await Promise.resolve();
  made.resolve([5]);
  expect(await reading).toEqual({ out: [], error: cut });
});
