import { expect, it } from "vitest";
import { createSecretValue } from "../../src/config/secret-value.ts";
import { createReplaceable } from "../../src/sinks/replaceable.ts";

const settings = (secret: string, keys: readonly string[] = ["dev"]) => ({
  name: "a",
  only: { keys: new Set(keys) },
  headers: new Map([["authorization", createSecretValue(secret)]]),
});

it("what is made of settings is made anew for others, also for another secret, and no more", async () => {
  const closed: [number, number][] = [];
  let count = 0;
  const made = createReplaceable((_: ReturnType<typeof settings> | undefined) => {
    const own = ++count;
    return { own, close: async (ms: number) => void closed.push([own, ms]) };
  });
  expect(made.current()).toBeUndefined();
  const changes: readonly (readonly [ReturnType<typeof settings>, number])[] = [
    [settings("one"), 1],
    [settings("one"), 1],
    [settings("two"), 2],
    [settings("two", ["ops"]), 3],
    [settings("two", ["ops"]), 3],
  ];
  for (const [wanted, own] of changes) {
    made.configure(wanted);
    expect(made.current()?.own).toBe(own);
  }
  await made.close(5);
  expect(closed).toEqual([
    [1, 30_000],
    [2, 30_000],
    [3, 5],
  ]);
});
