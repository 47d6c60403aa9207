import { request } from "node:http";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it, vi } from "vitest";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { knownOf } from "../../src/core/money/cost.ts";
import { chat, type PricedGateway, startPriced, usage } from "./priced-gateway.ts";

const costHeaders = (headers: Headers) =>
  ["x-parlance-cost-usd", "x-litellm-response-cost"].map((name) => headers.get(name));

/** Sends a streamed chat and gives its trailers. */
function trailersOf({ gateway }: PricedGateway, body: object = {}): Promise<NodeJS.Dict<string>> {
  return new Promise((resolve, reject) => {
    const sent = request(`${gateway.url}/v1/chat/completions`, { method: "POST" }, (reply) => {
      reply.resume();
      reply.on("end", () => resolve(reply.trailers));
    });
    sent.on("error", reject);
    sent.setHeader("content-type", "application/json");
    const messages = [{ role: "user", content: "hi" }];
    sent.end(JSON.stringify({ model: "m", messages, stream: true, ...body }));
  });
}

describe("the cost of a call", () => {
  it("is in the headers of a whole answer, exactly, and in its record with its parts", async () => {
    const setup = await startPriced();
    const reply = await chat(setup);
    await reply.text();
    expect(costHeaders(reply.headers)).toEqual(["0.00003", "0.00003"]);
    expect(setup.records[0]?.cost).toMatchObject({
      kind: "priced",
      nanoUsd: 30_000n,
      source: "config",
      priceVersion: expect.stringMatching(/^[0-9a-f]{16}$/),
      parts: [
        { kind: "input", count: 10n, nanoUsd: 10_000n },
        { kind: "output", count: 5n, nanoUsd: 20_000n },
      ],
    });
  });

  it("is in the trailers of a stream", async () => {
    const setup = await startPriced();
    expect(await trailersOf(setup)).toMatchObject({
      "x-parlance-cost-usd": "0.00003",
      "x-litellm-response-cost": "0.00003",
    });
    expect(setup.records[0]?.cost).toMatchObject({ kind: "priced", nanoUsd: 30_000n });
  });

  it("is in the report and the trailers of typed callers", async () => {
    const { gateway } = await startPriced();
    const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
    const client = createClient(ChatService, transport);
    const { report } = await client.complete({ model: "m", text: "hi" });
    expect(report?.cost).toMatchObject({ usd: "0.00003", nanoUsd: 30_000n, source: "config" });
    let trailer: string | null = null;
    const stream = client.streamComplete(
      { model: "m", text: "hi" },
      { onTrailer: (headers) => (trailer = headers.get("x-parlance-cost-usd")) },
    );
    for await (const { event } of stream) expect(event).toBeDefined();
    expect(trailer).toBe("0.00003");
  });

  it("is not said where no price is known, which is never 0", async () => {
    const setup = await startPriced();
    const reply = await chat(setup, { model: "free" });
    await reply.text();
    expect(costHeaders(reply.headers)).toEqual([null, null]);
    expect(await trailersOf(setup, { model: "free" })).not.toHaveProperty("x-parlance-cost-usd");
    for (const { cost } of setup.records)
      expect(cost).toMatchObject({ kind: "unpriced", why: "no prices are known of the model" });
  });

  it("goes by the tier of service that the answer names", async () => {
    const setup = await startPriced(
      "prices: [{ target: far/*, prices: { service_tiers: [{ tier: flex, percent: 50 }] } }]",
    );
    setup.answer = { usage, beside: { service_tier: "flex" } };
    expect((await chat(setup)).headers.get("x-parlance-cost-usd")).toBe("0.000015");
    expect(await trailersOf(setup)).toMatchObject({ "x-parlance-cost-usd": "0.000015" });
    setup.answer = { usage, beside: { service_tier: "priority" } };
    expect(costHeaders((await chat(setup)).headers)).toEqual([null, null]);
  });

  it("is what the vendor reports where the config says so, and beside ours else", async () => {
    const setup = await startPriced("prices: [{ target: far/unknown, reported: true }]");
    setup.answer = { usage: { ...usage, cost: 0.0000123 } };
    expect((await chat(setup, { model: "free" })).headers.get("x-parlance-cost-usd")).toBe(
      "0.0000123",
    );
    await chat(setup);
    expect(setup.records[1]?.cost).toMatchObject({ nanoUsd: 30_000n, reportedNanoUsd: 12_300n });
  });

  it("is nothing for what a vendor refuses, and is said with the failure", async () => {
    const setup = await startPriced();
    setup.answer = { status: 400 };
    const reply = await chat(setup);
    expect(reply.status).toBe(400);
    expect(setup.records[0]?.cost).toMatchObject({ kind: "priced", nanoUsd: 0n });
  });

  it("is estimated, and marked so, for a stream whose caller leaves", async () => {
    const setup = await startPriced();
    setup.answer = { hangs: 12 };
    const controller = new AbortController();
    const reply = await chat(setup, { stream: true }, { signal: controller.signal });
    const reader = reply.body?.getReader();
    await reader?.read();
    controller.abort();
    await vi.waitFor(() => expect(setup.records).toHaveLength(1));
    const [record] = setup.records;
    expect(record?.callerGone).toBe(true);
    expect(record?.cost).toMatchObject({ kind: "priced", estimated: true });
    // At least a prompt of one token and a token for the frame that came.
    expect(record && knownOf(record.cost)).toBeGreaterThanOrEqual(5_000n);
  });

  it("is 0 for a stored answer, whose saving is recorded", async () => {
    const setup = await startPriced();
    await (await chat(setup, { model: "cached" })).text();
    const reply = await chat(setup, { model: "cached" });
    expect(reply.headers.get("x-parlance-cache")).toBe("HIT");
    expect(reply.headers.get("x-parlance-cost-usd")).toBe("0.00");
    expect(setup.records[1]).toMatchObject({
      cost: { kind: "priced", nanoUsd: 0n },
      cacheSaved: 30_000n,
    });
  });
});
