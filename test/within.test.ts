import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { within } from "./within.ts";

test("gives what comes in time", async () => {
  expect(await within(100, Promise.resolve("here"))).toBe("here");
});

test("passes on a failure that comes in time", async () => {
  await expect(within(100, Promise.reject(new Error("broken")))).rejects.toThrow("broken");
});

test("rejects what does not come", async () => {
  await expect(within(20, new Promise(() => undefined))).rejects.toThrow("not within 20 ms");
});

test("does not count time in which the process could not run", async () => {
  const soon = pause(10, "here");
  const block = performance.now() + 150;
  while (performance.now() < block) Math.sqrt(block);
  expect(await within(50, soon)).toBe("here");
});
