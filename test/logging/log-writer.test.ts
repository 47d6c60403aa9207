import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { createLogWriter } from "../../src/logging/log-writer.ts";
import { type Written, writeDescriptor } from "../../src/logging/write-descriptor.ts";
import { folderWith } from "../cli/spawn-parlance.ts";

/** A reader that takes one batch at a time, when it is told to. */
function slowReader() {
  const batches: string[] = [];
  let take: (() => void) | undefined;
  const write = (text: string) => {
    batches.push(text);
    return new Promise<Written>((resolve) => {
      take = () => resolve(whole(text));
    });
  };
  return { batches, write, take: () => take?.() };
}

/** A reader that takes all at once. */
function quickReader() {
  const batches: string[] = [];
  const write = async (text: string) => {
    batches.push(text);
    return whole(text);
  };
  return { batches, write };
}

function whole(text: string): Written {
  return { bytes: Buffer.byteLength(text) };
}

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

const printDropped = (count: number) => `dropped ${count}`;

it("a log writer writes lines that wait in one batch, in order", async () => {
  const { batches, write } = quickReader();
  const writer = createLogWriter({ write, printDropped });
  for (const line of ["one", "two", "three"]) writer.push(() => line);
  await writer.flush();
  expect(batches).toEqual(["one\ntwo\nthree\n"]);
});

it("a log writer writes by itself after a while", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const write = async (text: string) => {
    resolve(text);
    return whole(text);
  };
  const writer = createLogWriter({ write, printDropped, delayMs: 1 });
  writer.push(() => "one");
  expect(await promise).toBe("one\n");
});

it("a log writer writes many lines in the next turn, and others after a while", async () => {
  const { batches, write } = quickReader();
  const writer = createLogWriter({ write, printDropped, delayMs: 3_600_000, batchLines: 2 });
  writer.push(() => "one");
  await turn();
  expect(batches).toEqual([]);
  for (const line of ["two", "three"]) writer.push(() => line);
  expect(batches).toEqual([]);
  await turn();
  expect(batches).toEqual(["one\ntwo\nthree\n"]);
  writer.push(() => "four");
  await turn();
  await writer.flush();
  expect(batches).toEqual(["one\ntwo\nthree\n", "four\n"]);
});

it("a log writer has few lines wait that come while it writes", async () => {
  const reader = slowReader();
  const options = { write: reader.write, printDropped, delayMs: 3_600_000, batchLines: 2 };
  const writer = createLogWriter(options);
  for (const line of ["one", "two"]) writer.push(() => line);
  await turn();
  writer.push(() => "three");
  reader.take();
  await turn();
  expect(reader.batches).toEqual(["one\ntwo\n"]);
  writer.push(() => "four");
  await turn();
  expect(reader.batches).toEqual(["one\ntwo\n", "three\nfour\n"]);
  reader.take();
  await writer.flush();
});

it("a log writer drops what a slow reader leaves no room for, and says how much", async () => {
  const reader = slowReader();
  const writer = createLogWriter({ write: reader.write, printDropped, maxLines: 2 });
  writer.push(() => "first");
  const flushed = writer.flush();
  for (const line of ["two", "three", "four", "five"]) writer.push(() => line);
  reader.take();
  await turn();
  reader.take();
  await flushed;
  expect(reader.batches).toEqual(["first\n", "two\nthree\ndropped 2\n"]);
});

it("a log writer is silent once its reader has gone", async () => {
  let writes = 0;
  const write = async () => {
    writes += 1;
    return { bytes: 0, error: failure("EPIPE") };
  };
  const writer = createLogWriter({ write, printDropped });
  writer.push(() => "one");
  await writer.flush();
  writer.push(() => "two");
  await writer.flush();
  expect(writes).toBe(1);
});

it("a log writer that had nothing to write still writes what comes later", async () => {
  const { batches, write } = quickReader();
  const writer = createLogWriter({ write, printDropped });
  await writer.flush();
  writer.push(() => "one");
  await writer.flush();
  expect(batches).toEqual(["one\n"]);
});

it("a log writer goes on when a full disk has room again, and says how many lines were lost", async () => {
  const path = join(folderWith({ log: "" }), "log");
  const descriptors = { full: openSync("/dev/full", "w"), log: openSync(path, "w") };
  let disk = descriptors.full;
  const writer = createLogWriter({ write: (text) => writeDescriptor(disk, text), printDropped });
  for (const line of ["one", "two", "three"]) {
    writer.push(() => line);
    await writer.flush();
  }
  disk = descriptors.log;
  writer.push(() => "four");
  await writer.flush();
  writer.push(() => "five");
  await writer.flush();
  for (const descriptor of Object.values(descriptors)) closeSync(descriptor);
  expect(readFileSync(path, "utf8")).toBe("dropped 3\nfour\nfive\n");
});

it("a log writer says at the end how many lines were lost, though no line follows", async () => {
  let room = 0;
  const taken: string[] = [];
  const write = async (text: string): Promise<Written> => {
    if (room === 0) return { bytes: 0, error: failure("ENOSPC") };
    taken.push(text);
    return whole(text);
  };
  const writer = createLogWriter({ write, printDropped });
  writer.push(() => "one");
  await writer.flush();
  room = 1;
  await writer.flush();
  expect(taken).toEqual(["dropped 1\n"]);
});

/**
 * Disks that fill up within one write, and what is in the log after it has been tried again: by the
 * bytes that fitted.
 */
const cuts: readonly (readonly [bytes: number, log: string])[] = [
  [0, "dropped 2\nthree\n"],
  [1, "o\ndropped 2\nthree\n"],
  [3, "one\ndropped 1\nthree\n"],
  [4, "one\ndropped 1\nthree\n"],
  [6, "one\ntw\ndropped 1\nthree\n"],
];

it("a log writer never joins a line to one that was cut off", async () => {
  for (const [room, expected] of cuts) {
    let log = "";
    let left = room;
    const write = async (text: string): Promise<Written> => {
      const fits = text.slice(0, left);
      log += fits;
      left = Number.POSITIVE_INFINITY;
      return fits === text ? whole(text) : { bytes: fits.length, error: failure("ENOSPC") };
    };
    const writer = createLogWriter({ write, printDropped });
    for (const line of ["one", "two"]) writer.push(() => line);
    await writer.flush();
    writer.push(() => "three");
    await writer.flush();
    expect(log, `${room} bytes fitted`).toBe(expected);
  }
});

it("a log writer counts lines that wait while it cannot write, and those that have no room to wait", async () => {
  let room = 0;
  const taken: string[] = [];
  const write = async (text: string): Promise<Written> => {
    if (room === 0) return { bytes: 0, error: failure("EIO") };
    taken.push(text);
    return whole(text);
  };
  const writer = createLogWriter({ write, printDropped, maxLines: 2 });
  for (const line of ["one", "two", "three"]) writer.push(() => line);
  await writer.flush();
  room = 1;
  for (const line of ["four", "five", "six"]) writer.push(() => line);
  await writer.flush();
  expect(taken).toEqual(["dropped 3\nfour\nfive\ndropped 1\n"]);
});
