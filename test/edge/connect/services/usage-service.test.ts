import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  CallStatus,
  UsageBucket,
  UsageDimension,
} from "../../../../gen/parlance/admin/v1/usage_pb.js";
import { UsageService } from "../../../../gen/parlance/admin/v1/usage_service_pb.js";
import { startGateway } from "../../../../src/serve.ts";

/** A gateway with a database of its own and two keys. */
async function startLedgerGateway() {
  const folder = mkdtempSync(join(tmpdir(), "usage-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const config = `
server: { port: 0 }
auth: { admin_key: { value: sk-admin } }
store: { sqlite: { path: ${join(folder, "parlance.db")} } }
providers: { sim: { kind: sim } }
teams: [{ name: support }]
keys:
  - { name: dev, value: { value: sk-dev }, team: support, tags: [web] }
  - { name: ops, value: { value: sk-ops } }
`;
  const gateway = await startGateway({ config });
  onTestFinished(() => gateway.close());
  const { url } = gateway;
  const usage = createClient(UsageService, createGrpcTransport({ baseUrl: url }));
  const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
  const chat = async (key: string, model: string, body: object = {}) => {
    const reply = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...as(key).headers, "content-type": "application/json" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "hi" }], ...body }),
    });
    await reply.text();
    return reply.headers.get("x-parlance-call-id");
  };
  /** Waits until the ledger has so many calls. */
  const recorded = (count: number) =>
    expect
      .poll(async () => (await usage.listCalls({}, as("sk-admin"))).calls.length, {
        timeout: 60_000,
      })
      .toBe(count);
  return { usage, as, chat, recorded };
}

describe("UsageService", () => {
  it("lists calls with whom they are charged to, in pages that stay", async () => {
    const { usage, as, chat, recorded } = await startLedgerGateway();
    const ids = [
      await chat("sk-dev", "sim/echo", { user: "ann" }),
      await chat("sk-dev", "sim/echo", { stream: true }),
      await chat("sk-ops", "sim/none"),
    ];
    await recorded(3);
    const first = await usage.listCalls({ pageSize: 2, oldestFirst: true }, as("sk-admin"));
    const { nextPageToken: pageToken } = first;
    await chat("sk-dev", "sim/echo");
    await recorded(4);
    const second = await usage.listCalls(
      { pageSize: 2, oldestFirst: true, pageToken },
      as("sk-admin"),
    );
    const calls = [...first.calls, ...second.calls];
    expect(calls.map(({ callId }) => callId).slice(0, 3)).toEqual(ids);
    expect(calls[0]).toMatchObject({
      key: "dev",
      team: "support",
      endUser: "ann",
      tags: ["web"],
      operation: "chat",
      model: "sim/echo",
      target: "sim/echo",
      status: CallStatus.WHOLE,
      attempts: [{ target: "sim/echo", status: CallStatus.WHOLE }],
    });
    expect(calls[1]?.stream).toBe(true);
    expect(calls[2]).toMatchObject({ key: "ops", status: CallStatus.BROKEN });
    const filter = { keys: ["ops"], statuses: [CallStatus.BROKEN] };
    const failed = await usage.listCalls({ filter }, as("sk-admin"));
    expect(failed.calls.map(({ callId }) => callId)).toEqual([ids[2]]);
  });

  it("sums calls by a dimension and by time", async () => {
    const { usage, as, chat, recorded } = await startLedgerGateway();
    for (const key of ["sk-dev", "sk-dev", "sk-ops"]) await chat(key, "sim/echo");
    await recorded(3);
    const { sums } = await usage.aggregateUsage(
      { dimension: UsageDimension.KEY, bucket: UsageBucket.DAY },
      as("sk-admin"),
    );
    const counted = sums.map(({ value, calls }) => [value, Number(calls)]);
    expect(new Map(counted.map(([value, calls]) => [value, calls]))).toEqual(
      new Map([
        ["dev", 2],
        ["ops", 1],
      ]),
    );
    const { sums: teams } = await usage.aggregateUsage(
      { dimension: UsageDimension.TEAM, values: ["support"] },
      as("sk-admin"),
    );
    expect(teams).toMatchObject([{ value: "support", calls: 2n }]);
  });

  it("shows a key its own calls, and none of others", async () => {
    const { usage, as, chat, recorded } = await startLedgerGateway();
    for (const key of ["sk-dev", "sk-ops"]) await chat(key, "sim/echo");
    await recorded(2);
    const { calls } = await usage.listCalls({}, as("sk-dev"));
    expect(calls.map(({ key }) => key)).toEqual(["dev"]);
    const { sums } = await usage.aggregateUsage({ dimension: UsageDimension.KEY }, as("sk-ops"));
    expect(sums.map(({ value }) => value)).toEqual(["ops"]);
    for (const refused of [
      usage.listCalls({ filter: { keys: ["ops"] } }, as("sk-dev")),
      usage.aggregateUsage({ keys: ["dev", "ops"] }, as("sk-dev")),
    ])
      await expect(refused).rejects.toThrow("key dev may see its own calls only");
  });

  it("refuses what it cannot read, naming the field", async () => {
    const { usage, as } = await startLedgerGateway();
    await expect(usage.listCalls({ pageToken: "x" }, as("sk-admin"))).rejects.toThrow(
      "page_token: must be next_page_token of an answer",
    );
    const startTime = { seconds: 2_000_000_000n, nanos: 0 };
    await expect(usage.aggregateUsage({ startTime }, as("sk-admin"))).rejects.toThrow(
      "start_time: must be before end_time",
    );
    await expect(usage.listCalls({}, as("sk-wrong"))).rejects.toThrow("unauthenticated");
  });
});
