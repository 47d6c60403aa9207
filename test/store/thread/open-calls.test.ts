import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { parseLedgerRow, printLedgerRow } from "../../../src/core/ledger/ledger-json.ts";
import type { Notice } from "../../../src/core/notice.ts";
import { openIntents } from "../../../src/store/journal/intent-files.ts";
import { takeSlot } from "../../../src/store/journal/journal-slot.ts";
import type { ToStore } from "../../../src/store/thread/messages.ts";
import { type OpenCallLines, OpenCalls } from "../../../src/store/thread/open-calls.ts";
import { servePort } from "../../../src/store/thread/serve-port.ts";
import { startHost } from "../../../src/store/thread/store-host.ts";
import { until } from "../../redis/until.ts";
import { callRow, priced } from "../ledger-rows.ts";
import { readLedger, scratchFolder } from "../store-gateway.ts";

describe("calls that run", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const idsOf = ({ lines, all }: OpenCallLines) => [
    ...(all ? ["all"] : []),
    ...lines
      .trimEnd()
      .split("\n")
      .filter(Boolean)
      .map((line) => parseLedgerRow(line).callId),
  ];

  it("are noted once they take longer than a batch, and taken away some time after their end", () => {
    const sent: string[][] = [];
    const calls = new OpenCalls((lines) => sent.push(idsOf(lines)));
    const short = calls.begin(() => callRow("short"));
    const long = calls.begin(() => callRow("long"));
    vi.advanceTimersByTime(40);
    short();
    const later = calls.begin(() => callRow("later"));
    vi.advanceTimersByTime(10);
    expect(sent).toEqual([["long", "later"]]);
    long();
    calls.sendAll();
    vi.advanceTimersByTime(5_000);
    later();
    vi.advanceTimersByTime(60_000);
    expect(sent.slice(1)).toEqual([["all", "later"], ["all", "later"], ["all"]]);
    calls.begin(() => callRow("last"));
    vi.advanceTimersByTime(50);
    calls.close();
    expect(sent.slice(4)).toEqual([["last"], ["all"]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are not noted before a vendor is called, and anew for what has come since", () => {
    const sent: string[] = [];
    const calls = new OpenCalls(({ lines }) => sent.push(lines));
    let nanoUsd = 0n;
    calls.begin(() => (nanoUsd === 0n ? undefined : callRow("one", { cost: priced(nanoUsd) })));
    vi.advanceTimersByTime(500);
    expect(sent).toEqual([]);
    nanoUsd = 5n;
    vi.advanceTimersByTime(50);
    nanoUsd = 7n;
    vi.advanceTimersByTime(5_000);
    const costs = sent.map((line) => parseLedgerRow(line.trimEnd()).cost);
    expect(costs).toEqual([priced(5n), priced(7n)]);
  });
});

describe("calls that a process has left behind", () => {
  const line = (id: string, nanoUsd: bigint) =>
    `${printLedgerRow(callRow(id, { cost: priced(nanoUsd), reason: "PROCESS_ENDED" }))}\n`;
  const start = async (folder: string, processId?: string) => {
    const notices: Notice[] = [];
    const host = await startHost({
      address: { kind: "sqlite", path: join(folder, "p.db") },
      refuseDown: false,
      questions: false,
      journal: { path: join(folder, "journal"), maxBytes: 2 ** 30 },
      retention: {},
      nowMs: () => 1,
      notice: (notice) => void notices.push(notice),
      ...(processId === undefined ? {} : { processId }),
    });
    onTestFinished(() => host.close(0));
    return { host, notices };
  };
  const reasons = async (folder: string) => {
    const rows = await readLedger({ kind: "sqlite", path: join(folder, "p.db") });
    return rows.map(({ callId, reason }) => `${callId} ${reason}`).sort();
  };

  it("are recorded at the next start, once, and after the records that it has written", async () => {
    const folder = scratchFolder();
    const first = await start(folder, "first");
    const file = first.host.openIntents();
    file.add(line("ended", 1n));
    file.add(line("open", 1n));
    file.add(line("open", 2n));
    first.host.take([printLedgerRow(callRow("ended"))]);
    // As a crash leaves it.
    appendFileSync(join(folder, "journal/0/intents-first-1.jsonl"), line("cut", 1n).slice(0, 99));
    await first.host.close(0);
    const { host, notices } = await start(folder);
    await host.close(10_000);
    expect(await reasons(folder)).toEqual(["ended ", "open PROCESS_ENDED"]);
    const [, open] = await readLedger({ kind: "sqlite", path: join(folder, "p.db") });
    expect(open?.cost).toEqual(priced(2n));
    expect(notices).toMatchObject([{ event: "calls_unfinished", details: { calls: 2 } }]);
    expect(readdirSync(join(folder, "journal/0")).filter((name) => /intents/.test(name))).toEqual(
      [],
    );
  });

  it("are taken over with the journal of a gateway beside it", async () => {
    const folder = scratchFolder();
    const [own, gone] = [takeSlot(join(folder, "journal")), takeSlot(join(folder, "journal"))];
    openIntents(gone.folder, "gone", 1).add(line("open", 1n));
    own.release();
    gone.release();
    const { host } = await start(folder);
    await host.close(10_000);
    expect(await reasons(folder)).toEqual(["open PROCESS_ENDED"]);
  });

  it("are left alone where only the thread of the store was started again", async () => {
    const folder = scratchFolder();
    const first = await start(folder, "same");
    first.host.openIntents().add(line("open", 1n));
    await first.host.close(0);
    const { host } = await start(folder, "same");
    await host.close(10_000);
    expect(await reasons(folder)).toEqual([]);
  });

  it("are recorded at once where a thread of the gateway dies, and not where it closes", async () => {
    const folder = scratchFolder();
    const { host } = await start(folder);
    const connect = () => {
      const { port1, port2 } = new MessageChannel();
      servePort(port1, host, () => undefined);
      return { send: (message: ToStore) => port2.postMessage(message), end: () => port2.close() };
    };
    const [dies, closes] = [connect(), connect()];
    dies.send({ kind: "open", lines: line("open", 1n), all: false });
    closes.send({ kind: "open", lines: line("other", 1n), all: false });
    closes.send({ kind: "open", lines: "", all: true });
    closes.end();
    dies.end();
    await until(async () => {
      await host.request("calls.page", { limit: 1 });
      return (await reasons(folder)).length > 0;
    });
    expect(await reasons(folder)).toEqual(["open PROCESS_ENDED"]);
  });
});
