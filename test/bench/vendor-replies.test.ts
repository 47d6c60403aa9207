import { describe, expect, it } from "vitest";
import { vendorReplies } from "../../bench/vendor-replies.ts";
import { FinishReason } from "../../gen/parlance/chat/v1/completion_pb.js";
import { bedrockConverse as bedrockConverseDialect } from "../../src/adapters/bedrock-converse/index.ts";
import { cohere as cohereDialect } from "../../src/adapters/cohere/index.ts";
import { gemini as geminiDialect } from "../../src/adapters/gemini/index.ts";
import { huggingfaceTgi as huggingfaceTgiDialect } from "../../src/adapters/huggingface-tgi/index.ts";
import { ollama as ollamaDialect } from "../../src/adapters/ollama/index.ts";
import { openAiResponses as openAiResponsesDialect } from "../../src/adapters/openai-responses/index.ts";
import type { Decoded, Dialect } from "../../src/core/dialect.ts";
import { collect } from "../../src/events/collect.ts";
import { parseJson } from "../../src/json/json.ts";
import { createEventStreamParser } from "../../src/upstream/framing/event-stream.ts";
import { createNdjsonParser } from "../../src/upstream/framing/ndjson.ts";
import { createSseParser } from "../../src/upstream/framing/sse.ts";
import { vendorSide } from "../adapters/sides.ts";

const bedrockConverse = vendorSide(bedrockConverseDialect);
const cohere = vendorSide(cohereDialect);
const gemini = vendorSide(geminiDialect);
const huggingfaceTgi = vendorSide(huggingfaceTgiDialect);
const ollama = vendorSide(ollamaDialect);
const openAiResponses = vendorSide(openAiResponsesDialect);

const dialects: Readonly<Record<keyof typeof vendorReplies, Dialect>> = {
  responses: openAiResponses,
  gemini,
  bedrock: bedrockConverse,
  cohere,
  ollama,
  tgi: huggingfaceTgi,
};
const parsers = new Map([
  ["text/event-stream", createSseParser],
  ["application/x-ndjson", createNdjsonParser],
  ["application/vnd.amazon.eventstream", createEventStreamParser],
]);

const whole = {
  choices: [{ message: { parts: [{ content: { value: { text: "one two" } } }] } }],
  usage: tokens(20n),
};

function tokens(outputTokens: bigint): object {
  return { outputTokens };
}

function unwrap<T>(decoded: Decoded<T>): T {
  if (decoded.ok) return decoded.value;
  throw new Error(decoded.fault.message);
}

describe("the upstream's answers", () => {
  for (const [name, { unary, streamType, frames }] of Object.entries(vendorReplies)) {
    const dialect = vendorSide(dialects[name as keyof typeof vendorReplies]); // own keys

    it(`are whole answers in ${name}`, () => {
      const body = Buffer.from(JSON.stringify(unary("one two")));
      const parsed = parseJson(body);
      if (!parsed.ok) throw new Error(parsed.error.message);
      const completion = unwrap(dialect.decodeResponse(parsed.value, body));
      expect(completion).toMatchObject(whole);
      expect(completion.choices[0]?.finishReason).toBe(FinishReason.STOP);
    });

    it(`are whole streams in ${name}, a frame for each text`, () => {
      const parser = parsers.get(streamType)?.();
      if (parser === undefined) throw new Error(`no parser for ${streamType}`);
      const printed = frames(["one", " two"]).map((frame) => Buffer.from(frame));
      let state = dialect.begin();
      const events = [
        ...printed.flatMap((frame) => [...parser.push(frame)]),
        ...parser.end(),
      ].flatMap((frame) => {
        const step = dialect.decodeEvent(state, frame);
        if (!step.ok) throw new Error(step.fault.message);
        state = step.state;
        return [...step.events];
      });
      const completion = collect([...events, ...unwrap(dialect.end(state))]);
      expect(completion).toMatchObject(whole);
      expect(completion.choices[0]?.finishReason).toBe(FinishReason.STOP);
    });
  }
});
