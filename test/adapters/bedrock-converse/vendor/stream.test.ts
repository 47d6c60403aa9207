import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { PartSchema } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { bedrockConverse } from "../../../../src/adapters/bedrock-converse/index.ts";
import { call, type PartInit, text } from "../encode-chat.ts";
import { decodeFrames, foldSteps, framesOf, type WireStep } from "../wire-frames.ts";

const begin: WireStep = ["messageStart", { role: "assistant", p: "abcdef" }];
const metadata: WireStep = [
  "metadata",
  {
    metrics: { latencyMs: 9 },
    p: "ab",
    usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3, cacheReadInputTokens: 4 },
  },
];
const delta = (contentBlockIndex: number, value: object): WireStep => [
  "contentBlockDelta",
  { contentBlockIndex, delta: value, p: "x" },
];
const start = (contentBlockIndex: number, value: object): WireStep => [
  "contentBlockStart",
  { contentBlockIndex, start: value },
];
const stop = (contentBlockIndex: number): WireStep => ["contentBlockStop", { contentBlockIndex }];
const ended = (stopReason: string): WireStep => ["messageStop", { stopReason, p: "x" }];

function fold(...steps: WireStep[]) {
  return foldSteps([begin, ...steps, metadata]);
}

describe("blocks of a stream", () => {
  const opaque = (json: string): PartInit => ({
    content: { case: "opaque", value: { dialect: "bedrock-converse", json } },
  });
  const cases: readonly (readonly [
    title: string,
    steps: readonly WireStep[],
    expected: readonly PartInit[],
  ])[] = [
    [
      "are text without a start",
      [delta(0, { text: "a" }), delta(0, { text: "b" }), stop(0)],
      [text("ab")],
    ],
    [
      "are reasoning with its signature, then text",
      [
        delta(0, { reasoningContent: { text: "h" } }),
        delta(0, { reasoningContent: { text: "m" } }),
        delta(0, { reasoningContent: { signature: "sig" } }),
        stop(0),
        delta(1, { text: "a" }),
        stop(1),
      ],
      [
        {
          content: {
            case: "reasoning",
            value: { text: "hm", signature: "sig", dialect: "bedrock-converse" },
          },
        },
        text("a"),
      ],
    ],
    [
      "are encrypted reasoning",
      [delta(0, { reasoningContent: { redactedContent: "RXU4" } }), stop(0)],
      [
        {
          content: { case: "reasoning", value: { encrypted: "RXU4", dialect: "bedrock-converse" } },
        },
      ],
    ],
    [
      "are parallel tools, one of them without input",
      [
        start(0, { toolUse: { toolUseId: "t0", name: "f" } }),
        delta(0, { toolUse: { input: '{"a"' } }),
        delta(0, { toolUse: { input: ":1}" } }),
        stop(0),
        start(1, { toolUse: { toolUseId: "t1", name: "g" } }),
        stop(1),
      ],
      [call("t0", "f", '{"a":1}'), call("t1", "g", "{}")],
    ],
    [
      "are interleaved without mixing",
      [
        start(0, { toolUse: { toolUseId: "t0", name: "f" } }),
        start(1, { toolUse: { toolUseId: "t1", name: "g" } }),
        delta(1, { toolUse: { input: '{"b":2}' } }),
        delta(0, { toolUse: { input: '{"a":1}' } }),
        stop(1),
        stop(0),
      ],
      [call("t0", "f", '{"a":1}'), call("t1", "g", '{"b":2}')],
    ],
    [
      "are cited text, the citation first",
      [
        delta(0, {
          citation: {
            title: "t",
            sourceContent: [{ text: "w" }],
            location: { documentChar: { documentIndex: 0, start: 1, end: 2 } },
          },
        }),
        delta(0, { text: "a" }),
        stop(0),
      ],
      [
        {
          content: {
            case: "text",
            value: {
              text: "a",
              citations: [
                {
                  title: "t",
                  citedText: "w",
                  source: { case: "document", value: { index: 0 } },
                  location: { case: "characters", value: { start: 1, end: 2 } },
                },
              ],
            },
          },
        },
      ],
    ],
    [
      "are the vendor's own tools and their results, which nobody is to run",
      [
        start(0, { toolUse: { toolUseId: "t", name: "nova_grounding", type: "server_tool_use" } }),
        delta(0, { toolUse: { input: '{"q":1.0}' } }),
        stop(0),
        start(1, { toolResult: { toolUseId: "t", type: "x", status: "success" } }),
        delta(1, { toolResult: [{ text: "r" }] }),
        delta(1, { toolResult: [{ json: { n: 1 } }] }),
        stop(1),
      ],
      [
        opaque(
          '{"toolUse":{"toolUseId":"t","name":"nova_grounding","type":"server_tool_use","input":{"q":1.0}}}',
        ),
        opaque(
          '{"toolResult":{"toolUseId":"t","type":"x","status":"success","content":[{"text":"r"},{"json":{"n":1}}]}}',
        ),
      ],
    ],
    [
      "are pictures, in pieces",
      [
        start(0, { image: { format: "png" } }),
        delta(0, { image: { source: { bytes: "AQ==" } } }),
        delta(0, { image: { source: { bytes: "Ag==" } } }),
        stop(0),
      ],
      [
        {
          content: {
            case: "image",
            value: { source: { case: "data", value: Uint8Array.of(1, 2) }, mediaType: "image/png" },
          },
        },
      ],
    ],
    [
      "are parts of their own when their kind changes",
      [delta(0, { reasoningContent: { text: "h" } }), delta(0, { text: "a" })],
      [{ content: { case: "reasoning", value: { text: "h" } } }, text("a")],
    ],
    [
      "of the future are kept",
      [start(0, { hologram: { x: 1 } }), delta(0, { hologram: { y: 2 } }), stop(0)],
      [opaque('{"hologram":{"x":1,"y":2}}')],
    ],
  ];
  for (const [title, steps, expected] of cases) {
    it(title, () => {
      const parts = fold(...steps, ended("end_turn")).choices[0]?.message?.parts;
      expect(parts).toEqual(expected.map((part) => create(PartSchema, part)));
    });
  }
});

describe("a stream", () => {
  it("tells why it stopped, what it took and what only this dialect has", () => {
    const fields = { additionalModelResponseFields: { delta: { stop_sequence: "END" } } };
    const completion = fold(delta(0, { text: "a" }), [
      "messageStop",
      { stopReason: "stop_sequence", ...fields },
    ]);
    expect(completion.choices[0]).toMatchObject({
      finishReason: FinishReason.STOP_SEQUENCE,
      stopSequence: "END",
    });
    expect(completion.usage).toMatchObject({
      inputTokens: 5n,
      outputTokens: 2n,
      totalTokens: 3n,
      cacheReadTokens: 4n,
    });
    expect(completion.extrasJson["bedrock-converse"]).toBe(
      JSON.stringify({ ...fields, metrics: { latencyMs: 9 } }),
    );
  });

  it("that ends without messageStop is cut", () => {
    for (const steps of [[], [begin], [begin, delta(0, { text: "a" }), stop(0)]]) {
      expect(decodeFrames(framesOf(steps))).toMatchObject({
        ok: false,
        fault: { reason: ErrorReason.UPSTREAM_CUT },
      });
    }
  });

  it("that ends without metadata has no usage", () => {
    expect(foldSteps([begin, delta(0, { text: "a" }), ended("end_turn")]).usage).toBeUndefined();
  });

  it("ignores events of the future and a role it never told", () => {
    const completion = foldSteps([["newEvent", 1], delta(0, { text: "a" }), ended("end_turn")]);
    expect(completion.choices[0]?.message?.parts).toEqual([create(PartSchema, text("a"))]);
  });

  const exceptions: readonly (readonly [type: string, reason: ErrorReason])[] = [
    ["modelStreamErrorException", ErrorReason.UPSTREAM_INTERNAL],
    ["internalServerException", ErrorReason.UPSTREAM_INTERNAL],
    ["throttlingException", ErrorReason.UPSTREAM_RATE_LIMITED],
    ["validationException", ErrorReason.UPSTREAM_INVALID_REQUEST],
    ["serviceUnavailableException", ErrorReason.UPSTREAM_UNAVAILABLE],
    ["newException", ErrorReason.UPSTREAM_INTERNAL],
  ];
  for (const [type, reason] of exceptions) {
    it(`fails by ${type}, however it is framed`, () => {
      const fault = { reason, message: "no", upstreamType: type };
      for (const step of [
        [`!${type}`, { message: "no" }],
        [type, { message: "no" }],
      ] as const) {
        expect(decodeFrames(framesOf([begin, step]))).toEqual({ ok: false, fault });
        const watch = bedrockConverse.passthrough.watch(true);
        expect(framesOf([begin, step]).map((frame) => watch.see(frame).fault)).toEqual([
          undefined,
          fault,
        ]);
      }
    });
  }

  it("is watched for its usage and its end", () => {
    const watch = bedrockConverse.passthrough.watch(true);
    const steps = [begin, delta(0, { text: "a" }), ended("end_turn"), metadata];
    const seen = framesOf(steps).map((frame) => watch.see(frame));
    expect(seen.every(({ forward }) => forward)).toBe(true);
    expect(seen.at(-1)?.usage).toEqual(foldSteps(steps).usage);
    expect(watch.ended()).toBe(true);
  });
});
