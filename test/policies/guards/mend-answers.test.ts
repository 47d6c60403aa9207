import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import type { World } from "../../../src/composition/world.ts";
import type { CallRecord } from "../../../src/core/ledger/call-record.ts";
import { startGateway } from "../../../src/serve.ts";
import { createFakeClock } from "../../fake-clock.ts";
import { until } from "../../redis/until.ts";
import { chat, post } from "./guarded-gateway.ts";

const chats = "/v1/chat/completions";

/** A number: it fails with this status. Else: the text of its answer; undefined: there is none. */
type Answer = string | number | undefined;

interface Vendor {
  readonly url: string;
  readonly sent: { readonly messages: readonly { role: string; content: string }[] }[];
  answers: Answer[];
  /** How many of its requests were cancelled before their answer. */
  left: number;
}

/** A vendor of OpenAI's dialect that answers with texts, one for each request. */
async function startVendor(): Promise<Vendor> {
  const vendor: Vendor = { url: "", sent: [], answers: [], left: 0 };
  const server = createServer((request, response) => {
    void text(request).then((sent) => {
      const body = JSON.parse(sent);
      vendor.sent.push(body);
      const answer = vendor.answers.shift();
      const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
      if (answer === undefined) {
        request.socket.once("close", () => {
          vendor.left += 1;
        });
      } else if (typeof answer === "number") {
        response.writeHead(answer, { "content-type": "application/json" }).end("{}");
      } else if (body.stream === true) {
        response.writeHead(200, { "content-type": "text/event-stream" });
        const send = (choice: object, more = {}) =>
          response.write(`data: ${JSON.stringify({ id: "c", choices: [choice], ...more })}\n\n`);
        for (const content of answer.match(/.{1,7}/gs) ?? [])
          send({ index: 0, delta: { role: "assistant", content } });
        send({ index: 0, delta: {}, finish_reason: "stop" }, { usage });
        response.end("data: [DONE]\n\n");
      } else {
        const message = { role: "assistant", content: answer };
        const choices = [{ index: 0, message, finish_reason: "stop" }];
        const reply = { id: "c", object: "chat.completion", created: 1, choices, usage };
        response
          .writeHead(200, { "content-type": "application/json" })
          .end(JSON.stringify({ ...reply, unknown_member: "kept" }));
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // it listens on a port
  return Object.assign(vendor, { url: `http://127.0.0.1:${port}/v1` });
}

const schema = '{"type":"object","properties":{"age":{"type":"integer"}},"required":["name"]}';

async function start(repair: string, more = "", world: Partial<World> = {}) {
  const vendor = await startVendor();
  const records: CallRecord[] = [];
  const gateway = await startGateway({
    port: 0,
    config: `
providers: { a: { kind: openai_compatible, base_url: "${vendor.url}" } }
guards:
  - name: form
    json_schema: { schema_json: '${schema}', repair: { ${repair} } }
    stages: [OUTPUT]
models:
  - name: m
    targets:
      - model: a/x
        facts: { prices: { tokens: { input: "1", output: "1" } } }
    guards: [form]
${more}`,
    world: { ...world, record: (record) => void records.push(record) },
  });
  onTestFinished(() => gateway.close());
  return { vendor, records, gateway };
}

function said(reply: string): string {
  const deltas = [...reply.matchAll(/^data: (\{.*)$/gm)].map(
    ([, json = ""]) => JSON.parse(json).choices[0]?.delta?.content ?? "",
  );
  return deltas.length > 0 ? deltas.join("") : JSON.parse(reply).choices[0].message.content;
}

for (const stream of [false, true])
  it(`an answer that breaks its schema is mended, ${stream ? "streamed" : "whole"}`, async () => {
    const setup = await start("attempts: 1");
    const { vendor, records } = setup;
    const ask = () => post(setup, chats, chat("m", "who?", { stream }));

    vendor.answers = ['{"age": "old"}', '{"name": "Ada", "age": 36}'];
    const mended = await ask();
    expect([mended.status, said(mended.text)]).toEqual([200, '{"name": "Ada", "age": 36}']);
    expect(mended.text).not.toContain("old");
    expect(vendor.sent[1]?.messages).toEqual([
      { role: "user", content: "who?" },
      { role: "assistant", content: '{"age": "old"}' },
      { role: "user", content: expect.stringContaining(schema) },
    ]);
    const question = vendor.sent[1]?.messages[2]?.content;
    expect(question).toContain("- the whole: must have required property 'name'");
    expect(question).toContain("- /age: must be integer");
    expect(records[0]).toMatchObject({
      attempts: [{}, { why: expect.stringContaining("the guard form has the answer mended") }],
      usage: { inputTokens: 20n, outputTokens: 10n },
      cost: { nanoUsd: 30_000n },
      guards: [{ guard: "form", outcome: "pass" }],
    });

    // One that fits goes on as it is; the second of two that break it is not sent back again.
    vendor.answers = ['{"name": "Bob"}', "no JSON", "none again", "never asked for"];
    const whole = await ask();
    expect(said(whole.text)).toBe('{"name": "Bob"}');
    if (!stream) expect(JSON.parse(whole.text).unknown_member).toBe("kept");
    const blocked = await ask();
    expect(blocked.text).toContain("the guard form blocked the output");
    expect(vendor.sent.length).toBe(5);
    expect(vendor.sent.at(-1)?.messages[2]?.content).toContain("- it is not JSON: ");

    // Where nobody mends it the guard acts on what there is.
    vendor.answers = ["no JSON", 400];
    const failed = await ask();
    expect(failed.text).toContain("the guard form blocked the output");
    expect(records.at(-1)?.attempts.length).toBe(2);
  });

it("answers are sent back as often as the guard says, within budgets", async () => {
  const setup = await start(
    "attempts: 2",
    `keys:
  - { name: dev, value: { value: dev-key-of-the-test }, budget: { usd: "1", window: DAY } }
  - { name: poor, value: { value: poor-key-of-the-test }, budget: { usd: "0.0001", window: DAY } }`,
  );
  const { vendor, records } = setup;
  const dev = { authorization: "Bearer dev-key-of-the-test" };
  vendor.answers = ["one", "two", '{"name": "Cy"}'];
  const body = chat("m", "who?", { max_tokens: 5 });
  expect(said((await post(setup, chats, body, dev)).text)).toBe('{"name": "Cy"}');
  expect(vendor.sent[2]?.messages.map(({ content }) => content).slice(0, 2)).toEqual([
    "who?",
    "two",
  ]);
  expect(records[0]?.cost).toMatchObject({ nanoUsd: 45_000n });
  // There is no room for another answer, so that the guard acts on the first.
  vendor.answers = ["one", '{"name": "Di"}'];
  const poor = { authorization: "Bearer poor-key-of-the-test" };
  expect((await post(setup, chats, body, poor)).text).toContain("the guard form blocked");
  expect([vendor.sent.length, vendor.answers.length]).toEqual([4, 1]);
});

it("an answer that is mended for too long ends at the deadline of its call, and is cancelled", async () => {
  const clock = createFakeClock();
  const { nowMs, schedule } = clock;
  const setup = await start("attempts: 3", "", { nowMs, schedule });
  const { vendor, records } = setup;
  for (const stream of [false, true]) {
    vendor.answers = ["no JSON", undefined];
    vendor.sent.length = 0;
    const headers = { "x-parlance-timeout-ms": "5000" };
    const asking = post(setup, chats, chat("m", "who?", { stream }), headers);
    await until(() => vendor.sent.length === 2);
    clock.advance(5_001);
    const { text } = await asking;
    expect(text).toContain("5000 ms");
    expect(text).not.toContain("no JSON");
    await until(() => vendor.left === (stream ? 2 : 1));
  }
  expect(records.map(({ attempts }) => attempts.length)).toEqual([2, 2]);
});
