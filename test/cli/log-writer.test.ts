import { expect, it } from "vitest";
import { createLogWriter } from "../../src/cli/log-writer.ts";

/** A reader that takes one batch at a time, when it is told to. */
function slowReader() {
  const batches: string[] = [];
  let take: (() => void) | undefined;
  const write = (text: string) => {
    batches.push(text);
    return new Promise<void>((resolve) => {
      take = resolve;
    });
  };
  return { batches, write, take: () => take?.() };
}

const printDropped = (count: number) => `dropped ${count}`;

it("a log writer writes lines that wait in one batch, in order", async () => {
  const batches: string[] = [];
  const writer = createLogWriter({ write: async (text) => void batches.push(text), printDropped });
  for (const line of ["one", "two", "three"]) writer.push(() => line);
  await writer.flush();
  expect(batches).toEqual(["one\ntwo\nthree\n"]);
});

it("a log writer writes by itself after a while", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const writer = createLogWriter({ write: async (text) => resolve(text), printDropped, delayMs: 1 });
  writer.push(() => "one");
  expect(await promise).toBe("one\n");
});

it("a log writer drops what a slow reader leaves no room for, and says how much", async () => {
  const reader = slowReader();
  const writer = createLogWriter({ write: reader.write, printDropped, maxLines: 2 });
  writer.push(() => "first");
  const flushed = writer.flush();
  for (const line of ["two", "three", "four", "five"]) writer.push(() => line);
  reader.take();
  await Promise.resolve();
  await Promise.resolve();
  reader.take();
  await flushed;
  expect(reader.batches).toEqual(["first\n", "two\nthree\ndropped 2\n"]);
});

it("a log writer is silent once its reader has gone", async () => {
  let writes = 0;
  const write = async () => {
    writes += 1;
    throw new Error("EPIPE");
  };
  const writer = createLogWriter({ write, printDropped });
  writer.push(() => "one");
  await writer.flush();
  writer.push(() => "two");
  await writer.flush();
  expect(writes).toBe(1);
});

it("a log writer that had nothing to write still writes what comes later", async () => {
  const batches: string[] = [];
  const writer = createLogWriter({ write: async (text) => void batches.push(text), printDropped });
  await writer.flush();
  writer.push(() => "one");
  await writer.flush();
  expect(batches).toEqual(["one\n"]);
});
