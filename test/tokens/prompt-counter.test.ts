import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../gen/parlance/call/v1/call_report_pb.js";
import { type Chat, ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { ImageDetail } from "../../gen/parlance/chat/v1/part_pb.js";
import type { CountingRules, ImageRules } from "../../src/core/emulation.ts";
import { readImageSize } from "../../src/tokens/image-size.ts";
import { imageTokens } from "../../src/tokens/image-tokens.ts";
import { createPromptCounter } from "../../src/tokens/prompt-counter.ts";
import { countTexts, slicesOf } from "../../src/tokens/text-counter.ts";
import { expectLinear } from "../cpu-growth.ts";

const rules: CountingRules = {
  encoding: "o200k_base",
  toolStart: 7,
  image: { kind: "tiles", base: 85, tile: 170 },
};
const count = createPromptCounter();

async function tokensOf(init: Partial<Pick<Chat, "tools">>, text = "hello world"): Promise<number> {
  const messages = [
    { role: Role.USER, parts: [{ content: { case: "text", value: { text } } } as const] },
  ];
  return (await count(create(ChatSchema, { model: "m", messages, ...init }), rules, undefined))
    .inputTokens;
}

function pngOf(width: number, height: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(24);
  const view = new DataView(data.buffer);
  view.setUint32(0, 0x89504e47);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return data;
}

describe("the counter of prompts", () => {
  const texts: readonly (readonly [title: string, text: string, tokens: number])[] = [
    ["nothing", "", 7],
    ["words", "hello world", 9],
    ["what looks like a special token, as text", "<|endoftext|>", 14],
    ["text longer than a slice, as if it were whole", "hello world ".repeat(500).trim(), 1007],
  ];
  for (const [title, text, tokens] of texts) {
    it(`counts ${title}`, async () => expect(await tokensOf({}, text)).toBe(tokens));
  }

  it("counts tools as models are shown them", async () => {
    const parametersJson = JSON.stringify({
      type: "object",
      properties: {
        location: { type: "string", description: "The city and state, e.g. San Francisco, CA" },
        unit: {
          type: "string",
          description: "The unit of temperature to return",
          enum: ["celsius", "fahrenheit"],
        },
      },
      required: ["location"],
    });
    const description = "Get the current weather in a given location";
    const value = { name: "get_current_weather", description, parametersJson };
    const { tools } = create(ChatSchema, { tools: [{ tool: { case: "function", value } }] });
    // The vendor's own example of such a call bills 101 tokens:
    // https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken, section 7, gpt-4o.
    const messages = [
      ["You are a helpful assistant that can answer to questions about the weather.", Role.SYSTEM],
      ["What's the weather like in San Francisco?", Role.USER],
    ] as const;
    const chat = create(ChatSchema, {
      messages: messages.map(([text, role]) => ({
        role,
        parts: [{ content: { case: "text", value: { text } } } as const],
      })),
    });
    const { inputTokens } = await count({ ...chat, tools }, rules, undefined);
    expect(inputTokens).toBe(101);
  });

  it("names what it could not count, and pictures whose size it does not know", async () => {
    const messages = [
      {
        role: Role.USER,
        parts: [
          {
            content: { case: "image", value: { source: { case: "url", value: "http://x/y.png" } } },
          } as const,
          {
            content: {
              case: "document",
              value: { source: { case: "url", value: "http://x/y.pdf" } },
            },
          } as const,
        ],
      },
    ];
    const { report } = await count(create(ChatSchema, { messages }), undefined, undefined);
    expect(report).toMatchObject([
      { field: "messages", outcome: FieldOutcome.EMULATED },
      { field: "messages[0].parts[1].document", outcome: FieldOutcome.DROPPED },
      { field: "messages[0].parts[0].image", outcome: FieldOutcome.EMULATED },
    ]);
  });

  it("counts pictures by their size and how closely they are seen", async () => {
    const of = async (detail: ImageDetail) => {
      const image = { source: { case: "data", value: pngOf(1024, 1024) }, detail } as const;
      const messages = [
        { role: Role.USER, parts: [{ content: { case: "image", value: image } } as const] },
      ];
      return (await count(create(ChatSchema, { messages }), rules, undefined)).inputTokens - 7;
    };
    expect(await of(ImageDetail.HIGH)).toBe(765);
    expect(await of(ImageDetail.LOW)).toBe(85);
  });

  it("ends when the call does", async () => {
    const signal = AbortSignal.abort(new Error("left"));
    const value = { text: "漢字".repeat(20_000) };
    const chat = create(ChatSchema, {
      messages: [{ role: Role.USER, parts: [{ content: { case: "text", value } }] }],
    });
    await expect(count(chat, rules, signal)).rejects.toThrow("left");
  });
});

describe("long texts", () => {
  it("without spaces are cut in time that grows with them", { timeout: 300_000 }, () => {
    expectLinear("a text of one word", (size) => {
      const text = "a".repeat(size * 256);
      return () => [...slicesOf(text)].length;
    });
  });

  it("let others have a turn, and so do many short ones", async () => {
    let turns = 0;
    let over = false;
    const others = (): void => {
      turns += 1;
      if (!over) setImmediate(others);
    };
    setImmediate(others);
    await countTexts(
      Array.from({ length: 10_000 }, () => "a b"),
      (slice) => slice.length,
      undefined,
    );
    over = true;
    expect(turns).toBeGreaterThan(20);
  });

  it("are counted whole: every slice once, in order, and no character is cut in two", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 2000 }), async (text) => {
        const slices: string[] = [];
        const counted = await countTexts(
          [text],
          (slice) => slices.push(slice) * 0 + slice.length,
          undefined,
        );
        expect(slices.join("")).toBe(text);
        expect(counted).toBe(text.length);
        for (const slice of slices) expect(slice.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe("imageTokens", () => {
  const tiles: ImageRules = { kind: "tiles", base: 85, tile: 170 };
  const patches: ImageRules = { kind: "patches", factor: 1 };
  // The vendor's own examples:
  // https://platform.openai.com/docs/guides/images-vision#calculating-costs.
  const cases: readonly (readonly [
    width: number,
    height: number,
    rules: ImageRules,
    tokens: number,
  ])[] = [
    [1024, 1024, tiles, 765],
    [2048, 4096, tiles, 1105],
    [512, 512, tiles, 255],
    [1024, 1024, patches, 1024],
    [1800, 2400, patches, 1452],
    [32, 32, { kind: "patches", factor: 2.46 }, 3],
  ];
  for (const [width, height, given, tokens] of cases) {
    it(`counts ${width} by ${height} ${given.kind} as ${tokens}`, () => {
      expect(imageTokens({ width, height }, given, false)).toBe(tokens);
    });
  }
});

describe("readImageSize", () => {
  const cases: readonly (readonly [
    title: string,
    hex: string,
    size: readonly [number, number] | undefined,
  ])[] = [
    ["a PNG", "89504e470d0a1a0a0000000d49484452000000100000000f", [16, 15]],
    ["a GIF", "4749463839610a000b00", [10, 11]],
    ["a JPEG", "ffd8ffe000044a46ffc0001108000c000d0301", [13, 12]],
    ["a lossy WebP", "52494646000000005745425056503820000000000000009d012a0e000f00", [14, 15]],
    ["an extended WebP", "524946460000000057454250565038580a000000000000000d00000e0000", [14, 15]],
    ["a text", "68656c6c6f", undefined],
    ["nothing", "", undefined],
  ];
  for (const [title, hex, size] of cases) {
    it(`reads ${title}`, () => {
      const read = readImageSize(Buffer.from(hex, "hex"));
      expect(read).toEqual(size === undefined ? undefined : { width: size[0], height: size[1] });
    });
  }

  it("never throws", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (data) => void readImageSize(data)));
  });
});
