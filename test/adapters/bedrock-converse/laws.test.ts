import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { bedrockConverse as bedrockConverseDialect } from "../../../src/adapters/bedrock-converse/index.ts";
import { unwrapChunk } from "../../../src/adapters/bedrock-converse/invoke.ts";
import { decodeResponse } from "../../../src/adapters/bedrock-converse/vendor/response.ts";
import { isObject, type Json } from "../../../src/json/json.ts";
import { JsonText } from "../../../src/json/json-text.ts";
import { chat as anyChat } from "../../arbitraries/chat.ts";
import { vendorSide } from "../sides.ts";
import { CLAUDE, NOVA, objectOf, unwrap } from "./encode-chat.ts";
import { validateConverse } from "./validate-converse.ts";
import { foldSteps, type WireStep } from "./wire-frames.ts";

const bedrockConverse = vendorSide(bedrockConverseDialect);

const models = fc.constantFrom(
  CLAUDE,
  NOVA,
  "anthropic.claude-opus-5-v1:0",
  "meta.llama3-3-70b-instruct-v1:0",
  "arn:aws:x",
);

describe("requests of any chat", () => {
  it("keep the vendor's rules, or are refused by us", () => {
    fc.assert(
      fc.property(anyChat, models, fc.boolean(), (chat, model, stream) => {
        const encoded = bedrockConverse.encodeRequest(chat, { model, stream, quirks: {} });
        if (!encoded.ok)
          expect(JSON.stringify(encoded.fault.fields)).toMatch(/url|\bn\b|extras_json|name/);
        else expect(validateConverse(objectOf(String(encoded.value.request.body)))).toBeUndefined();
      }),
    );
  });

  it("are the same for the same chat, so that a cached prefix stays one", () => {
    fc.assert(
      fc.property(anyChat, models, (chat, model) => {
        const options = { model, stream: false, quirks: {} };
        expect(bedrockConverse.encodeRequest(chat, options)).toEqual(
          bedrockConverse.encodeRequest(chat, options),
        );
      }),
    );
  });

  it("report every knob that is set and not sent as it is", () => {
    fc.assert(
      fc.property(anyChat, models, (chat, model) => {
        const encoded = bedrockConverse.encodeRequest(chat, { model, stream: false, quirks: {} });
        fc.pre(encoded.ok);
        const { request, report } = unwrap(encoded);
        const body = objectOf(String(request.body));
        const config = isObject(body.inferenceConfig) ? body.inferenceConfig : {};
        const fields = new Set(report.map(({ field }) => field));
        for (const [field, set, sent] of knobsOf(chat, config)) {
          if (set !== undefined && set !== sent) expect(fields).toContain(field);
        }
      }),
    );
  });
});

function knobsOf(chat: Chat, config: { readonly [key: string]: Json | undefined }) {
  return [
    ["sampling.temperature", chat.sampling?.temperature, config.temperature],
    ["sampling.top_p", chat.sampling?.topP, config.topP],
    ["sampling.top_k", chat.sampling?.topK, undefined],
    ["sampling.seed", chat.sampling?.seed, undefined],
    ["max_output_tokens", chat.maxOutputTokens, config.maxTokens],
    ["user", chat.user === "" ? undefined : chat.user, undefined],
  ] as const;
}

/** A block of an answer, and how a stream tells it in pieces. */
type Told = readonly [block: Json, steps: (index: number) => WireStep[]];

const block: fc.Arbitrary<Told> = fc.oneof(
  fc
    .array(fc.string({ unit: "grapheme", minLength: 1 }), { minLength: 1, maxLength: 4 })
    .map(
      (pieces): Told => [
        { text: pieces.join("") },
        (index) =>
          pieces.map(
            (text): WireStep => [
              "contentBlockDelta",
              { contentBlockIndex: index, delta: { text } },
            ],
          ),
      ],
    ),
  fc
    .tuple(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }))
    .map(
      ([text, signature]): Told => [
        { reasoningContent: { reasoningText: { text, signature } } },
        (index) =>
          [{ text }, { signature }].map(
            (reasoningContent): WireStep => [
              "contentBlockDelta",
              { contentBlockIndex: index, delta: { reasoningContent } },
            ],
          ),
      ],
    ),
  fc
    .tuple(fc.stringMatching(/^[a-z]{1,9}$/), fc.dictionary(fc.string(), fc.jsonValue()), fc.nat())
    .map(([name, input, at]): Told => {
      const toolUse = { toolUseId: `t_${name}`, name };
      const text = JSON.stringify(input);
      const pieces = [text.slice(0, at % text.length), text.slice(at % text.length)];
      return [
        { toolUse: { ...toolUse, input: JSON.parse(text) } },
        (index) => [
          ["contentBlockStart", { contentBlockIndex: index, start: { toolUse } }],
          ...pieces.map(
            (piece): WireStep => [
              "contentBlockDelta",
              { contentBlockIndex: index, delta: { toolUse: { input: piece } } },
            ],
          ),
        ],
      ];
    }),
);

describe("answers", () => {
  it("are the same whole and in a stream", () => {
    fc.assert(
      fc.property(
        fc.array(block, { maxLength: 4 }),
        fc.constantFrom("end_turn", "tool_use", "max_tokens"),
        (blocks, stopReason) => {
          const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
          const whole = {
            output: { message: { content: blocks.map(([json]) => json) } },
            stopReason,
            usage,
            metrics: { latencyMs: 1 },
          };
          const steps = blocks.flatMap(([, tell], index): WireStep[] => [
            ...tell(index),
            ["contentBlockStop", { contentBlockIndex: index }],
          ]);
          const stream: WireStep[] = [
            ["messageStart", { role: "assistant" }],
            ...steps,
            ["messageStop", { stopReason }],
            ["metadata", { usage, metrics: { latencyMs: 1 } }],
          ];
          const body = Buffer.from(JSON.stringify(whole));
          expect(foldSteps(stream)).toEqual(
            unwrap(decodeResponse(JSON.parse(body.toString()), body)),
          );
        },
      ),
    );
  });
});

describe("garbage", () => {
  const events = fc.constantFrom(
    "messageStart",
    "contentBlockStart",
    "contentBlockDelta",
    "contentBlockStop",
    "messageStop",
    "metadata",
    "exception:throttlingException",
    "chunk",
    "",
  );
  const member = fc.constantFrom(
    "output",
    "start",
    "delta",
    "usage",
    "toolUse",
    "reasoningContent",
    "citation",
    "image",
    "embeddings",
    "bytes",
  );
  const junk = fc
    .tuple(member, member, fc.jsonValue())
    .map(([outer, inner, value]) => JSON.parse(JSON.stringify({ [outer]: { [inner]: value } })));

  it("is a fault or an answer in every decoder, and never thrown", () => {
    fc.assert(
      fc.property(
        fc.oneof(junk, fc.jsonValue()),
        fc.array(events, { maxLength: 5 }),
        (value, names) => {
          const json: Json = JSON.parse(JSON.stringify(value));
          const data = Buffer.from(JSON.stringify(json));
          expect(decodeResponse(json, data)).toHaveProperty("ok");
          expect(
            decodeResponse(
              { output: { message: { content: [json] } }, usage: json, stopReason: json },
              data,
            ),
          ).toHaveProperty("ok");
          expect(bedrockConverse.embed?.decodeResponse(json)).toHaveProperty("ok");
          expect(bedrockConverse.countTokens?.decodeResponse(json)).toHaveProperty("ok");
          expect(bedrockConverse.decodeError(400, {}, data)).toHaveProperty("reason");
          bedrockConverse.passthrough.scanUsage("chat", new JsonText(data));
          const watch = bedrockConverse.passthrough.watch(true);
          let state = bedrockConverse.begin();
          for (const event of names) {
            watch.see({ event, data });
            unwrapChunk({ event, data });
            const step = bedrockConverse.decodeEvent(state, { event, data });
            if (step.ok) state = step.state;
          }
          expect(bedrockConverse.end(state)).toHaveProperty("ok");
        },
      ),
    );
  });
});
