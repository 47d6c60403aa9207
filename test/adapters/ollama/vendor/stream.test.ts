import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { ollama as ollamaDialect } from "../../../../src/adapters/ollama/index.ts";
import type { Fault } from "../../../../src/core/faults/fault.ts";
import { collect } from "../../../../src/events/collect.ts";
import { parseJson } from "../../../../src/json/json.ts";
import { vendorSide } from "../../sides.ts";

const ollama = vendorSide(ollamaDialect);

interface Read {
  readonly completion: Completion;
  readonly fault: Fault | undefined;
}

/** Reads lines given as objects, or as their text. */
function read(lines: readonly (object | string)[]): Read {
  let state = ollama.begin();
  const events: Event[] = [];
  for (const line of lines) {
    const data = Buffer.from(typeof line === "string" ? line : JSON.stringify(line));
    const step = ollama.decodeEvent(state, { event: "", data });
    if (!step.ok) return { completion: collect(events), fault: step.fault };
    state = step.state;
    events.push(...step.events);
  }
  const last = ollama.end(state);
  if (last.ok) events.push(...last.value);
  return { completion: collect(events), fault: last.ok ? undefined : last.fault };
}

const at = { model: "qwen3:4b", created_at: "2026-08-05T08:10:56.372032123Z" };
const line = (message: object, more: object = { done: false }) => ({
  ...at,
  message: { role: "assistant", ...message },
  ...more,
});
const done = { done: true, done_reason: "stop", prompt_eval_count: 5, eval_count: 3 };

function parts({ completion }: Read): readonly unknown[] {
  return completion.choices[0]?.message?.parts.map(({ content }) => content) ?? [];
}

const text = (value: string) => ({ case: "text", value: { text: value } });
const thought = (value: string) => ({ case: "reasoning", value: { text: value } });
const called = (id: unknown, name: string, value: string) => ({
  case: "toolCall",
  value: { id, name, input: { case: "argumentsJson", value } },
});
const anyId = expect.stringMatching(/^call_[0-9a-f]{16}$/);

const transcripts: readonly (readonly [
  title: string,
  lines: readonly (object | string)[],
  wanted: readonly object[],
])[] = [
  [
    "text",
    [line({ content: "Zü" }), line({ content: "rich" }), "", line({ content: "" }, done)],
    [text("Zürich")],
  ],
  ["one line", [line({ content: "Hi" }, done)], [text("Hi")]],
  [
    "thinking, text, and thinking again",
    [
      line({ content: "", thinking: "h" }),
      line({ content: "", thinking: "m" }),
      line({ content: "a" }),
      line({ content: "", thinking: "so" }),
      line({ content: "b" }, done),
    ],
    [thought("hm"), text("a"), thought("so"), text("b")],
  ],
  [
    "calls with the very text of their arguments, with ids and without",
    [
      `{"model":"m","message":{"content":"Let me see","tool_calls":[{"id":"c1","function":{"name":"f","arguments":{ "z": 1.0,"a":12345678901234567890 }}}]}}`,
      line({
        content: "",
        tool_calls: [{ function: { name: "g", arguments: {} } }, { function: { name: "h" } }],
      }),
      line({ content: "" }, done),
    ],
    [
      text("Let me see"),
      called("c1", "f", '{ "z": 1.0,"a":12345678901234567890 }'),
      called(anyId, "g", "{}"),
      called(anyId, "h", "{}"),
    ],
  ],
  [
    "arguments printed as a text, and ones that were wrapped",
    [
      line(
        {
          tool_calls: [
            { id: "a", function: { name: "f", arguments: '{"x":' } },
            { id: "b", function: { name: "g", arguments: { _raw_arguments: "?" } } },
          ],
        },
        done,
      ),
    ],
    [called("a", "f", '{"x":'), called("b", "g", "?")],
  ],
  [
    "calls that are empty objects, which call nothing",
    [
      line(
        { content: "a", tool_calls: [{}, { function: { name: "f", arguments: {} } }, {}] },
        done,
      ),
    ],
    [text("a"), called(anyId, "f", "{}")],
  ],
  [
    "pictures of the model",
    [line({ content: "See", images: ["iVBORw0KGgo=", "?", 5] }, done)],
    [text("See"), { case: "image", value: { mediaType: "image/png", source: { case: "data" } } }],
  ],
  [
    "lines of /api/generate",
    [
      { ...at, response: "", thinking: "hm", done: false },
      { ...at, response: "Hi", done: false },
      { ...at, response: "", ...done, context: [1, 2] },
    ],
    [thought("hm"), text("Hi")],
  ],
];

describe("a stream of ollama", () => {
  for (const [title, lines, wanted] of transcripts) {
    it(`reads ${title}`, () => {
      const result = read(lines);
      expect(result.fault).toBeUndefined();
      expect(parts(result)).toMatchObject(wanted);
      expect(parts(result)).toHaveLength(wanted.length);
    });
  }

  it("tells the model, the time, the usage and what only it knows", () => {
    const { completion } = read([
      line({ content: "a" }),
      line({}, { ...done, total_duration: 5, context: [1] }),
    ]);
    expect(completion).toMatchObject({
      model: "qwen3:4b",
      createdUnixS: 1785917456n,
      usage: { inputTokens: 5n, outputTokens: 3n },
      extrasJson: { ollama: '{"total_duration":5,"context":[1]}' },
    });
  });

  it("does not tell a count that the server left out", () => {
    const { completion } = read([line({ content: "a" }, { done: true, eval_count: 3 })]);
    expect(completion.usage?.outputTokens).toBe(3n);
    expect(completion.usage?.inputTokens).toBeUndefined();
    expect(read([line({ content: "a" }, { done: true })]).completion.usage).toBeUndefined();
  });

  it("gives a call without an id one that is the same each time, and another in another turn", () => {
    const answer = (created_at: string) =>
      read([
        { ...line({ tool_calls: [{ function: { name: "f", arguments: {} } }] }, done), created_at },
      ]);
    expect(parts(answer("2026-01-01T00:00:00Z"))).toEqual(parts(answer("2026-01-01T00:00:00Z")));
    expect(parts(answer("2026-01-01T00:00:00Z"))).not.toEqual(
      parts(answer("2026-01-01T00:00:01Z")),
    );
  });

  const finishes: readonly (readonly [
    word: string | undefined,
    calls: boolean,
    reason: FinishReason,
  ])[] = [
    ["stop", false, FinishReason.STOP],
    ["stop", true, FinishReason.TOOL_CALLS],
    ["length", false, FinishReason.LENGTH],
    ["load", false, FinishReason.ERROR],
    [undefined, false, FinishReason.UNSPECIFIED],
  ];
  for (const [word, calls, reason] of finishes) {
    it(`finishes with ${FinishReason[reason]} for ${word}${calls ? " after calls" : ""}`, () => {
      const message = calls ? { tool_calls: [{ function: { name: "f" } }] } : { content: "a" };
      const { completion } = read([line(message), line({}, { done: true, done_reason: word })]);
      expect(completion.choices[0]).toMatchObject({
        finishReason: reason,
        vendorFinishReason: word ?? "",
      });
    });
  }

  it("adds up likelihoods", () => {
    const token = (word: string) => ({
      token: word,
      logprob: -0.5,
      bytes: [97],
      top_logprobs: [{ token: word, logprob: -0.5 }],
    });
    const { completion } = read([
      line({ content: "a" }, { done: false, logprobs: [token("a")] }),
      line({ content: "b" }, { ...done, logprobs: [token("b")] }),
    ]);
    expect(
      completion.choices[0]?.logprobs?.content.map((one) => one.token + one.top[0]?.token),
    ).toEqual(["aa", "bb"]);
  });

  const broken: readonly (readonly [
    title: string,
    lines: readonly (object | string)[],
    reason: ErrorReason,
  ])[] = [
    ["nothing", [], ErrorReason.UPSTREAM_CUT],
    ["an end without the last line", [line({ content: "a" })], ErrorReason.UPSTREAM_CUT],
    ["half a line", [line({ content: "a" }), '{"model":"m","mess'], ErrorReason.UPSTREAM_MALFORMED],
    ["a line that is not an object", ["[1]"], ErrorReason.UPSTREAM_MALFORMED],
    [
      "an error",
      [line({ content: "a" }), { error: "an error was encountered" }],
      ErrorReason.UPSTREAM_INTERNAL,
    ],
    [
      "a full context",
      [{ error: "the input length exceeds the context length" }],
      ErrorReason.UPSTREAM_CONTEXT_LENGTH,
    ],
  ];
  for (const [title, lines, reason] of broken) {
    it(`that holds ${title} is a fault`, () => {
      expect(read(lines).fault?.reason).toBe(reason);
    });
  }

  it("folds to what the whole answer says", () => {
    const words = fc.string({ minLength: 1 });
    const answer = fc.record({
      thinking: fc.option(words, { nil: undefined }),
      content: words,
      calls: fc.array(
        fc.record({
          id: fc.constantFrom("", "c"),
          name: words,
          input: fc.dictionary(words, fc.integer()),
        }),
        {
          maxLength: 2,
        },
      ),
    });
    fc.assert(
      fc.property(answer, ({ thinking, content, calls }) => {
        const tool_calls = calls.map(({ id, name, input }) => ({
          id,
          function: { name, arguments: input },
        }));
        const whole = JSON.stringify(line({ thinking, content, tool_calls }, done));
        const parsed = parseJson(whole);
        const decoded = parsed.ok
          ? ollama.decodeResponse(parsed.value, Buffer.from(whole))
          : undefined;
        if (decoded?.ok !== true) throw new Error("not read");
        const lines = [
          ...Array.from(thinking ?? "", (piece) => line({ thinking: piece })),
          ...Array.from(content, (piece) => line({ content: piece })),
          ...tool_calls.map((one) => line({ content: "", tool_calls: [one] })),
          line({ content: "" }, done),
        ];
        expect(read(lines).completion).toEqual(decoded.value);
      }),
    );
  });
});

describe("a whole answer of ollama", () => {
  const cases: readonly (readonly [title: string, body: string, reason: ErrorReason])[] = [
    ["an error with status 200", '{"error":"no"}', ErrorReason.UPSTREAM_INTERNAL],
    ["no message", '{"model":"m","done":true}', ErrorReason.UPSTREAM_MALFORMED],
    ["a list", "[]", ErrorReason.UPSTREAM_MALFORMED],
  ];
  for (const [title, body, reason] of cases) {
    it(`that is ${title} is a fault`, () => {
      const decoded = ollama.decodeResponse(JSON.parse(body), Buffer.from(body));
      expect(decoded.ok ? undefined : decoded.fault.reason).toBe(reason);
    });
  }
});
