import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import {
  cohere as cohereDialect,
  cohereFacade as cohereFacadeOriginal,
} from "../../../src/adapters/cohere/index.ts";
import { encodeRequest } from "../../../src/adapters/cohere/vendor/request.ts";
import { explode } from "../../../src/events/explode.ts";
import { isObject, type Json } from "../../../src/json/json.ts";
import { JsonText } from "../../../src/json/json-text.ts";
import { chat as anyChat } from "../../arbitraries/chat.ts";
import { completion as anyCompletion } from "../../arbitraries/completion.ts";
import { clientSide, vendorSide } from "../sides.ts";
import { ownChat, ownCompletion } from "./own-nouns.ts";
import {
  context,
  decodeFrames,
  encodeEvents,
  foldText,
  framesOf,
  objectOf,
  unwrap,
} from "./wire-frames.ts";

const cohere = vendorSide(cohereDialect);
const cohereFacade = clientSide(cohereFacadeOriginal);

const quirks = {};

describe("the dialect and its facade", () => {
  it("bring a chat through a request and back without a change", () => {
    fc.assert(
      fc.property(ownChat, fc.boolean(), (chat: Chat, stream) => {
        const { request, report } = unwrap(encodeRequest(chat, { model: "m", stream, quirks }));
        const body = Buffer.from(request.body);
        const back = unwrap(cohereFacade.decodeRequest(objectOf(body), body));
        expect(report).toEqual([]);
        expect(back).toEqual({ chat, stream });
      }),
    );
  });

  it("bring an answer through a reply and back without a change", () => {
    fc.assert(
      fc.property(ownCompletion, (completion) => {
        const text = cohereFacade.encodeResponse(completion, context);
        expect(unwrap(cohere.decodeResponse(objectOf(text), Buffer.from(text)))).toEqual(
          completion,
        );
      }),
    );
  });

  it("bring an answer through a stream and back without a change", () => {
    fc.assert(
      fc.property(ownCompletion, (completion) => {
        expect(foldText(encodeEvents(explode(completion)))).toEqual(completion);
      }),
    );
  });

  it("tell a watcher of frames the same usage as a decoder", () => {
    fc.assert(
      fc.property(ownCompletion, (completion) => {
        const watch = cohere.passthrough.watch(true);
        const seen = framesOf(encodeEvents(explode(completion))).map((frame) => watch.see(frame));
        expect(seen.every(({ forward, fault }) => forward && fault === undefined)).toBe(true);
        expect(seen.findLast(({ usage }) => usage !== undefined)?.usage).toEqual(completion.usage);
        expect([watch.ended(), watch.missingEnd()]).toEqual([true, ""]);
        const whole = Buffer.from(cohereFacade.encodeResponse(completion, context));
        expect(cohere.passthrough.scanUsage("chat", new JsonText(whole))).toEqual(completion.usage);
      }),
    );
  });

  it("tell any answer in both forms, and read both", () => {
    fc.assert(
      fc.property(anyCompletion, (completion) => {
        const text = cohereFacade.encodeResponse(completion, context);
        const first = completion.choices[0];
        const failed = first?.finishReason === FinishReason.ERROR;
        expect(cohere.decodeResponse(objectOf(text), Buffer.from(text)).ok).toBe(!failed);
        const streamed = decodeFrames(framesOf(encodeEvents(explode(completion))));
        expect(streamed.ok).toBe(!(failed && first?.index === 0));
      }),
    );
  });

  it("report every knob of any chat that is set and not sent", () => {
    fc.assert(
      fc.property(anyChat, (chat) => {
        const encoded = cohere.encodeRequest(chat, { model: "m", stream: false, quirks });
        if (!encoded.ok) return;
        const body = objectOf(Buffer.from(encoded.value.request.body));
        const fields = encoded.value.report.map(({ field }) => field);
        const unsent: readonly (readonly [field: string, unsent: boolean])[] = [
          ["sampling.top_p", chat.sampling?.topP !== body.p],
          ["user", chat.user !== ""],
          ["parallel_tool_calls", chat.parallelToolCalls !== undefined],
          ["reasoning.effort", chat.reasoning !== undefined],
        ];
        expect(fields).toEqual(
          expect.arrayContaining(unsent.filter(([, told]) => told).map(([field]) => field)),
        );
      }),
    );
  });
});

describe("garbage", () => {
  const junk: fc.Arbitrary<Json> = fc
    .jsonValue({ maxDepth: 3 })
    .map((value) => JSON.parse(JSON.stringify(value)));
  const types = fc.constantFrom(
    "message-start",
    "content-start",
    "content-delta",
    "tool-plan-delta",
    "tool-call-start",
    "tool-call-delta",
    "tool-call-end",
    "citation-start",
    "message-end",
    "",
  );

  it("is a fault or a value in every decoder, and never thrown", () => {
    fc.assert(
      fc.property(junk, types, (value, type) => {
        const shapes: readonly Json[] = [
          value,
          {
            message: { content: value, citations: value, tool_calls: value },
            usage: value,
            logprobs: value,
          },
          { text: "t", tool_calls: value, citations: value, meta: value },
          { embeddings: value, meta: value },
          { results: value, usage: value },
          { type, index: value, delta: value },
          {
            type,
            delta: {
              message: { content: value, tool_calls: value, citations: value },
              usage: value,
            },
          },
          { event_type: "tool-calls-generation", tool_calls: value },
          { event_type: "stream-end", response: value },
          {
            model: "m",
            messages: value,
            documents: value,
            tools: value,
            response_format: value,
            thinking: value,
          },
          {
            model: "m",
            messages: [{ role: "assistant", content: value, tool_calls: value, citations: value }],
          },
          {
            model: "m",
            query: "q",
            documents: value,
            texts: value,
            inputs: value,
            embedding_types: value,
          },
        ];
        for (const json of shapes) expect(() => decodeAll(json, type)).not.toThrow();
      }),
    );
  });

  it("as bytes is a value, never a throw", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.integer({ min: 0, max: 999 }),
        types,
        (data, status, event) => {
          expect(typeof cohere.decodeError(status, {}, data).message).toBe("string");
          cohere.decodeEvent(cohere.begin(), { event, data });
          cohere.passthrough.watch(true).see({ event, data });
          cohere.passthrough.scanUsage("rerank", new JsonText(data));
          cohere.passthrough.request("rerank", data, { model: "m", stream: false, quirks });
        },
      ),
    );
  });
});

function decodeAll(json: Json, event: string): void {
  const body = Buffer.from(JSON.stringify(json));
  cohere.decodeResponse(json, body);
  cohere.embed?.decodeResponse(json);
  cohere.rerank?.decodeResponse(json, body);
  cohere.decodeError(400, {}, body);
  cohere.passthrough.scanUsage("chat", new JsonText(body));
  cohere.passthrough.watch(true).see({ event, data: body });
  const step = cohere.decodeEvent(cohere.begin(), { event, data: body });
  if (step.ok) cohere.end(step.state);
  if (!isObject(json)) return;
  cohereFacade.decodeRequest(json, body);
  cohereFacade.embed?.decodeRequest(json, body);
  cohereFacade.rerank?.decodeRequest(json, body);
}
