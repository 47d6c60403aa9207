import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { asObject, asObjects, type Json, parseJson } from "../../vendors/json-value.ts";
import {
  events,
  lines,
  type Script,
  type ScriptedVendor,
  startScriptedVendor,
  whole,
} from "./start-scripted-vendor.ts";

type Members = { readonly [member: string]: Json };

const chatChunk = (choice: { readonly [member: string]: Json }): Json => ({
  id: "c1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, finish_reason: null, ...choice }],
});

/** Vendors of other dialects, with an answer in both forms. */
const vendors: readonly {
  readonly kind: string;
  readonly basePath: string;
  readonly whole: Script;
  readonly stream: Script;
}[] = [
  {
    kind: "openai_compatible",
    basePath: "/v1",
    whole: whole({
      id: "c1",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }],
    }),
    stream: events([
      chatChunk({ delta: { role: "assistant", content: "ok" } }),
      chatChunk({ delta: {}, finish_reason: "stop" }),
      "[DONE]",
    ]),
  },
  {
    kind: "anthropic",
    basePath: "",
    whole: whole({
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "m",
      content: [{ type: "text", text: "ok" }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: { input_tokens: 5, output_tokens: 1 },
    }),
    stream: events(
      [
        {
          type: "message_start",
          message: { id: "msg_1", type: "message", role: "assistant", model: "m", content: [] },
        },
        { type: "content_block_start", index: 0, content_block: { type: "text", text: "ok" } },
        { type: "content_block_stop", index: 0 },
        { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } },
        { type: "message_stop" },
      ],
      true,
    ),
  },
  {
    kind: "gemini",
    basePath: "",
    whole: whole({
      candidates: [{ content: { parts: [{ text: "ok" }] }, finishReason: "STOP", index: 0 }],
    }),
    stream: events([
      { candidates: [{ content: { parts: [{ text: "ok" }] }, finishReason: "STOP", index: 0 }] },
    ]),
  },
  {
    kind: "ollama",
    basePath: "",
    whole: whole({ model: "m", message: { role: "assistant", content: "ok" }, done: true }),
    stream: lines([
      { model: "m", message: { role: "assistant", content: "ok" }, done: false },
      { model: "m", message: { role: "assistant", content: "" }, done: true, done_reason: "stop" },
    ]),
  },
];

const asked = {
  input: "x",
  instructions: "be brief",
  metadata: { ticket: "42" },
  max_output_tokens: 77,
  tools: [{ type: "function", name: "f", parameters: { type: "object", properties: {} } }],
  tool_choice: "auto",
  parallel_tool_calls: false,
  temperature: 0.5,
  text: { verbosity: "low" },
  user: "u",
};
const { input: _input, ...repeated } = asked;
const echoed = { ...repeated, text: { format: { type: "text" }, verbosity: "low" } };

const running = new Map<string, ScriptedVendor>();
let gateway: { readonly url: string; close(): Promise<unknown> };

beforeAll(async () => {
  const providers: Record<string, Json> = {};
  const kinds = [...vendors, { kind: "openai_responses_compatible", basePath: "/v1" }];
  for (const { kind, basePath } of kinds) {
    const vendor = await startScriptedVendor();
    running.set(kind, vendor);
    providers[kind] = { kind, base_url: `${vendor.url}${basePath}`, api_key: { value: "k" } };
  }
  const text = JSON.stringify({ server: { port: 0 }, providers });
  gateway = await startGateway({ config: { text, filename: "test" } });
});
afterAll(async () => {
  await gateway.close();
  for (const vendor of running.values()) await vendor.close();
});

async function ask(kind: string, script: Script, stream: boolean): Promise<string> {
  running.get(kind)?.answer(script);
  const reply = await fetch(`${gateway.url}/v1/responses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...asked, model: `${kind}/m`, stream }),
  });
  return reply.text();
}

function eventsIn(text: string): readonly { readonly [member: string]: Json | undefined }[] {
  const data = text.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line] : []));
  return asObjects(data.map((line) => parseJson(line.slice(6)) ?? null));
}

function expectRising(text: string): void {
  const numbers = eventsIn(text).map((event) => event.sequence_number);
  expect(numbers).toEqual(numbers.map((_, at) => at));
}

describe("a response of another vendor repeats its request", () => {
  for (const { kind, whole: answer, stream } of vendors) {
    it(`whole, from ${kind}`, async () => {
      const response = asObject(parseJson(await ask(kind, answer, false)));
      expect(response).toMatchObject({ ...echoed, status: "completed" });
      expect(response?.id).toMatch(/^resp_./);
    });

    it(`in each event that holds it, from ${kind}`, async () => {
      const text = await ask(kind, stream, true);
      const responses = eventsIn(text).flatMap(({ response }) => response ?? []);
      expect(responses.length).toBe(3);
      for (const response of responses) expect(response).toMatchObject(echoed);
      for (const response of asObjects(responses)) expect(response.id).toMatch(/^resp_./);
      expectRising(text);
    });
  }
});

const begun = { id: "resp_1", object: "response", created_at: 1, model: "m", output: [] };
const opener: readonly Json[] = ["response.created", "response.in_progress"].map((type, at) => ({
  type,
  sequence_number: at,
  response: { ...begun, status: "in_progress" },
}));
const at: Members = { item_id: "i", output_index: 0, content_index: 0 };
const words: readonly Json[] = [
  {
    type: "response.output_item.added",
    sequence_number: 2,
    output_index: 0,
    item: { id: "i", type: "message", status: "in_progress", role: "assistant", content: [] },
  },
  {
    type: "response.content_part.added",
    sequence_number: 3,
    ...at,
    part: { type: "output_text", text: "", annotations: [] },
  },
  { type: "response.output_text.delta", sequence_number: 4, ...at, delta: "ok" },
];
const failed = (sequence_number: number, code: string): Json => ({
  type: "response.failed",
  sequence_number,
  response: { ...begun, status: "failed", error: { code, message: "no" } },
});

describe("a response that fails at a vendor of the dialect", () => {
  const own = "openai_responses_compatible";
  for (const code of ["context_length_exceeded", "server_error", "rate_limit_exceeded"]) {
    for (const [title, frames] of [
      ["before its first content", [...opener, failed(2, code)]],
      ["after content", [...opener, ...words, failed(5, code)]],
    ] as const) {
      it(`for ${code} ${title} passes to the byte`, async () => {
        const script = events(frames, true);
        expect(await ask(own, script, true)).toBe(script.body);
      });
    }
  }

  it("with an error event passes to the byte", async () => {
    const error = { type: "error", sequence_number: 5, code: "server_error", message: "no" };
    const script = events([...opener, ...words, error], true);
    expect(await ask(own, script, true)).toBe(script.body);
  });

  it("by breaking off ends with response.failed, numbers rising", async () => {
    const script = events([...opener, ...words], true);
    const text = await ask(own, script, true);
    expect(text.startsWith(script.body)).toBe(true);
    expect(eventsIn(text).map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "error",
      "response.failed",
    ]);
    expect(eventsIn(text).at(-1)?.response).toMatchObject({ id: "resp_1", status: "failed" });
    expectRising(text);
  });
});
