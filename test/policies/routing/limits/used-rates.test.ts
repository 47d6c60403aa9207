import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createHealthTracker } from "../../../../src/policies/routing/circuits/health.ts";
import { createUsedRates } from "../../../../src/policies/routing/limits/used-rates.ts";
import { startGateway } from "../../../../src/serve.ts";
import type { EntryOwner } from "../../../../src/state/shared-entries.ts";
import { createMemoryState } from "../../../../src/state/state.ts";
import { createFakeClock } from "../../../fake-clock.ts";
import { explained } from "../filters/explained.ts";

const openai = {
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "x",
  choices: [{ index: 0, message: { role: "assistant", content: "well" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
};

const anthropic = {
  id: "m",
  type: "message",
  role: "assistant",
  model: "x",
  content: [{ type: "text", text: "well" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 1 },
};

type Headers = Readonly<Record<string, string>>;

/** A vendor whose every answer has these headers. */
async function startVendor(body: object, headers: Headers) {
  const keys: string[] = [];
  const seen = { calls: 0, keys };
  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      seen.calls += 1;
      seen.keys.push(request.headers.authorization ?? "");
      response.writeHead(200, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on a port
  return { seen, url: `http://127.0.0.1:${port}` };
}

/** A gateway whose first vendor says how much of its rate is left. */
async function setUp(
  kind: string,
  headers: Headers,
  others: Headers = {},
  credential = "api_key: { value: sk-one }",
) {
  const ofAnthropic = kind === "anthropic";
  const first = await startVendor(ofAnthropic ? anthropic : openai, headers);
  const second = await startVendor(openai, others);
  const clock = createFakeClock();
  const firstUrl = ofAnthropic ? first.url : `${first.url}/v1`;
  const gateway = await startGateway({
    port: 0,
    config: `providers:
  first: { kind: ${kind}, base_url: "${firstUrl}", ${credential} }
  second: { kind: openai_compatible, base_url: "${second.url}/v1" }
models:
  - { name: m, strategy: PRIORITY, targets: [{ model: first/x }, { model: second/x }] }
`,
    world: {
      nowMs: clock.nowMs,
      schedule: clock.schedule,
      wallMs: () => 1_700_000_000_000 + clock.nowMs(),
    },
  });
  onTestFinished(() => gateway.close());
  const chat = async () => {
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }] }),
    });
    await reply.text();
    return { status: reply.status, trail: reply.headers.get("x-parlance-trail") };
  };
  return { gateway, chat, clock, first: first.seen, second: second.seen };
}

const date = "Tue, 14 Nov 2023 22:13:20 GMT";

describe("an answer that says that the rate is used up", () => {
  const cases: readonly (readonly [title: string, kind: string, Headers, waitMs: number])[] = [
    [
      "of requests, as OpenAI does",
      "openai_compatible",
      { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "12s" },
      12_000,
    ],
    [
      "of tokens, as OpenAI does",
      "openai_compatible",
      {
        "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "250ms",
      },
      250,
    ],
    [
      "for longer than calls stay away",
      "openai_compatible",
      { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s" },
      60_000,
    ],
    [
      "of requests, as Anthropic does",
      "anthropic",
      {
        date,
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2023-11-14T22:13:50Z",
      },
      30_000,
    ],
    [
      "of tokens of answers, as Anthropic does",
      "anthropic",
      {
        date,
        "anthropic-ratelimit-requests-remaining": "10",
        "anthropic-ratelimit-requests-reset": "2023-11-14T22:13:50Z",
        "anthropic-ratelimit-output-tokens-remaining": "0",
        "anthropic-ratelimit-output-tokens-reset": "2023-11-14T22:13:25Z",
      },
      5_000,
    ],
    ["by a time to wait", "openai_compatible", { "retry-after": "7" }, 7_000],
  ];
  for (const [title, kind, headers, waitMs] of cases)
    it(`${title}, keeps calls away until then`, async () => {
      const { chat, clock, first, second } = await setUp(kind, headers);
      expect((await chat()).status).toBe(200);
      expect((await chat()).status).toBe(200);
      clock.advance(waitMs - 1);
      expect((await chat()).status).toBe(200);
      expect([first.calls, second.calls]).toEqual([1, 2]);
      clock.advance(1);
      expect((await chat()).status).toBe(200);
      expect([first.calls, second.calls]).toEqual([2, 2]);
    });

  it("is named by Explain, and tried last where there is no other", async () => {
    const used = { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "12s" };
    const { gateway, chat, first, second } = await setUp("openai_compatible", used, used);
    await chat();
    expect(await explained({ gateway }, { model: "m", text: "hi" })).toEqual({
      tried: ["second/x"],
      excluded: [
        "first/x: model m: has used up its rate at the vendor until 2023-11-14T22:13:32.000Z",
      ],
    });
    await chat();
    expect((await chat()).status).toBe(200);
    expect([first.calls, second.calls]).toEqual([2, 1]);
  });

  it("is heard of by the other gateways, for the time that is left", () => {
    const owners: EntryOwner[] = [];
    const written: string[] = [];
    let nowMs = 1_000_000;
    const make = () => {
      const { records } = createMemoryState();
      const at = owners.length;
      const share = (_: string, owner: EntryOwner) => {
        owners.push(owner);
        const write = (name: string, text: string) => {
          written.push(text);
          for (const [other, one] of owners.entries())
            if (other !== at) one.onEntry({ name, text, ageMs: 100 });
        };
        return { write, again: () => undefined, close: () => undefined };
      };
      const rates = createUsedRates({ records, wallMs: () => nowMs, share });
      return { rates, health: createHealthTracker(records, () => nowMs) };
    };
    const [one, other] = [make(), make()];
    const target = { provider: "a", model: "x" };
    one.rates.used(target, 5000);
    one.rates.used(target, 5500);
    expect(one.health.circuit(target)).toEqual({ state: "used_up", untilMs: 1_005_500 });
    expect(other.health.circuit(target)).toEqual({ state: "used_up", untilMs: 1_004_900 });
    expect(written).toEqual(["5000"]);
    expect(other.health.of(target)).toMatchObject({ consecutiveFailures: 0 });
    nowMs = 1_004_900;
    expect(other.health.circuit(target)).toEqual({ state: "closed" });
    one.health.close(target);
    expect(one.health.circuit(target)).toEqual({ state: "closed" });
  });

  it("has only its credential left alone where the provider has others", async () => {
    const used = { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "12s" };
    const credential = "api_keys: [{ value: sk-one }, { value: sk-two }]";
    const { chat, first, second } = await setUp("openai_compatible", used, {}, credential);
    await chat();
    await chat();
    await chat();
    expect([first.keys, second.calls]).toEqual([["Bearer sk-one", "Bearer sk-two"], 1]);
  });

  const left: readonly (readonly [title: string, Headers])[] = [
    ["is left", { "x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "12s" }],
    ["has no time", { "x-ratelimit-remaining-requests": "0" }],
    ["is reset at once", { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "0s" }],
    ["makes no sense", { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "soon" }],
  ];
  for (const [title, headers] of left)
    it(`keeps no calls away where it ${title}`, async () => {
      const { chat, first, second } = await setUp("openai_compatible", headers);
      await chat();
      await chat();
      expect([first.calls, second.calls]).toEqual([2, 0]);
    });
});
