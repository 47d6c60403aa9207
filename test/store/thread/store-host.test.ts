import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { parseLedgerRow, printLedgerRow } from "../../../src/core/ledger/ledger-json.ts";
import { printSealedContent } from "../../../src/core/ledger/sealed-content.ts";
import { Metrics } from "../../../src/core/metrics/metrics.ts";
import { sumMetrics } from "../../../src/core/metrics/summed-metrics.ts";
import type { Notice } from "../../../src/core/notice.ts";
import { printMetrics } from "../../../src/observe/metrics/print-metrics.ts";
import { pageContent } from "../../../src/store/content/read-content.ts";
import { openEngine } from "../../../src/store/engine/engine.ts";
import { openJournal } from "../../../src/store/journal/journal.ts";
import { takeSlot } from "../../../src/store/journal/journal-slot.ts";
import {
  type HostOptions,
  type StoreHost,
  startHost,
} from "../../../src/store/thread/store-host.ts";
import { until } from "../../redis/until.ts";
import { callRow, priced } from "../ledger-rows.ts";
import { type PostgresServer, startPostgres } from "../postgres-server.ts";
import { chat, readLedger, scratchFolder, startStoring } from "../store-gateway.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});

/** A host of a store in a folder, and what it says. */
async function start(
  folder: string,
  over: Partial<HostOptions> = {},
): Promise<{ host: StoreHost; events: () => string[]; path: string }> {
  const notices: Notice[] = [];
  const path = join(folder, "p.db");
  const host = await startHost({
    address: { kind: "sqlite", path },
    refuseDown: false,
    questions: false,
    journal: { path: join(folder, "journal"), maxBytes: 2 ** 30 },
    retention: {},
    nowMs: () => 1,
    notice: (notice) => void notices.push(notice),
    ...over,
  });
  onTestFinished(() => host.close(0));
  return { host, events: () => notices.map(({ event }) => event), path };
}

const lines = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => printLedgerRow(callRow(`c${from + at}`)));
const idsIn = async (path: string) =>
  (await readLedger({ kind: "sqlite", path })).map(({ callId }) => callId);

const contentLine = (callId: string) =>
  printSealedContent({
    ...{ callId, endedMs: 1, organization: "", team: "", key: "", sealed: "x".repeat(9_000) },
    dataKey: {
      ...{ id: "k", organization: "", team: "", userHash: "", endUserHash: "" },
      ...{ masterKey: "m", wrapped: "", createdMs: 1 },
    },
  });

describe("a store", () => {
  it("writes what it is handed, in the order of its coming", async () => {
    const { host, path, events } = await start(scratchFolder());
    host.take(lines(0, 300));
    host.take(lines(300, 1));
    const bytes = Buffer.from(lines(301, 600).join("\n").concat("\n"));
    host.take({ bytes, count: 600 });
    await host.close(10_000);
    expect((await idsIn(path)).length).toBe(901);
    expect(events()).toEqual([]);
  });

  it("takes content as far as it fills half of the journal, and records all the same", async () => {
    const metrics = new Metrics();
    const folder = scratchFolder();
    const journal = { path: join(folder, "journal"), maxBytes: 2 ** 16 };
    const { host, path } = await start(folder, { journal, metrics });
    for (let at = 0; at < 6; at += 1) host.take([contentLine(`c${at}`), ...lines(at, 1)]);
    await host.close(10_000);
    expect(await idsIn(path)).toEqual(["c0", "c1", "c2", "c3", "c4", "c5"]);
    const engine = await openEngine({ kind: "sqlite", path }, () => undefined);
    const { contents } = await pageContent(engine, { limit: 9, oldestFirst: true });
    await engine.close();
    expect(contents.map(({ callId }) => callId)).toEqual(["c0", "c1", "c2", "c3"]);
    const printed = printMetrics(sumMetrics([metrics.memory], []), "text");
    expect(printed).toContain('parlance_content_dropped_total{reason="journal_full"} 2');
  });

  it("keeps records without its journal while the disk of that is full", async () => {
    let full = true;
    const disk = {
      write(file: number, bytes: Uint8Array) {
        if (full) throw Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC" });
        return writeSync(file, bytes);
      },
      sync: () => undefined,
    };
    const { host, path, events } = await start(scratchFolder(), { disk });
    host.take(lines(0, 3));
    await until(async () => (await idsIn(path)).length === 3);
    expect(host.keepsRecords()).toBe(true);
    full = false;
    host.take(lines(3, 1));
    await host.close(10_000);
    expect((await idsIn(path)).length).toBe(4);
    expect(events()).toEqual([]);
  });

  it("drops the newest and counts them when the journal is full, and goes on after it", async () => {
    const url = await postgres.createDatabase();
    const address = { kind: "postgres", url } as const;
    const heard: boolean[] = [];
    const { host, events } = await start(scratchFolder(), {
      address,
      journal: { path: join(scratchFolder(), "j"), maxBytes: 2 ** 20 },
    });
    await postgres.stop();
    host.onKeeps((keeps) => heard.push(keeps));
    let taken = 0;
    while (host.keepsRecords()) {
      host.take(lines(taken, 10));
      taken += 10;
    }
    host.take(lines(taken, 1_000));
    await until(() => events().includes("store_down"));
    expect(events()).toContain("records_dropped");
    await postgres.start();
    await until(() => host.keepsRecords());
    expect(heard).toEqual([false, true]);
    expect(events()).toContain("records_kept_again");
    host.take(lines(10_000, 1));
    await host.close(10_000);
    const ids = (await readLedger(address)).map(({ callId }) => callId);
    expect(ids.length).toBe(taken + 1);
    expect(ids).toContain("c10000");
  });

  it("neither writes records nor looks up keys later because of a long read of SQLite", async () => {
    const held = Promise.withResolvers<unknown>();
    const order: string[] = [];
    const { host, path } = await start(scratchFolder(), {
      longReads: () => ({ run: () => held.promise, close: async () => undefined }),
    });
    const reading = ["calls.page", "usage.aggregate", "audit.page"] as const;
    const read = Promise.all(reading.map((name) => host.request(name, {})));
    const noted = read.then(() => order.push("long reads"));
    host.take(lines(0, 3));
    await host.request("directory.find", { hashes: ["unknown"] });
    order.push("lookup");
    await until(async () => (await idsIn(path)).length === 3);
    order.push("records");
    held.resolve([]);
    await noted;
    expect(order).toEqual(["lookup", "records", "long reads"]);
  });

  it("tells who follows it of changes, also of those that were heard of elsewhere", async () => {
    const { host } = await start(scratchFolder());
    let count = 0;
    const end = host.onChanged(() => {
      count += 1;
    });
    const before = count;
    await host.request("store.changed", {});
    expect(count).toBeGreaterThan(before);
    end();
    const last = count;
    await host.request("store.changed", {});
    expect(count).toBe(last);
  });

  it("has what the database refuses in a file", async () => {
    const folder = scratchFolder();
    const { host, path, events } = await start(folder);
    const bad = printLedgerRow(callRow("bad", { cost: priced(2n ** 70n) }));
    host.take([...lines(0, 2), bad, ...lines(2, 2)]);
    await host.close(10_000);
    expect((await idsIn(path)).length).toBe(4);
    expect(readFileSync(join(folder, "journal/0/refused.jsonl"), "utf8")).toBe(`${bad}\n`);
    expect(events()).toEqual(["record_refused"]);
  });

  it("takes over what a gateway beside it has left", async () => {
    const folder = scratchFolder();
    const own = takeSlot(join(folder, "journal"));
    const gone = takeSlot(join(folder, "journal"));
    const journal = openJournal({
      folder: gone.folder,
      maxBytes: 2 ** 30,
      onDamage: () => undefined,
    });
    journal.append(lines(0, 5).map((line) => Buffer.from(line)));
    journal.close();
    gone.release();
    own.release();
    const { host, path } = await start(folder);
    await host.close(10_000);
    expect((await idsIn(path)).length).toBe(5);
  });
});

describe("whoever watches", () => {
  const ids = (records: readonly string[]) => records.map((one) => parseLedgerRow(one).callId);
  const rows = (from: number, count: number, endedMs: number) =>
    Array.from({ length: count }, (_, at) => printLedgerRow(callRow(`c${from + at}`, { endedMs })));

  it.each(["sqlite", "postgres"] as const)(
    "gets the calls of all gateways with the same database, each once: %s",
    async (kind) => {
      const address =
        kind === "sqlite"
          ? { kind, path: join(scratchFolder(), "p.db") }
          : { kind, url: await postgres.createDatabase() };
      const nowMs = () => 100_000;
      const [own, other] = await Promise.all([
        start(scratchFolder(), { address, nowMs }),
        start(scratchFolder(), { address, nowMs }),
      ]);
      const page = { limit: 1 };
      other.host.take(rows(0, 2, 99_000));
      own.host.take(rows(10, 1, 99_000));
      await other.host.request("calls.page", page);
      const seen: string[] = [];
      const end = own.host.watch((records) => void seen.push(...ids(records)));
      own.host.take(rows(20, 1, 100_000));
      await own.host.request("calls.page", page);
      // More than are read at once, and one whose gateway has a clock that is behind.
      other.host.take([...rows(100, 600, 100_001), ...rows(30, 1, 92_000)]);
      await until(() => seen.includes("c699") && seen.includes("c30"));
      expect(seen.filter((id) => !/^c[1-6]\d\d$/.test(id)).sort()).toEqual(["c20", "c30"]);
      expect([seen.length, new Set(seen).size]).toEqual([602, 602]);
      end();
      other.host.take(rows(40, 1, 100_001));
      await other.host.request("calls.page", page);
      const again: string[] = [];
      own.host.watch((records) => void again.push(...ids(records)));
      other.host.take(rows(41, 1, 100_001));
      await until(() => again.includes("c41"));
      expect(seen).toHaveLength(602);
    },
  );
});

describe("a gateway that must keep records", () => {
  it("refuses calls before a vendor has them while the journal is full", async () => {
    const url = await postgres.createDatabase();
    const path = join(scratchFolder(), "journal");
    const store = {
      postgres: { url: { value: url } },
      journal: { path, max_bytes: 2 ** 20, when_full: "REFUSE" },
    };
    await (await startStoring(store)).gateway.close();
    const slot = takeSlot(path);
    const journal = openJournal({
      folder: slot.folder,
      maxBytes: 2 ** 20,
      onDamage: () => undefined,
    });
    for (let at = 0; journal.append([Buffer.from(lines(at, 1)[0] ?? "")]); at += 1);
    journal.close();
    slot.release();
    await postgres.stop();
    const { gateway } = await startStoring(store);
    await until(() => gateway.engine.world.store?.keepsRecords() === false);
    expect(await chat(gateway.url)).toBe(503);
    await postgres.start();
    await until(() => gateway.engine.world.store?.keepsRecords() === true);
    expect(await chat(gateway.url)).toBe(200);
  });
});
