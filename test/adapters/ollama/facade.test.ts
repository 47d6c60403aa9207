import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import {
  type Completion,
  CompletionSchema,
  FinishReason,
} from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { ReasoningEffort, ReasoningMode } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { encodeTags } from "../../../src/adapters/ollama/client/tags.ts";
import {
  ollama as ollamaDialect,
  ollamaFacade as ollamaFacadeOriginal,
  ollamaGenerateFacade as ollamaGenerateFacadeOriginal,
} from "../../../src/adapters/ollama/index.ts";
import type { Decoded } from "../../../src/core/dialect.ts";
import { collect } from "../../../src/events/collect.ts";
import { explode } from "../../../src/events/explode.ts";
import { isObject, parseJson } from "../../../src/json/json.ts";
import { chat as anyChat } from "../../arbitraries/chat.ts";
import { completion as anyCompletion } from "../../arbitraries/completion.ts";
import { clientSide, vendorSide } from "../sides.ts";

const ollama = vendorSide(ollamaDialect);
const ollamaFacade = clientSide(ollamaFacadeOriginal);
const ollamaGenerateFacade = clientSide(ollamaGenerateFacadeOriginal);

type ChatInit = MessageInitShape<typeof ChatSchema>;
type PartInit = MessageInitShape<typeof PartSchema>;

const context = { model: "asked", nowUnixS: 1, callId: "call", wantsUsage: true };

function value<T>(decoded: Decoded<T>): T {
  if (!decoded.ok) throw new Error(decoded.fault.message);
  return decoded.value;
}

function reread(text: string) {
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) throw new Error(`not an object: ${text}`);
  return parsed.value;
}

const text = (words: string): PartInit => ({ content: { case: "text", value: { text: words } } });
const call = (id: string, name: string, input: string): PartInit => ({
  content: {
    case: "toolCall",
    value: { id, name, input: { case: "argumentsJson", value: input } },
  },
});
const result = (toolCallId: string, name: string, words: string): PartInit => ({
  content: { case: "toolResult", value: { toolCallId, name, content: [text(words)] } },
});
const hello = { role: Role.USER, parts: [text("Hi")] };
const said = '"messages":[{"role":"user","content":"Hi"}]';

const requests: readonly (readonly [
  title: string,
  body: string,
  chat: ChatInit,
  stream: boolean,
])[] = [
  ["a chat, which is streamed", `{"model":"m",${said}}`, {}, true],
  [
    "a chat that is not",
    `{"model":"m",${said},"stream":false,"format":"","tools":null}`,
    {},
    false,
  ],
  [
    "knobs, and options of its own to the last digit",
    `{"model":"m",${said},"keep_alive":"5m","options":{"temperature":0,"num_ctx":8192.0,"num_predict":5,"stop":"END","seed":7}}`,
    {
      sampling: { temperature: 0, seed: 7n, stop: ["END"] },
      maxOutputTokens: 5,
      extrasJson: { ollama: '{"keep_alive":"5m","options":{"num_ctx":8192.0}}' },
    },
    true,
  ],
  [
    "no bound",
    `{"model":"m",${said},"options":{"num_predict":-1}}`,
    { extrasJson: { ollama: '{"options":{"num_predict":-1}}' } },
    true,
  ],
  [
    "a schema, byte for byte",
    `{"model":"m",${said},"format":{ "z":1.0 }}`,
    { responseFormat: { format: { case: "jsonSchema", value: { schemaJson: '{ "z":1.0 }' } } } },
    true,
  ],
  [
    "any JSON",
    `{"model":"m",${said},"format":"json"}`,
    { responseFormat: { format: { case: "jsonObject", value: {} } } },
    true,
  ],
  [
    "that it thinks",
    `{"model":"m",${said},"think":true}`,
    { reasoning: { mode: ReasoningMode.ENABLED } },
    true,
  ],
  [
    "how it thinks",
    `{"model":"m",${said},"think":"high"}`,
    { reasoning: { effort: ReasoningEffort.HIGH } },
    true,
  ],
  [
    "tools",
    `{"model":"m",${said},"tools":[{"type":"function","function":{"name":"f","parameters":{ "a":1 }}},{"type":"x"}]}`,
    {
      tools: [
        { tool: { case: "function", value: { name: "f", parametersJson: '{ "a":1 }' } } },
        { tool: { case: "builtin", value: { dialect: "ollama", json: '{"type":"x"}' } } },
      ],
    },
    true,
  ],
  [
    "calls and results without ids, which are paired by their tools",
    `{"model":"m","messages":[
      {"role":"assistant","thinking":"hm","tool_calls":[
        {"function":{"name":"f","arguments":{ "a":1.0 }}},{"function":{"name":"g","arguments":{}}}]},
      {"role":"tool","content":"G","tool_name":"g"},{"role":"tool","content":"F"}]}`,
    {
      messages: [
        {
          role: Role.ASSISTANT,
          parts: [
            { content: { case: "reasoning", value: { text: "hm" } } },
            call("call_0_0", "f", '{ "a":1.0 }'),
            call("call_0_1", "g", "{}"),
          ],
        },
        { role: Role.TOOL, parts: [result("call_0_1", "g", "G")] },
        { role: Role.TOOL, parts: [result("call_0_0", "", "F")] },
      ],
    },
    true,
  ],
  [
    "pictures by what their bytes say",
    `{"model":"m","messages":[{"role":"user","content":"What?","images":["iVBORw0KGgo="]}]}`,
    {
      messages: [
        {
          role: Role.USER,
          parts: [
            {
              content: {
                case: "image",
                value: {
                  source: {
                    case: "data",
                    value: Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
                  },
                  mediaType: "image/png",
                },
              },
            },
            text("What?"),
          ],
        },
      ],
    },
    true,
  ],
];

describe("a request of an ollama client", () => {
  for (const [title, body, chat, stream] of requests) {
    it(`is read with ${title}`, () => {
      const decoded = value(ollamaFacade.decodeRequest(reread(body), Buffer.from(body)));
      expect(decoded.chat).toEqual(create(ChatSchema, { model: "m", messages: [hello], ...chat }));
      expect(decoded.stream).toBe(stream);
    });
  }

  it("says the same once it was read and written", () => {
    for (const [, body] of requests) {
      const { chat, stream } = value(ollamaFacade.decodeRequest(reread(body), Buffer.from(body)));
      const written = String(
        value(ollama.encodeRequest(chat, { model: "m", stream, quirks: {} })).request.body,
      );
      const again = value(ollamaFacade.decodeRequest(reread(written), Buffer.from(written)));
      const names = (it: typeof chat) =>
        JSON.parse(
          JSON.stringify(it, (key, one) =>
            key === "name" ? "" : typeof one === "bigint" ? String(one) : one,
          ),
        );
      expect(names(again.chat)).toEqual(names(chat));
    }
  });

  it("is whatever a server is asked, with every call and result in its place", () => {
    const turns = ({ messages }: Chat) =>
      messages.flatMap(({ parts }) =>
        parts.flatMap(({ content }) => {
          if (content.case === "toolCall")
            return [`${content.value.id} ${content.value.name} ${content.value.input.value}`];
          return content.case === "toolResult"
            ? [`${content.value.toolCallId} ${content.value.content.length}`]
            : [];
        }),
      );
    fc.assert(
      fc.property(anyChat, fc.boolean(), (given, stream) => {
        const encoded = ollama.encodeRequest(given, { model: "m", stream, quirks: {} });
        if (!encoded.ok) return;
        const body = String(encoded.value.request.body);
        const decoded = value(ollamaFacade.decodeRequest(reread(body), Buffer.from(body)));
        expect(decoded.stream).toBe(stream);
        expect(turns(decoded.chat)).toEqual(turns(given));
      }),
    );
  });

  it("of /api/generate is a chat of the prompt", () => {
    const body = '{"model":"m","system":"Be brief","prompt":"Hi","stream":false,"raw":true}';
    const decoded = value(ollamaGenerateFacade.decodeRequest(reread(body), Buffer.from(body)));
    expect(decoded).toEqual({
      stream: false,
      chat: create(ChatSchema, {
        model: "m",
        messages: [{ role: Role.SYSTEM, parts: [text("Be brief")] }, hello],
        extrasJson: { ollama: '{"raw":true}' },
      }),
    });
  });

  const wrong: readonly (readonly [body: string, fields: readonly string[]])[] = [
    ["{}", ["messages", "model"]],
    [`{"model":5,"messages":[]}`, ["messages", "model"]],
    [`{"model":"m","messages":[5,{"role":"bot"}]}`, ["messages[0]", "messages[1].role"]],
    [
      `{"model":"m",${said},"options":{"top_p":2,"seed":1.5,"stop":[5]}}`,
      ["options.seed", "options.top_p", "options.stop[0]"],
    ],
    [`{"model":"m",${said},"think":"much","format":5}`, ["format", "think"]],
    [`{"model":"m",${said},"tools":[{"function":{}}]}`, ["tools[0].function.name"]],
    [
      `{"model":"m","messages":[{"role":"user","images":["?"],"tool_calls":[5]}]}`,
      ["messages[0].images[0]", "messages[0].tool_calls[0]"],
    ],
  ];
  for (const [body, fields] of wrong) {
    it(`is refused for all that is wrong in ${body}`, () => {
      const decoded = ollamaFacade.decodeRequest(reread(body), Buffer.from(body));
      expect(decoded.ok ? undefined : decoded.fault.reason).toBe(ErrorReason.INVALID_REQUEST);
      expect(decoded.ok ? undefined : decoded.fault.fields?.map(({ field }) => field)).toEqual(
        fields,
      );
    });
  }
});

const words = fc.string({ minLength: 1 });

/** Answers that this dialect says in full, in the order in which it says them. */
const ownCompletion: fc.Arbitrary<Completion> = fc
  .record({
    thinking: fc.option(words, { nil: undefined }),
    content: words,
    calls: fc.array(
      fc.constantFrom(
        "{}",
        '{"city":"Zürich","n":12345678901234567890}',
        '{ "a" :\n1 }',
        '{"cut":',
      ),
      {
        maxLength: 2,
      },
    ),
    reason: fc.constantFrom(
      [FinishReason.STOP, "stop"] as const,
      [FinishReason.LENGTH, "length"] as const,
    ),
    usage: fc.option(
      fc.record({ inputTokens: fc.nat(99).map(BigInt), outputTokens: fc.nat(99).map(BigInt) }),
      {
        nil: undefined,
      },
    ),
    extras: fc.constantFrom(
      {},
      { ollama: '{"total_duration":12345678901234567890,"x":{"b":1,"a":2}}' },
    ),
  })
  .map(({ thinking, content, calls, reason, usage, extras }) =>
    create(CompletionSchema, {
      model: "m",
      createdUnixS: 1700000000n,
      ...(usage === undefined ? {} : { usage }),
      extrasJson: extras,
      choices: [
        {
          message: {
            role: Role.ASSISTANT,
            parts: [
              ...(thinking === undefined
                ? []
                : [
                    {
                      content: { case: "reasoning", value: { text: thinking } },
                    } satisfies PartInit,
                  ]),
              text(content),
              ...calls.map((input, at) => call(`c${at}`, "f", input)),
            ],
          },
          finishReason:
            calls.length > 0 && reason[0] === FinishReason.STOP
              ? FinishReason.TOOL_CALLS
              : reason[0],
          vendorFinishReason: reason[1],
        },
      ],
    }),
  );

function linesOf(facade: typeof ollamaFacade, events: Iterable<Event>): readonly string[] {
  let state = facade.begin(context);
  const lines: string[] = [];
  for (const event of events) {
    const [next, texts] = facade.encodeEvent(state, event);
    state = next;
    lines.push(...texts);
  }
  return [...lines, ...facade.encodeEnd(state)];
}

function decodeLines(lines: readonly string[]): Completion {
  let state = ollama.begin();
  const events: Event[] = [];
  for (const line of lines) {
    expect(line.indexOf("\n")).toBe(line.length - 1);
    const step = ollama.decodeEvent(state, { event: "", data: Buffer.from(line.slice(0, -1)) });
    if (!step.ok) throw new Error(step.fault.message);
    state = step.state;
    events.push(...step.events);
  }
  events.push(...value(ollama.end(state)));
  return collect(events);
}

/** Where a call's text is broken into lines, a stream has blanks. */
function onOneLine(given: Completion): unknown {
  return JSON.parse(
    JSON.stringify(given, (_, one) =>
      typeof one === "bigint" ? String(one) : one === '{ "a" :\n1 }' ? '{ "a" : 1 }' : one,
    ),
  );
}

describe("an answer for an ollama client", () => {
  for (const [form, facade] of [
    ["/api/chat", ollamaFacade],
    ["/api/generate", ollamaGenerateFacade],
  ] as const) {
    it(`of ${form} survives the way to a client and back`, () => {
      fc.assert(
        fc.property(ownCompletion, (given) => {
          const written = facade.encodeResponse(given, context);
          expect(value(ollama.decodeResponse(reread(written), Buffer.from(written)))).toEqual(
            given,
          );
        }),
      );
    });

    it(`of ${form} folds to the same answer when it is streamed`, () => {
      fc.assert(
        fc.property(ownCompletion, (given) => {
          expect(onOneLine(decodeLines(linesOf(facade, explode(given))))).toEqual(onOneLine(given));
        }),
      );
    });

    it(`of ${form} is told in both forms, whatever it is, and both are read`, () => {
      fc.assert(
        fc.property(anyCompletion, (given) => {
          const written = facade.encodeResponse(given, context);
          value(ollama.decodeResponse(reread(written), Buffer.from(written)));
          decodeLines(linesOf(facade, explode(given)));
        }),
      );
    });
  }

  it("has the members that clients look for", () => {
    const given = create(CompletionSchema, {
      choices: [{ message: { role: Role.ASSISTANT, parts: [text("Hi"), call("c", "f", "{}")] } }],
      usage: { inputTokens: 1n, outputTokens: 2n },
    });
    expect(JSON.parse(ollamaFacade.encodeResponse(given, context))).toEqual({
      model: "asked",
      created_at: "1970-01-01T00:00:01.000Z",
      message: {
        role: "assistant",
        content: "Hi",
        tool_calls: [{ id: "c", function: { index: 0, name: "f", arguments: {} } }],
      },
      done: true,
      done_reason: "stop",
      prompt_eval_count: 1,
      eval_count: 2,
    });
  });

  it("holds each line of a stream together, also where a text is spread over lines", () => {
    const given = create(CompletionSchema, { extrasJson: { ollama: '{"x":\n{"y":1}}' } });
    const [last] = linesOf(ollamaFacade, explode(given));
    expect(last).toMatch(/^[^\n]*"x":[^\n]*\n$/);
  });

  it("that breaks off ends with an error and no last line", () => {
    const fault = { reason: ErrorReason.UPSTREAM_CUT, message: "cut" };
    expect(ollamaFacade.encodeStreamError(ollamaFacade.begin(context), fault)).toEqual([
      '{"error":"cut"}\n',
    ]);
    expect(ollamaFacade.encodeError(fault)).toBe('{"error":"cut"}');
  });
});

describe("embeddings and models for an ollama client", () => {
  const { embed } = ollamaFacade;

  it("are read and told in its words", () => {
    const body = '{"model":"m","input":"a","truncate":false,"keep_alive":0}';
    const spec = value(
      embed?.decodeRequest(reread(body), Buffer.from(body)) ?? {
        ok: false,
        fault: { reason: 0, message: "" },
      },
    );
    expect(spec).toMatchObject({
      model: "m",
      inputs: [{ input: { value: "a" } }],
      truncate: "false",
      extrasJson: { ollama: '{"keep_alive":0}' },
    });
    const answer = '{"model":"m","embeddings":[[1,2.5]],"prompt_eval_count":3,"total_duration":4}';
    const decoded = ollama.embed?.decodeResponse(JSON.parse(answer));
    expect(decoded?.ok === true ? embed?.encodeResponse(decoded.value, context) : undefined).toBe(
      answer,
    );
  });

  it("are refused without texts", () => {
    for (const body of [
      '{"model":"m"}',
      '{"model":"m","input":[]}',
      '{"model":"m","input":[""]}',
      '{"input":"a"}',
    ]) {
      expect(embed?.decodeRequest(reread(body), Buffer.from(body)).ok).toBe(false);
    }
  });

  it("are listed by name", () => {
    const { models } = JSON.parse(encodeTags(["fast", "openai/x"], 0));
    expect(models.map(({ name, model }: Record<string, string>) => [name, model])).toEqual([
      ["fast", "fast"],
      ["openai/x", "openai/x"],
    ]);
  });
});

describe("garbage of an ollama client", () => {
  it("in any place of a request is a value, never a throw", () => {
    const place = fc.constantFrom(
      (it: unknown) => ({ model: it, messages: it, prompt: it, images: it, input: it }),
      (it: unknown) => ({
        model: "m",
        messages: [{ role: it, content: it, images: [it], tool_calls: [it] }],
      }),
      (it: unknown) => ({
        model: "m",
        messages: [
          { role: "assistant", tool_calls: [{ id: it, function: { name: it, arguments: it } }] },
        ],
      }),
      (it: unknown) => ({
        model: "m",
        messages: [{ role: "tool", tool_name: it, tool_call_id: it }],
        tools: [{ function: it }],
      }),
      (it: unknown) => ({
        model: "m",
        messages: [{ role: "user" }],
        options: it,
        format: it,
        think: it,
        tools: it,
      }),
      (it: unknown) => ({
        model: "m",
        messages: [{ role: "user" }],
        options: { stop: it, seed: it, top_p: it, num_predict: it },
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 2 }), place, (junk, put) => {
        const body = JSON.stringify(put(junk));
        const decoded = ollamaFacade.decodeRequest(reread(body), Buffer.from(body));
        if (decoded.ok)
          ollama.encodeRequest(decoded.value.chat, { model: "m", stream: true, quirks: {} });
        ollamaGenerateFacade.decodeRequest(reread(body), Buffer.from(body));
        ollamaFacade.embed?.decodeRequest(reread(body), Buffer.from(body));
      }),
    );
  });
});
