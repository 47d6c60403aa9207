import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { LedgerRow } from "../../src/core/ledger/ledger-row.ts";
import type { Batch } from "../../src/sinks/batch-sink.ts";
import type { Place } from "../../src/sinks/sink.ts";
import { openSpool } from "../../src/sinks/spool.ts";
import { callRow } from "../store/ledger-rows.ts";
import { createTestSink } from "./test-sink.ts";

/** A place that takes records, fails, or is silent. */
function createPlace() {
  const place = { mode: "takes" as "takes" | "fails" | "silent", sent: [] as string[][] };
  const send: Place<LedgerRow>["send"] = async (rows, signal) => {
    if (place.mode === "fails") return { why: "HTTP status 503", again: true };
    if (place.mode === "takes") place.sent.push(rows.map(({ callId }) => callId));
    else await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return place.mode === "takes" ? undefined : { why: String(signal.reason.name), again: true };
  };
  return Object.assign(place, { send });
}

function start(batch?: Batch, spooled = false) {
  const place = createPlace();
  const folder = mkdtempSync(join(tmpdir(), "parlance-batches-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const spool = (wallMs: () => number) =>
    openSpool({ folder, maxBytes: 100_000_000, wallMs, ...(batch && { fileRows: batch.records }) });
  const { sink, clock, until, events, dropped } = createTestSink(
    { place, batch },
    spooled ? spool : undefined,
  );
  let count = 0;
  const record = (rows: number) => {
    for (let at = 0; at < rows; at += 1) {
      const callId = `call-${count++}`;
      sink.record(() => callRow(callId));
    }
  };
  const ids = () => Array.from({ length: count }, (_, at) => `call-${at}`);
  return { clock, until, events, dropped, place, record, ids, folder };
}

it("a sink of large batches waits for one that is full, or old enough", async () => {
  const { place, record, ids, clock } = start({ records: 250, waitMs: 60_000 });
  record(240);
  clock.advance(59_999);
  expect(place.sent).toEqual([]);
  record(20);
  await expect.poll(() => place.sent.map(({ length }) => length)).toEqual([250]);
  clock.advance(60_000);
  await expect.poll(() => place.sent.flat()).toEqual(ids());
});

it("a place that is silent is given up after ten seconds, and has its records once it answers", async () => {
  const { place, record, ids, clock, events, until } = start();
  place.mode = "silent";
  record(3);
  const timers = clock.waiting();
  clock.advance(1_000);
  // Its batch is under way once the bound on its time is set.
  await expect.poll(clock.waiting).toBe(timers);
  record(1);
  clock.advance(9_999);
  await Promise.resolve();
  expect(events()).toEqual([]);
  clock.advance(1);
  await expect.poll(events).toEqual(["sink_down"]);
  place.mode = "takes";
  await until(() => place.sent.length > 0);
  expect(place.sent.flat()).toEqual(ids());
  expect(events()).toEqual(["sink_down", "sink_up"]);
});

it("what waited on disk is sent at once when the place takes records again", async () => {
  const { place, record, ids, until, folder, dropped, clock } = start(undefined, true);
  place.mode = "fails";
  for (const rows of [1_500, 1_500, 4_000]) {
    const before = readdirSync(folder).length;
    record(rows);
    await until(() => readdirSync(folder).length > before);
  }
  place.mode = "takes";
  await until(() => place.sent.length > 0);
  // From here no time passes.
  const nowMs = clock.nowMs();
  await expect.poll(() => readdirSync(folder)).toEqual([]);
  expect(clock.nowMs()).toBe(nowMs);
  await until(() => place.sent.flat().length === ids().length);
  expect(place.sent.flat().toSorted()).toEqual(ids().toSorted());
  expect(dropped()).toBe(0);
});

it("records beyond four batches are dropped and counted", async () => {
  const { place, record, dropped, until } = start({ records: 4_000, waitMs: 60_000 });
  place.mode = "fails";
  record(16_100);
  expect(dropped()).toBe(100);
  place.mode = "takes";
  await until(() => place.sent.flat().length === 16_000);
});

it("a place whose connections do not end holds up no stop", async () => {
  const sent: string[] = [];
  const { sink } = createTestSink({
    place: {
      send: async (rows) => void sent.push(...rows.map(({ callId }) => callId)),
      close: () => Promise.withResolvers<void>().promise,
    },
  });
  sink.record(() => callRow("one"));
  await sink.close(60_000);
  expect(sent).toEqual(["one"]);
});
