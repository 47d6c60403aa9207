import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MessageChannel, Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { createMetricBuffer } from "../../../src/core/metrics/metric-memory.ts";
import type { Notice } from "../../../src/core/notice.ts";
import { createLongReads } from "../../../src/store/reader/long-reads.ts";
import { createPortLink } from "../../../src/store/thread/port-link.ts";
import { startStoreThread } from "../../../src/store/thread/store-thread.ts";
import { until } from "../../redis/until.ts";
import { callRow } from "../ledger-rows.ts";
import { readLedger, scratchFolder } from "../store-gateway.ts";

const program = new URL("../../../src/store/thread/store-worker.ts", import.meta.url);

const sealedContent = {
  ...{ callId: "c", endedMs: 1, organization: "", team: "", key: "", sealed: "AA==" },
  dataKey: {
    ...{ id: "k", organization: "", team: "", userHash: "", endUserHash: "" },
    ...{ masterKey: "m", wrapped: "", createdMs: 1 },
  },
};

/** A store of a file, with the threads that it has had. */
async function start() {
  const folder = scratchFolder();
  const path = join(folder, "p.db");
  const workers: Worker[] = [];
  const events: string[] = [];
  const notice = ({ event }: Notice) => void events.push(event);
  const thread = await startStoreThread(
    {
      address: { kind: "sqlite", path },
      refuseDown: false,
      questions: false,
      journal: { path: join(folder, "journal"), maxBytes: 2 ** 30 },
      retention: {},
      metrics: createMetricBuffer(),
    },
    {
      notice,
      createWorker(workerData) {
        const worker = new Worker(program, { workerData });
        workers.push(worker);
        return worker;
      },
    },
  );
  onTestFinished(() => thread.close(0));
  const link = createPortLink(thread.attach(), notice);
  return { thread, link, workers, events, path };
}

describe("the way to the thread of a store", () => {
  it("says which batches hold content, also where content is the last of one", async () => {
    const [gateway, thread] = [new MessageChannel(), new MessageChannel()];
    const batches: unknown[] = [];
    thread.port1.on("message", ({ kind, count, content, lines }) => {
      if (kind === "records") batches.push({ count, content, ends: Buffer.from(lines).at(-1) });
    });
    const link = createPortLink(gateway.port2, () => undefined);
    gateway.port1.postMessage({ port: thread.port2 }, [thread.port2]);
    onTestFinished(() => gateway.port1.close());
    for (let at = 0; at < 255; at += 1) link.record(() => callRow(`c${at}`));
    expect(link.recordContent?.(sealedContent)).toBe(true);
    link.record(() => callRow("c255"));
    void link.flush().catch(() => undefined);
    const ends = "\n".charCodeAt(0);
    await until(() => batches.length === 2);
    expect(batches).toEqual([
      { count: 256, content: true, ends },
      { count: 1, content: false, ends },
    ]);
  });
});

describe("the thread of a store", () => {
  it("is started again when it ends: no record is lost or doubled, and requests fail", async () => {
    const { thread, link, workers, events, path } = await start();
    let made = 0;
    const record = (count: number) => {
      for (let at = 0; at < count; at += 1) {
        const id = `c${made}`;
        link.record(() => callRow(id));
        made += 1;
      }
    };
    for (let round = 1; round <= 2; round += 1) {
      record(300);
      await link.flush();
      const other = new DatabaseSync(path);
      other.exec("begin immediate");
      record(700);
      const touching = link.request("directory.touch", { uses: [["nobody", 1]] });
      const ended = workers.at(-1)?.terminate();
      record(300);
      await expect(touching).rejects.toMatchObject({
        fault: { reason: ErrorReason.STORE_UNAVAILABLE },
      });
      await ended;
      other.exec("rollback");
      other.close();
      record(10);
      await until(
        () => events.filter((event) => event === "store_thread_restarted").length === round,
      );
      const answers = () => link.request("store.status", {}).then(() => true);
      await until(() => answers().catch(() => false));
    }
    expect(link.keepsRecords()).toBe(true);
    await link.close();
    await thread.close(10_000);
    const ids = (await readLedger({ kind: "sqlite", path })).map(({ callId }) => callId);
    expect(ids).toHaveLength(made);
    expect(new Set(ids).size).toBe(made);
    expect(events.filter((event) => event !== "store_connection_lost")).toEqual([
      ...["store_thread_ended", "store_thread_restarted"],
      ...["store_thread_ended", "store_thread_restarted"],
    ]);
  });
});

describe("the thread that reads at length", () => {
  it("reads what was written, and may change nothing", async () => {
    const { link, path } = await start();
    link.record(() => callRow("c0"));
    expect((await link.request("calls.page", { limit: 10 })).calls).toHaveLength(1);
    const reads = createLongReads(path);
    onTestFinished(() => reads.close());
    const query = { dimension: "team", bucket: "all", fromMs: 0, toMs: 2 ** 50, top: 1 };
    expect(await reads.run("usage.aggregate", query)).toMatchObject([{ value: "support" }]);
    const uses = [["nobody", 1]];
    await expect(reads.run("directory.touch", { uses })).rejects.toThrow("readonly");
    const reading = reads.run("usage.aggregate", query);
    await reads.close();
    await expect(reading).rejects.toMatchObject({
      fault: { reason: ErrorReason.STORE_UNAVAILABLE },
    });
  });
});
