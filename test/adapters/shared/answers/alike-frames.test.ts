import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { anthropicMessages } from "../../../../src/adapters/anthropic-messages/index.ts";
import { cohere } from "../../../../src/adapters/cohere/index.ts";
import { openAiChat } from "../../../../src/adapters/openai-chat/index.ts";
import {
  type AlikeFrames,
  createAlikeFrames,
} from "../../../../src/adapters/shared/answers/alike-frames.ts";
import { textDelta } from "../../../../src/events/make-events.ts";
import { type VendorSide, vendorSide } from "../../sides.ts";

const frameOf = (data: string, event = "") => ({ event, data: Buffer.from(data) });
const noted = (data: string, text: string, event = ""): AlikeFrames => {
  const alike = createAlikeFrames("content");
  alike.note(frameOf(data, event), [textDelta(3, text)]);
  return alike;
};

const first = '{"id":"c1","delta":{"content":"one"},"index":0}';
const rows: readonly (readonly [title: string, next: string, text: string | undefined])[] = [
  ["another text", '{"id":"c1","delta":{"content":"two"},"index":0}', "two"],
  ["the same text", first, "one"],
  [
    "characters of several bytes",
    '{"id":"c1","delta":{"content":"né 日本 🦕"},"index":0}',
    "né 日本 🦕",
  ],
  ["no text", '{"id":"c1","delta":{"content":""},"index":0}', undefined],
  ["escapes", '{"id":"c1","delta":{"content":"a\\nb"},"index":0}', undefined],
  ["a text that ends early", '{"id":"c1","delta":{"content":"a","x":"b"},"index":0}', undefined],
  ["a line break in the text", '{"id":"c1","delta":{"content":"a\nb"},"index":0}', undefined],
  ["a byte order mark", `\ufeff${first}`, undefined],
  ["another beginning", '{"id":"c2","delta":{"content":"two"},"index":0}', undefined],
  ["another end", '{"id":"c1","delta":{"content":"two"},"index":1}', undefined],
  ["less than the surroundings", '{"id":"c1","delta":{"content":"},"index":0}', undefined],
];

describe("frames that are alike but for a text", () => {
  for (const [title, next, text] of rows) {
    it(`${text === undefined ? "are not those with" : "have"} ${title}`, () => {
      expect(noted(first, "one").textOf(frameOf(next))).toEqual(
        text === undefined ? undefined : textDelta(3, text).event.value,
      );
    });
  }

  it("may have characters of several bytes around it", () => {
    const around = (text: string) => `{"é":"日","content":"${text}","ende":"ü🦕"}`;
    const next = noted(around("one"), "one").textOf(frameOf(around("zwei ß")));
    expect(next?.text).toBe("zwei ß");
  });

  it("are told by bytes that are UTF-8, and by the name of the event", () => {
    const bytes = Buffer.from(first.replace("one", "\u0000\u0000"));
    bytes.fill(0xff, bytes.indexOf(0), bytes.lastIndexOf(0) + 1);
    expect(noted(first, "one").textOf({ event: "", data: bytes })).toBeUndefined();
    expect(noted(first, "one", "delta").textOf(frameOf(first))).toBeUndefined();
  });

  it("are not those where it cannot be told which is the text", () => {
    for (const data of [
      '{"id":"one","delta":{"content":"one"}}',
      '{"delta":{"other":"one"}}',
      '{"content":{"one":1}}',
      '{"delta":{"content":"\\u006fne"}}',
      `{"delta":{"content":"one","pad":"${"x".repeat(5000)}"}}`,
    ])
      expect(noted(data, "one").textOf(frameOf(data))).toBeUndefined();
    const alike = noted(first, "one");
    alike.note(frameOf(first), [textDelta(3, "one"), textDelta(3, "two")]);
    expect(alike.textOf(frameOf(first))).toBeUndefined();
  });

  it("are looked for no more where frames are counted", () => {
    const alike = createAlikeFrames("content");
    const counted = (at: number) => frameOf(`{"at":${at},"content":"one"}`);
    for (let at = 0; at < 4; at += 1) {
      alike.note(counted(at), [textDelta(0, "one")]);
      expect(alike.textOf(counted(at + 1))).toBeUndefined();
    }
    alike.note(counted(4), [textDelta(0, "one")]);
    expect(alike.textOf(counted(4))).toBeUndefined();
  });
});

/** What may be said, by words that frames have too. */
const words = fc.oneof(
  fc.constantFrom("content", "text", "one", "", " ", '"', "\\", "\n", "<think>", "🦕", "0"),
  fc.string({ maxLength: 4 }),
);
const small = fc.integer({ min: 0, max: 1 });

const chunk = (delta: object, index: number, more: object = {}) => ({
  ...{ id: "c", model: "m", choices: [{ index, delta, finish_reason: null }] },
  ...more,
});
const block = (index: number, delta: object) => ({ type: "content_block_delta", index, delta });

/** A stream says the same where blanks make each frame unlike the one before. */
function saysTheSame<S>(dialect: VendorSide<S>, frames: fc.Arbitrary<object>): void {
  const decode = (stream: readonly object[], isPadded: boolean) => {
    let state = dialect.begin("m");
    const events: (readonly Event[] | string)[] = [];
    for (const [at, frame] of stream.entries()) {
      const data = Buffer.from(JSON.stringify(frame) + " ".repeat(isPadded ? 1 + (at % 7) : 0));
      const step = dialect.decodeEvent(state, { event: "", data });
      if (!step.ok) return [...events, step.fault.message];
      state = step.state;
      events.push(step.events);
    }
    const last = dialect.end(state);
    return [...events, last.ok ? last.value : last.fault.message];
  };
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 12 }), (stream) => {
      expect(decode(stream, false)).toEqual(decode(stream, true));
    }),
    { numRuns: 200 },
  );
}

describe("a stream says the same however alike its frames are", () => {
  it("of openai-chat", () => {
    const texts = fc.tuple(words, small).map(([content, at]) => chunk({ content }, at));
    const others = [
      fc.tuple(words, small).map(([content, at]) => chunk({ content }, 0, { padding: at })),
      words.map((reasoning) => chunk({ content: "x", reasoning }, 0)),
      words.map((transcript) => chunk({ content: "x", audio: { transcript } }, 0)),
      words.map((content) => chunk({ content, tool_calls: [{ index: 0, id: "i" }] }, 0)),
    ];
    saysTheSame(vendorSide(openAiChat), fc.oneof({ weight: 5, arbitrary: texts }, ...others));
  });

  it("of anthropic-messages", () => {
    const textOf = (index: number, text: string) => block(index, { type: "text_delta", text });
    const texts = fc.tuple(small, words).map(([index, text]) => textOf(index, text));
    const others = [
      small.map((index) => ({ type: "content_block_stop", index })),
      words.map((thinking) => block(0, { type: "thinking_delta", thinking })),
      words.map((text) => ({
        ...{ type: "content_block_start", index: 0 },
        content_block: { type: "text", text },
      })),
    ];
    saysTheSame(
      vendorSide(anthropicMessages),
      fc.oneof({ weight: 5, arbitrary: texts }, ...others),
    );
  });

  it("of cohere", () => {
    const content = (type: string, index: number, said: object) => ({
      ...{ type, index },
      delta: { message: { content: said } },
    });
    const texts = fc
      .tuple(small, words)
      .map(([at, text]) => content("content-delta", at, { text }));
    const others = [
      words.map((text) => ({ event_type: "text-generation", text })),
      words.map((thinking) => content("content-start", 1, { type: "thinking", thinking })),
    ];
    saysTheSame(vendorSide(cohere), fc.oneof({ weight: 5, arbitrary: texts }, ...others));
  });
});
