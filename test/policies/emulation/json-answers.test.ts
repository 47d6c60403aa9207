import { describe, expect, it } from "vitest";
import {
  asObject,
  asObjects,
  asString,
  type Json,
  type JsonObject,
  parseJson,
} from "../../vendors/json-value.ts";
import { startGateway } from "./start-gateway.ts";
import { sendJson, startShapedVendor } from "./start-shaped-vendor.ts";

const object = '{"a":"x}"}';
const messages = [{ role: "user", content: "hello" }];
const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
const bySchema = { type: "json_schema", json_schema: { name: "x", schema } };
const anyJson = { type: "json_object" };
const tool = { type: "function", function: { name: "f", parameters: { type: "object" } } };

/** What a model of Anthropic's says: words, or a call of a tool with JSON as its input. */
type Block = string | { readonly call: string; readonly input: string };

function wholeBlock(block: Block): Json {
  return typeof block === "string"
    ? { type: "text", text: block }
    : { type: "tool_use", id: "t", name: block.call, input: parseJson(block.input) ?? {} };
}

function eventsOf(block: Block, index: number): readonly JsonObject[] {
  const said = typeof block === "string";
  const text = said ? block : block.input;
  const start = said
    ? { type: "text", text: "" }
    : { type: "tool_use", id: "t", name: block.call, input: {} };
  const pieces = text.match(/[\s\S]{1,3}/g) ?? [];
  const deltas = pieces.map((piece) =>
    said ? { type: "text_delta", text: piece } : { type: "input_json_delta", partial_json: piece },
  );
  return [
    { type: "content_block_start", index, content_block: start },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

const usage = { input_tokens: 1, output_tokens: 1 };

/** Claude behind a gateway, whose models say the blocks. */
async function start(blocks: readonly Block[], stop_reason = "end_turn", kind = "anthropic") {
  const vendor = await startShapedVendor(({ body }, response) => {
    const message = { id: "m", type: "message", role: "assistant", model: "claude", usage };
    if (asObject(parseJson(body))?.stream !== true) {
      sendJson(response, { ...message, content: blocks.map(wholeBlock), stop_reason });
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    const events: readonly JsonObject[] = [
      { type: "message_start", message: { ...message, content: [], stop_reason: null } },
      ...blocks.flatMap(eventsOf),
      { type: "message_delta", delta: { stop_reason }, usage },
      { type: "message_stop" },
    ];
    for (const event of events)
      response.write(`event: ${asString(event.type)}\ndata: ${JSON.stringify(event)}\n\n`);
    response.end();
  });
  const provider = { kind, base_url: vendor.url, api_key: { value: "k" } };
  const gateway = await startGateway({ providers: { v: provider } });
  const ask = async (body: JsonObject, stream = false, headers: Record<string, string> = {}) => {
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ model: "v/claude-sonnet-4-0", messages, stream, ...body }),
    });
    const text = await reply.text();
    const fidelity = reply.headers.get("x-parlance-fidelity") ?? "";
    return {
      status: reply.status,
      fidelity,
      text,
      ...(stream ? foldChunks(text) : readWhole(text)),
    };
  };
  return { ask, sent: () => asObject(parseJson(vendor.seen.at(-1)?.body ?? "")) };
}

function readWhole(text: string) {
  const [choice] = asObjects(asObject(parseJson(text))?.choices);
  const message = asObject(choice?.message);
  return {
    content: asString(message?.content) ?? "",
    calls: asObjects(message?.tool_calls).length,
    finish: choice?.finish_reason,
  };
}

function foldChunks(text: string) {
  const frames = text.split("\n\n").map((frame) => asObject(parseJson(frame.slice(6))));
  const choices = frames.flatMap((frame) => asObjects(frame?.choices));
  const deltas = choices.map(({ delta }) => asObject(delta));
  return {
    content: deltas.map((delta) => asString(delta?.content) ?? "").join(""),
    calls: deltas.flatMap((delta) => asObjects(delta?.tool_calls)).filter(({ id }) => id).length,
    finish: choices.map(({ finish_reason }) => finish_reason).findLast((word) => word !== null),
  };
}

const call = { call: "json_answer", input: object };
const words = "Here it is, as you wished.";

/** Answers that are JSON, whatever stands beside it. */
const answers: readonly (readonly [
  title: string,
  format: JsonObject,
  blocks: readonly Block[],
  stop: string,
])[] = [
  ["the call of the tool", bySchema, [call], "tool_use"],
  ["the call behind words", bySchema, [words, call], "tool_use"],
  ["the call before words", bySchema, [call, words], "tool_use"],
  ["the call, made twice", bySchema, [call, { ...call, input: '{"b":1}' }], "tool_use"],
  ["text in place of the call", bySchema, [object], "end_turn"],
  ["text that is JSON", anyJson, [object], "end_turn"],
  ["text in a code fence", anyJson, [`\`\`\`json\n${object}\n\`\`\``], "end_turn"],
  ["text with words behind it", anyJson, [`${object}\nDone.`], "end_turn"],
  [
    "a code fence among words",
    anyJson,
    [`${words}\n\`\`\`json\n${object}\n\`\`\`\nDone.`],
    "end_turn",
  ],
];

describe("an answer in JSON that the vendor cannot be bound to", () => {
  for (const stream of [false, true]) {
    const way = stream ? "stream" : "unary";
    for (const [title, response_format, blocks, stop] of answers) {
      it(`is the object alone: ${title} (${way})`, async () => {
        const { ask } = await start(blocks, stop);
        const { status, content, finish, calls } = await ask({ response_format }, stream);
        expect({ status, content, finish, calls }).toEqual({
          status: 200,
          content: object,
          finish: "stop",
          calls: 0,
        });
      });
    }

    for (const [format, response_format] of [
      ["a schema", bySchema],
      ["any object", anyJson],
    ] as const) {
      it(`is a failure where the model answers in words: ${format} (${way})`, async () => {
        const { ask } = await start([words]);
        const { status, text } = await ask({ response_format }, stream);
        expect(status).toBe(502);
        expect(text).toContain("the model answered in words where JSON was requested");
      });

      it(`is reported as dropped beside the caller's own tools: ${format} (${way})`, async () => {
        const { ask } = await start([words]);
        const reply = await ask({ response_format, tools: [tool] }, stream);
        expect(reply.content).toBe(words);
        expect(reply.fidelity).toMatch(/response_format\.json_\w+=DROPPED/);
      });

      it(`keeps the words of an answer that was cut off: ${format} (${way})`, async () => {
        const { ask } = await start([words], "max_tokens");
        const { content, finish } = await ask({ response_format }, stream);
        expect([content, finish]).toEqual([words, "length"]);
      });

      it(`may be a call of the caller's tools first, with its words: ${format} (${way})`, async () => {
        const { ask } = await start([words, { call: "f", input: "{}" }], "tool_use");
        const reply = await ask({ response_format, tools: [tool] }, stream);
        expect([reply.content, reply.calls, reply.finish]).toEqual([words, 1, "tool_calls"]);
      });
    }
  }

  it("breaks a stream whose object does not end", async () => {
    const { ask } = await start(['{"a":"x']);
    const { text } = await ask({ response_format: anyJson }, true);
    expect(text).toContain("the model answered in words where JSON was requested");
    expect(text).not.toContain("[DONE]");
  });

  it("is forced by a tool of the schema, alone or among the caller's", async () => {
    const { ask, sent } = await start([call], "tool_use");
    const { fidelity } = await ask({ response_format: bySchema });
    expect(fidelity).toContain("response_format.json_schema=EMULATED");
    expect(asObjects(sent()?.tools)).toMatchObject([{ name: "json_answer", input_schema: schema }]);
    expect(sent()?.tool_choice).toMatchObject({ type: "tool", name: "json_answer" });
    await ask({ response_format: bySchema, tools: [tool] });
    expect(asObjects(sent()?.tools).map(({ name }) => name)).toEqual(["f", "json_answer"]);
    expect(sent()?.tool_choice).toMatchObject({ type: "any" });
  });

  it("does not take the name of a tool of the caller's", async () => {
    const { ask, sent } = await start([{ ...call, call: "json_answer_2" }], "tool_use");
    const own = { type: "function", function: { name: "json_answer" } };
    const { content } = await ask({ response_format: bySchema, tools: [own] });
    expect(asObjects(sent()?.tools).map(({ name }) => name)).toEqual([
      "json_answer",
      "json_answer_2",
    ]);
    expect(content).toBe(object);
  });

  it("is requested in the prompt where there is no schema", async () => {
    const { ask, sent } = await start([object]);
    await ask({ response_format: anyJson });
    expect(sent()?.tools).toBeUndefined();
    expect(JSON.stringify(sent()?.system)).toContain("one JSON object");
  });
});

/** Vendors whose requests are looked at: what they answer is no matter here. */
async function sentTo(kind: string, model: string, body: JsonObject): Promise<JsonObject> {
  const vendor = await startShapedVendor((_, response) => sendJson(response, {}, 400));
  const aws = kind === "bedrock" ? { aws: { region: "us-east-1" } } : {};
  const provider = { kind, base_url: vendor.url, api_key: { value: "k" }, ...aws };
  const gateway = await startGateway({ providers: { v: provider } });
  const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: `v/${model}`, messages, ...body }),
  });
  await reply.text();
  return asObject(parseJson(vendor.seen.at(-1)?.body ?? "")) ?? {};
}

describe("a format that the vendor cannot have", () => {
  const cases: readonly (readonly [
    title: string,
    kind: string,
    model: string,
    body: JsonObject,
    has: RegExp,
    hasNot: RegExp,
  ])[] = [
    [
      "goes by a tool beside tools of Gemini 2.5",
      "gemini",
      "gemini-2.5-flash",
      { response_format: bySchema, tools: [tool] },
      /"name":"json_answer".*"mode":"ANY"/,
      /responseMimeType|responseSchema|responseJsonSchema/,
    ],
    [
      "goes by the prompt beside tools of Gemini 2.5, where there is no schema",
      "gemini",
      "gemini-2.5-pro",
      { response_format: anyJson, tools: [tool] },
      /one JSON object/,
      /responseMimeType|json_answer/,
    ],
    [
      "stays a format at Gemini 2.5 without tools",
      "gemini",
      "gemini-2.5-pro",
      { response_format: bySchema },
      /responseSchema/,
      /json_answer/,
    ],
    [
      "stays a format beside tools of Gemini 3",
      "gemini",
      "gemini-3-pro-preview",
      { response_format: bySchema, tools: [tool] },
      /responseSchema/,
      /json_answer/,
    ],
    [
      "goes by a tool beside tools of Cohere",
      "cohere",
      "command-a-03-2025",
      { response_format: bySchema, tools: [tool] },
      /"name":"json_answer".*"tool_choice":"REQUIRED"/,
      /response_format/,
    ],
    [
      "goes by the prompt beside tools of Cohere, where there is no schema",
      "cohere",
      "command-a-03-2025",
      { response_format: anyJson, tools: [tool] },
      /one JSON object/,
      /response_format/,
    ],
    [
      "stays a format at Cohere without tools",
      "cohere",
      "command-a-03-2025",
      { response_format: anyJson },
      /response_format/,
      /one JSON object/,
    ],
    [
      "goes by a forced tool at models of Bedrock that have none",
      "bedrock",
      "anthropic.claude-3-7-sonnet-20250219-v1:0",
      { response_format: bySchema },
      /"toolChoice":\{"tool":\{"name":"json_answer"\}\}/,
      /textFormat/,
    ],
    [
      "stays a format at models of Bedrock that have it",
      "bedrock",
      "anthropic.claude-sonnet-4-5-20250929-v1:0",
      {
        response_format: {
          ...bySchema,
          json_schema: { name: "x", schema: { ...schema, additionalProperties: false } },
        },
      },
      /textFormat/,
      /json_answer/,
    ],
    [
      "goes by a tool where the schema is open at Claude",
      "anthropic",
      "claude-sonnet-4-5",
      { response_format: bySchema },
      /json_answer/,
      /output_config/,
    ],
  ];
  for (const [title, kind, model, body, has, hasNot] of cases) {
    it(title, async () => {
      const sent = JSON.stringify(await sentTo(kind, model, body));
      expect(sent).toMatch(has);
      expect(sent).not.toMatch(hasNot);
    });
  }
});
