import { Agent } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { blanks, keyText, valueText } from "../json/json-arbitraries.ts";
import { post, type RawReply } from "./post.ts";
import { type Echo, startEcho } from "./start-echo.ts";

const callerKey = "byte-exact-caller-key-0123456789";
const vendorKey = "byte-exact-vendor-key-9876543210";
const runs = { numRuns: 150 };

/** A dialect's way through the gateway, from a client of it to a vendor of it. */
interface Way {
  readonly provider: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

const json = { "content-type": "application/json" };
const openAi: Way = {
  provider: "openai",
  path: "/v1/chat/completions",
  headers: { ...json, authorization: `Bearer ${callerKey}` },
};
const anthropic: Way = {
  provider: "anthropic",
  path: "/v1/messages",
  headers: { ...json, "x-api-key": callerKey, "anthropic-version": "2023-06-01" },
};
const responses: Way = { ...openAi, provider: "responses", path: "/v1/responses" };
/** The model and the form of the answer are in the path; the body has neither. */
const gemini = (method: string): Way => ({
  provider: "gemini",
  path: `/v1beta/models/gemini/some-model:${method}`,
  headers: { ...json, "x-goog-api-key": callerKey },
});
const ways = [openAi, anthropic, responses] as const;

/** What clients need of a whole answer; what else stands there is the vendor's business. */
const needed: Readonly<Record<string, readonly string[]>> = {
  openai: ['"usage":{"prompt_tokens":3,"input_tokens" : 3}', '"id":"\\u0061"'],
  anthropic: [
    '"usage":{"input_tokens" : 3,"output_tokens":1}',
    '"id":"\\u0061"',
    '"content" :[ {"type":"text","text":"\\u00e9","x":1.0} ]',
    '"stop_reason":"end_turn"',
  ],
  responses: [
    '"usage":{"input_tokens" : 3,"input_tokens_details":{},"output_tokens":1,"output_tokens_details":{}}',
    '"id":"\\u0061"',
    '"status" : "completed"',
    '"output":[ ]',
  ],
};
const neededNames = ["usage", "error", "id", "content", "stop_reason", "status", "output", "type"];

/**
 * The source of a member: blanks, key, blanks, colon, blanks, value, blanks. Keys in `without` are
 * left to the test.
 */
const member = (...without: readonly string[]) =>
  fc
    .tuple(
      blanks,
      keyText.filter((text) => !without.includes(String(JSON.parse(text)))),
      blanks,
      blanks,
      valueText,
      blanks,
    )
    .map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`);
const members = (...without: readonly string[]) => fc.array(member(...without), { maxLength: 5 });

/**
 * Members of any kind and depth with given ones at any place among them, between blanks and braces.
 */
const objectWith = (fixed: readonly string[], ...without: readonly string[]) =>
  fc
    .tuple(
      blanks,
      fc.array(members(...without), { minLength: fixed.length + 1, maxLength: fixed.length + 1 }),
      blanks,
    )
    .map(([before, groups, after]) => {
      const all = groups.flatMap((group, index) => [...group, ...fixed.slice(index, index + 1)]);
      return `${before}{${all.join(",")}}${after}`;
    });

const edited = ["model", "stream", "stream_options"] as const;
const messages =
  '"messages" :[ {"role":"user","content" :"\\u0068i","n":9007199254740993,"n":1.0} ]';

describe("the same dialect in and out", () => {
  let echo: Echo;
  let gateway: RunningGateway;
  const agent = new Agent({ keepAlive: true });
  const bugs: unknown[] = [];

  beforeAll(async () => {
    echo = await startEcho();
    gateway = await startGateway({
      config: `
server: { host: 127.0.0.1, port: 0 }
keys: [{ name: caller, value: { value: ${callerKey} } }]
providers:
  openai: { kind: openai, base_url: "${echo.url}/v1", api_key: { value: ${vendorKey} } }
  anthropic: { kind: anthropic, base_url: "${echo.url}", api_key: { value: ${vendorKey} } }
  responses: { kind: openai_responses_compatible, base_url: "${echo.url}/v1", api_key: { value: ${vendorKey} } }
  gemini: { kind: gemini, base_url: "${echo.url}", api_key: { value: ${vendorKey} } }
`,
      world: { record: () => undefined, onBug: (error) => void bugs.push(error) },
    });
  });
  afterAll(async () => {
    agent.destroy();
    await gateway.close();
    await echo.close();
    expect(bugs).toEqual([]);
  });

  const send = (way: Way, body: string): Promise<RawReply> =>
    post(agent, `${gateway.url}${way.path}`, way.headers, Buffer.from(body));

  const answerJson = (text: string): void =>
    echo.answer({ contentType: "application/json", pieces: [Buffer.from(text)] });

  const answerStream = (bytes: Buffer, cuts: readonly number[]): void =>
    echo.answer({ contentType: "text/event-stream; charset=utf-8", pieces: cut(bytes, cuts) });

  function expectRequest(body: string): void {
    const seen = echo.last();
    expect(seen?.body.toString()).toBe(body);
    expect(seen?.rawHeaders.filter((text) => text.includes(callerKey))).toEqual([]);
    const { authorization, "x-api-key": apiKey, "x-goog-api-key": googleKey } = seen?.headers ?? {};
    expect([authorization, apiKey, googleKey].join()).toContain(vendorKey);
  }

  for (const way of ways) {
    describe(`as ${way.provider}`, () => {
      it("hands on a unary request but for the model, and the reply as it is", async () => {
        const asked = objectWith(['"model": "MODEL"', messages], ...edited);
        const told = objectWith(needed[way.provider] ?? [], ...neededNames);
        await fc.assert(
          fc.asyncProperty(asked, told, async (request, reply) => {
            answerJson(reply);
            const got = await send(
              way,
              request.replace('"MODEL"', `"${way.provider}\\u002fsome-model"`),
            );
            expectRequest(request.replace('"MODEL"', '"some-model"'));
            expect(got.status).toBe(200);
            expect(got.body.toString()).toBe(reply);
          }),
          runs,
        );
      });

      it("gives every copy of a repeated model the vendor's name", async () => {
        answerJson(`{${needed[way.provider]?.join(",")}}`);
        const body = (model: string) =>
          `{"model":"${model}", "mod\\u0065l" :"${model}",${messages}}`;
        expect((await send(way, body(`${way.provider}/m`))).status).toBe(200);
        expectRequest(body("m"));
      });
    });
  }

  /**
   * OpenAI's own streams, with anything else in them. Only frames that carry nothing but usage are
   * the gateway's business.
   */
  const openAiFrame = fc.oneof(
    objectWith(
      [
        '"id":"c"',
        '"object":"chat.completion.chunk"',
        '"created":1',
        '"model":"m"',
        '"choices" : [{"index":0,"delta":{"role":"assistant","content":"\\u00e9"},"finish_reason":null}]',
      ],
      "usage",
      "error",
    ).map((text) => `data: ${oneLine(text)}`),
    fc.constantFrom(
      ": comment",
      "event: chunk\ndata:{}",
      'id: 7\nretry: 10\ndata: {"choices":[],"x":1.0}',
    ),
  );
  const usageFrame =
    'data: {"id":"u", "choices" : [ ], "usage":{"prompt_tokens":1,"completion_tokens":2,"x":1.0}}';
  const finishFrame =
    'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":"stop"}],"usage":null}';
  const cutsArbitrary = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
  /**
   * How a vendor frames: what ends its lines, what stands before the first, how many lines end
   * after the last.
   */
  const framing = fc.record({
    end: fc.constantFrom("\n", "\r\n", "\r"),
    start: fc.constantFrom("", "\ufeff"),
    lastEnds: fc.constantFrom(0, 1, 2),
  });

  const streamed: readonly (readonly [
    title: string,
    options: string,
    sent: string,
    wanted: boolean,
  ])[] = [
    ["no options", "", ',"stream_options":{"include_usage":true}', false],
    [
      "options for usage",
      ',"stream_options" : {"include_usage" : true}',
      ',"stream_options" : {"include_usage" : true}',
      true,
    ],
    [
      "options against usage",
      ', "stream_options":{ "x":1.0 ,"include_usage":false}',
      ', "stream_options":{ "x":1.0 ,"include_usage":true}',
      false,
    ],
    ["null options", ',"stream_options":null', ',"stream_options":{"include_usage":true}', false],
    [
      "other options",
      ',"stream_options":{"x" : 1e2 }',
      ',"stream_options":{"x" : 1e2,"include_usage":true }',
      false,
    ],
  ];
  for (const [title, options, sent, wanted] of streamed) {
    it(`asks OpenAI's vendors for usage and ${wanted ? "hands it on" : "keeps it"}: ${title}`, async () => {
      const asked = objectWith(['"model":"MODEL"', messages], ...edited).map((text) =>
        text.trimEnd().slice(0, -1),
      );
      const nonempty = asked.map((text) => `${text.trimEnd()},"stream" :true`);
      await fc.assert(
        fc.asyncProperty(
          nonempty,
          fc.array(openAiFrame, { maxLength: 5 }),
          framing,
          cutsArbitrary,
          async (request, frames, style, cuts) => {
            const print = (all: readonly string[]) => printFrames(all, style);
            const whole = [...frames, finishFrame, usageFrame, "data: [DONE]"];
            answerStream(Buffer.from(print(whole)), cuts);
            const got = await send(
              openAi,
              `${request.replace('"MODEL"', '"openai/m"')}${options} }`,
            );
            expectRequest(`${request.replace('"MODEL"', '"m"')}${sent} }`);
            expect(got.status).toBe(200);
            expect(got.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
            expect(got.body.toString()).toBe(
              print(wanted ? whole : whole.filter((frame) => frame !== usageFrame)),
            );
          },
        ),
        { numRuns: 60 },
      );
    });
  }

  const anthropicFrame = fc.oneof(
    objectWith(
      [
        '"type":"content_block_delta"',
        '"index" :0',
        '"delta":{"type":"text_delta","text":"\\u00e9","x":1.0}',
      ],
      "error",
      "type",
      "index",
      "delta",
    ).map((text) => `event: content_block_delta\ndata: ${oneLine(text)}`),
    objectWith(['"type":"brand_new_event"'], "error", "type").map(
      (text) => `event: brand_new_event\ndata:${oneLine(text)}`,
    ),
    fc.constantFrom(
      'event: ping\ndata: {"type": "ping"}',
      ": comment",
      'data: {"type":"unnamed"}',
      "event: lonely",
    ),
  );

  it("hands on Anthropic's streams as they are, requests but for the model", async () => {
    const asked = objectWith(['"model":"MODEL"', '"stream": true', messages], ...edited);
    await fc.assert(
      fc.asyncProperty(
        asked,
        fc.array(anthropicFrame, { maxLength: 6 }),
        framing,
        cutsArbitrary,
        async (request, frames, style, cuts) => {
          const whole = [
            'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence" :null,"usage":{"input_tokens":1,"output_tokens":1}}}',
            'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text" ,"text":""}}',
            ...frames,
            'event: content_block_stop\ndata: {"type":"content_block_stop","index" :0}',
            'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}  }',
            'event: message_stop\ndata: {"type":"message_stop"   }',
          ];
          const reply = printFrames(whole, style);
          answerStream(Buffer.from(reply), cuts);
          const got = await send(anthropic, request.replace('"MODEL"', '"anthropic/m"'));
          expectRequest(request.replace('"MODEL"', '"m"'));
          expect(got.status).toBe(200);
          expect(got.body.toString()).toBe(reply);
        },
      ),
      runs,
    );
  });

  /** A response as events carry it, with what clients need of it. */
  const responseText = (status: string, output: string, usage: string) =>
    `{"id":"r","object":"response","created_at":1.0,"status":"${status}","error":null,"incomplete_details":null,"instructions":null,"metadata":{},"model":"m","output":${output},"parallel_tool_calls":true,"temperature":null,"tool_choice":"auto","tools":[],"top_p":null,"usage":${usage}}`;
  const numbered = '"sequence_number":SEQUENCE';

  const responsesFrame = fc.oneof(
    objectWith(
      [
        '"type":"response.output_text.delta"',
        '"item_id":"i"',
        '"output_index":0',
        '"content_index" :0',
        '"delta":"\\u00e9"',
        '"logprobs":[]',
        numbered,
      ],
      "error",
      "type",
      "item_id",
      "output_index",
      "content_index",
      "delta",
      "logprobs",
      "sequence_number",
    ).map((text) => `event: response.output_text.delta\ndata: ${oneLine(text)}`),
    objectWith(
      ['"type":"response.brand_new.event"', numbered],
      "error",
      "type",
      "sequence_number",
    ).map((text) => `data:${oneLine(text)}`),
    fc.constantFrom("event: keepalive\ndata: {}", ": comment", "event: lonely"),
  );

  it("hands on the streams of Responses as they are, requests but for the model", async () => {
    const asked = objectWith(
      ['"model":"MODEL"', '"stream": true', '"input" :[ {"role":"user","n":1.0} ]'],
      ...edited,
      "input",
    );
    await fc.assert(
      fc.asyncProperty(
        asked,
        fc.array(responsesFrame, { maxLength: 6 }),
        framing,
        cutsArbitrary,
        async (request, frames, style, cuts) => {
          const opening = [
            `event: response.created\ndata: {"type":"response.created","response":${responseText("in_progress", "[ ]", "null")},${numbered}}`,
            `event: response.output_item.added\ndata: {"type":"response.output_item.added","output_index":0,"item":{"id":"i","type":"message","status":"in_progress","role":"assistant","content":[]},${numbered}}`,
            `event: response.content_part.added\ndata: {"type":"response.content_part.added","item_id":"i","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]},${numbered}}`,
          ];
          const usage =
            '{"input_tokens":1,"input_tokens_details":{"cached_tokens":0},"output_tokens":1,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":2,"x":1.0}';
          const item =
            '{"id":"i","type":"message","status":"completed","role":"assistant","content":[],"x":1.0}';
          const done = `event: response.output_item.done\ndata: {"type":"response.output_item.done","output_index":0,"item":${item},${numbered}}`;
          const closing = `event: response.completed\ndata: {"type":"response.completed","response":${responseText("completed", `[${item}]`, usage)} , ${numbered}}`;
          let sequence = 0;
          const whole = [...opening, ...frames, done, closing].map((frame) =>
            frame.replace("SEQUENCE", () => String(sequence++)),
          );
          const reply = printFrames(whole, style);
          answerStream(Buffer.from(reply), cuts);
          const got = await send(responses, request.replace('"MODEL"', '"responses/m"'));
          expectRequest(request.replace('"MODEL"', '"m"'));
          expect(got.status).toBe(200);
          expect(got.body.toString()).toBe(reply);
        },
      ),
      { numRuns: 60 },
    );
  });

  const contents = '"contents" :[ {"role":"user","parts":[{"text" :"\\u0068i","n":1.0}]} ]';

  it("hands on what Google's clients ask and are told, to the byte", async () => {
    const asked = objectWith([contents], "model", "stream");
    const told = objectWith(
      ['"usageMetadata":{"promptTokenCount" : 3}', '"responseId":"\\u0061"'],
      "usageMetadata",
      "error",
    );
    await fc.assert(
      fc.asyncProperty(asked, told, async (request, reply) => {
        answerJson(reply);
        const got = await send(gemini("generateContent"), request);
        expectRequest(request);
        expect(got.status).toBe(200);
        expect(got.body.toString()).toBe(reply);
      }),
      { numRuns: 60 },
    );
  });

  it("hands on Google's streams as they are", async () => {
    const frame = objectWith(
      ['"candidates" : [{"content":{"parts":[{"text":"\\u00e9"}]},"index":0}]'],
      "error",
      "promptFeedback",
    );
    await fc.assert(
      fc.asyncProperty(
        objectWith([contents], "model", "stream"),
        fc.array(
          frame.map((text) => `data: ${oneLine(text)}`),
          { maxLength: 6 },
        ),
        framing,
        cutsArbitrary,
        async (request, frames, style, cuts) => {
          const last =
            'data: {"candidates":[{"finishReason":"STOP","x":1.0}],"usageMetadata":{"promptTokenCount":1}}';
          const reply = printFrames([...frames, last], style);
          answerStream(Buffer.from(reply), cuts);
          const got = await send(gemini("streamGenerateContent?alt=sse"), request);
          expectRequest(request);
          expect(got.status).toBe(200);
          expect(got.body.toString()).toBe(reply);
        },
      ),
      { numRuns: 60 },
    );
  });
});

interface Framing {
  readonly end: string;
  readonly start: string;
  readonly lastEnds: number;
}

function printFrames(frames: readonly string[], { end, start, lastEnds }: Framing): string {
  const texts = frames.map((frame) => frame.replaceAll("\n", end));
  return start + texts.join(end + end) + end.repeat(lastEnds);
}

/** JSON may have line breaks between tokens; one line of an SSE event may not. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]/g, " ").trim();
}

/** Cuts bytes into pieces of the given lengths, over and over. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const end = at + (lengths[turn % lengths.length] ?? 1);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}
