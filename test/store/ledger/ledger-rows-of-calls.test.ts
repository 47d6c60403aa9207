import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { chunk, completion, sendEvents, sendJson, startLedger } from "./ledger-gateway.ts";

const messages = [{ role: "user", content: "hi" }];

/** What Anthropic's API answers, of so many tokens. */
const message = (content: string) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-x-20261101",
  content: [{ type: "text", text: content }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 5 },
});

describe("the row of a call", () => {
  it("says who called, for what, what answered, and what it took and cost", async () => {
    const setup = await startLedger();
    setup.script = (_, response) => sendJson(response, completion("m-2026-11-01"));
    const headers = { "x-parlance-session": "s1", "user-agent": "t" };
    const reply = await setup.post(
      "/v1/chat/completions",
      { model: "split", messages, user: "eve", metadata: { tags: "x" } },
      { headers },
    );
    await reply.text();
    const [row] = await setup.rows(1);
    expect(row).toMatchObject({
      callId: reply.headers.get("x-parlance-call-id"),
      endedMs: Date.UTC(2026, 10, 30, 12) + 1,
      team: "support",
      key: "dev",
      principal: "dev",
      endUser: "eve",
      session: "s1",
      tags: ["web", "ruled"],
      operation: "chat",
      stream: false,
      clientDialect: "openai-chat",
      model: "split",
      target: "far/m",
      provider: "far",
      answeredModel: "m-2026-11-01",
      arm: "only",
      rules: ["tagged"],
      status: "whole",
      reason: "",
      usage: { inputTokens: 10n, outputTokens: 5n },
      estimated: false,
      cost: { kind: "priced", nanoUsd: 30_000n, parts: { input: 10_000n, output: 20_000n } },
      configHash: expect.stringMatching(/^[0-9a-f]{12,}$/),
      attempts: [{ target: "far/m", answeredModel: "m-2026-11-01", httpStatus: 200 }],
    });
  });

  it("names the model that answered, however the answer comes", async () => {
    const setup = await startLedger();
    setup.script = ({ path, body }, response) => {
      if (path.endsWith("/embeddings"))
        return sendJson(response, {
          object: "list",
          data: [{ object: "embedding", index: 0, embedding: [0.5] }],
          model: "text-embedding-v4-b",
          usage: { prompt_tokens: 3, total_tokens: 3 },
        });
      if (path === "/v1/messages") return sendJson(response, message("hello"));
      if (body.stream !== true) return sendJson(response, completion("m-b"));
      sendEvents(response, [chunk("m-b", "hel"), { ...completion("m-b"), choices: [] }]);
      response.end("data: [DONE]\n\n");
    };
    const sent = [
      ["/v1/chat/completions", { model: "m", messages, stream: true }],
      ["/v1/messages", { model: "m", messages, max_tokens: 9, stream: true }],
      ["/v1/messages", { model: "m", messages, max_tokens: 9 }],
      ["/v1/messages", { model: "claude", messages, max_tokens: 9 }],
      ["/v1/chat/completions", { model: "claude", messages }],
      ["/v1/embeddings", { model: "vectors", input: "hi" }],
    ] as const;
    for (const [path, body] of sent) {
      const reply = await setup.post(path, body);
      expect([reply.status, await reply.text()]).toEqual([200, expect.any(String)]);
    }
    const rows = await setup.rows(sent.length);
    expect(rows.map(({ answeredModel }) => answeredModel)).toEqual([
      "m-b",
      "m-b",
      "m-b",
      "claude-x-20261101",
      "claude-x-20261101",
      "text-embedding-v4-b",
    ]);
  });

  it("is written for typed callers, who speak no dialect", async () => {
    const setup = await startLedger();
    setup.script = (_, response) => sendJson(response, completion("m"));
    const transport = createConnectTransport({ baseUrl: setup.gateway.url, httpVersion: "1.1" });
    const headers = { authorization: "Bearer sk-dev" };
    await createClient(ChatService, transport).complete({ model: "m", text: "hi" }, { headers });
    expect((await setup.rows(1))[0]).toMatchObject({
      clientDialect: "",
      key: "dev",
      cost: { nanoUsd: 30_000n },
    });
  });

  it("is written for failures, each try with what it cost", async () => {
    const setup = await startLedger();
    setup.script = ({ body }, response) =>
      body.model === "bad"
        ? sendJson(response, { error: { message: "no" } }, 500)
        : sendJson(response, completion("m"));
    await (await setup.post("/v1/chat/completions", { model: "two", messages })).text();
    setup.script = (_, response) => sendJson(response, { error: { message: "no" } }, 400);
    await (await setup.post("/v1/chat/completions", { model: "m", messages })).text();
    await (await setup.post("/v1/chat/completions", { model: "nowhere", messages })).text();
    const [fell, refused, unknown] = await setup.rows(3);
    expect(fell).toMatchObject({
      status: "whole",
      target: "far/m",
      cost: { kind: "priced", nanoUsd: 30_000n },
      attempts: [
        { target: "far/bad", status: "broken", httpStatus: 500, cost: { nanoUsd: 0n } },
        { target: "far/m", status: "whole", cost: { nanoUsd: 30_000n } },
      ],
    });
    expect(refused).toMatchObject({
      status: "broken",
      target: "far/m",
      answeredModel: "",
      reason: "UPSTREAM_INVALID_REQUEST",
      cost: { kind: "priced", nanoUsd: 0n },
    });
    expect(unknown).toMatchObject({
      status: "broken",
      model: "nowhere",
      target: "",
      reason: "UNKNOWN_MODEL",
      attempts: [],
    });
  });

  it("has the vendor's usage of a stream that its caller leaves, where that came", async () => {
    const setup = await startLedger();
    const start = { ...message(""), content: [], usage: { input_tokens: 90, output_tokens: 1 } };
    setup.script = (_, response) =>
      sendEvents(response, [
        { type: "message_start", message: start },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
        { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "hel" } },
        { type: "message_delta", delta: { stop_reason: null }, usage: { output_tokens: 70 } },
      ]);
    await leaveAfterHead(setup, "/v1/messages", { model: "claude", messages, max_tokens: 99 });
    expect((await setup.rows(1))[0]).toMatchObject({
      status: "left",
      answeredModel: "claude-x-20261101",
      usage: { inputTokens: 90n, outputTokens: 70n },
      estimated: false,
      cost: { kind: "priced", nanoUsd: 90_000n + 280_000n },
    });
  });

  it("has an estimate of what such a stream took, marked so, where it did not", async () => {
    const setup = await startLedger();
    setup.script = (_, response) =>
      sendEvents(response, [chunk("m-b", "hel"), chunk("m-b", "lo"), chunk("m-b", " you")]);
    await leaveAfterHead(setup, "/v1/chat/completions", { model: "m", messages });
    const [row] = await setup.rows(1);
    expect(row).toMatchObject({ status: "left", answeredModel: "m-b", estimated: true });
    expect(row?.attempts).toMatchObject([{ estimated: true, status: "left" }]);
    const { inputTokens = 0n, outputTokens = 0n } = row?.usage ?? {};
    expect(inputTokens).toBeGreaterThan(0n);
    expect(outputTokens).toBeGreaterThan(0n);
    expect(row?.cost).toMatchObject({
      kind: "priced",
      nanoUsd: 1_000n * inputTokens + 4_000n * outputTokens,
    });
  });

  it("counts the choices that were billed although another one failed", async () => {
    const setup = await startLedger();
    const waiting: (() => void)[] = [];
    setup.script = ({ number }, response) => {
      // The first answers; the second fails once the first and the third have come; the third hangs.
      if (number === 0) sendJson(response, message("hello"));
      else waiting.push(() => sendJson(response, { error: { message: "no" } }, 500));
      if (waiting.length === 2) setTimeout(() => waiting[0]?.(), 50);
    };
    const reply = await setup.post("/v1/chat/completions", { model: "claude", messages, n: 3 });
    expect(reply.status).toBe(500);
    const [row] = await setup.rows(1);
    const prompt = (row?.usage?.inputTokens ?? 0n) - 10n;
    expect(prompt).toBeGreaterThan(0n);
    expect(row).toMatchObject({
      status: "broken",
      estimated: true,
      usage: { outputTokens: 5n },
      cost: { kind: "priced", nanoUsd: 1_000n * (10n + prompt) + 20_000n },
    });
  });

  it("counts the inputs that were billed although others failed", async () => {
    const setup = await startLedger();
    setup.script = ({ number }, response) =>
      number === 0
        ? sendJson(response, {
            object: "list",
            data: Array.from({ length: 10 }, (_, index) => ({ index, embedding: [0.5] })),
            model: "v",
            usage: { prompt_tokens: 30, total_tokens: 30 },
          })
        : setTimeout(() => sendJson(response, { error: { message: "no" } }, 500), 50);
    const input = Array.from({ length: 20 }, (_, at) => `input ${at}`);
    const reply = await setup.post("/v1/embeddings", { model: "vectors", input });
    expect(reply.status).toBe(500);
    expect((await setup.rows(1))[0]).toMatchObject({
      operation: "embed",
      status: "broken",
      usage: { inputTokens: 30n },
      estimated: false,
      cost: { kind: "priced", nanoUsd: 30_000n },
    });
  });

  it("has what a hedge wasted", async () => {
    const setup = await startLedger();
    let slow: (() => void) | undefined;
    setup.script = ({ body }, response) => {
      if (body.model === "slow") slow = () => sendJson(response, completion("slow"));
      else sendJson(response, completion("m"));
    };
    const reply = setup.post("/v1/chat/completions", { model: "raced", messages });
    await expect.poll(() => slow).toBeDefined();
    setup.clock.advance(1_500);
    await (await reply).text();
    const [row] = await setup.rows(1);
    const [first] = row?.attempts ?? [];
    expect(first).toMatchObject({ target: "far/slow", wasted: true, estimated: true });
    expect(row?.hedgeWasteNanoUsd).toBeGreaterThan(0n);
    expect(row).toMatchObject({
      target: "far/m",
      cost: { nanoUsd: 30_000n + (row?.hedgeWasteNanoUsd ?? 0n) },
    });
  });

  it("is written for calls that limits refuse", async () => {
    const setup = await startLedger("limits: [{ name: few, limits: { requests_per_minute: 1 } }]");
    setup.script = (_, response) => sendJson(response, completion("m"));
    for (const status of [200, 429]) {
      const reply = await setup.post("/v1/chat/completions", { model: "m", messages });
      expect([reply.status, await reply.text()]).toEqual([status, expect.any(String)]);
    }
    expect((await setup.rows(2))[1]).toMatchObject({
      status: "broken",
      reason: "RATE_LIMITED",
      key: "dev",
      attempts: [],
    });
  });
});

/** Begins a stream and goes away once its first bytes are there. */
async function leaveAfterHead(
  setup: Awaited<ReturnType<typeof startLedger>>,
  path: string,
  body: object,
): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  const reply = await setup.post(path, { ...body, stream: true }, { signal });
  await reply.body?.getReader().read();
  controller.abort();
}
