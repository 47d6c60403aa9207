import { equals } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CompletionSchema } from "../../../gen/parlance/chat/v1/completion_pb.js";
import {
  openAiResponses as openAiResponsesDialect,
  openAiResponsesFacade as openAiResponsesFacadeOriginal,
} from "../../../src/adapters/openai-responses/index.ts";
import { decodeResponse } from "../../../src/adapters/openai-responses/vendor/response.ts";
import { explode } from "../../../src/events/explode.ts";
import { isObject, type Json, type JsonObject, objectAt } from "../../../src/json/json.ts";
import { JsonText } from "../../../src/json/json-text.ts";
import { chat as anyChat } from "../../arbitraries/chat.ts";
import { completion as anyCompletion } from "../../arbitraries/completion.ts";
import { clientSide, vendorSide } from "../sides.ts";
import { ownCompletion } from "./own-nouns.ts";
import {
  context,
  decodeFrames,
  encodeEvents,
  foldFrames,
  framesOf,
  unwrap,
} from "./wire-frames.ts";

const openAiResponses = vendorSide(openAiResponsesDialect);
const openAiResponsesFacade = clientSide(openAiResponsesFacadeOriginal);

function bodyOf(text: string | Uint8Array): JsonObject {
  const json: Json = JSON.parse(String(text));
  if (!isObject(json)) throw new Error("not an object");
  return json;
}

describe("an answer in this dialect's own words", () => {
  it("is the same after it was written whole and read", () => {
    fc.assert(
      fc.property(ownCompletion, (answer) => {
        const text = openAiResponsesFacade.encodeResponse(answer, context);
        const back = unwrap(decodeResponse(JSON.parse(text), Buffer.from(text)));
        expect(back).toEqual(answer);
        expect(equals(CompletionSchema, back, answer)).toBe(true);
      }),
    );
  });

  it("is the same after it was streamed and folded", () => {
    fc.assert(
      fc.property(ownCompletion, (answer) => {
        expect(foldFrames(framesOf(encodeEvents(explode(answer))))).toEqual(answer);
      }),
    );
  });
});

describe("a stream of any answer", () => {
  it("is well-formed: numbered without a gap, each item begun and ended once, and told again at the end", () => {
    fc.assert(
      fc.property(anyCompletion, (answer) => {
        const frames = framesOf(encodeEvents(explode(answer)));
        const all = frames.map(({ data }) => bodyOf(Buffer.from(data)));
        const named = (type: string) => all.filter((json) => json.type === type);
        expect(all.map((json) => json.type)).toEqual(frames.map(({ event }) => event));
        expect(all.map((json) => json.sequence_number)).toEqual(frames.map((_, at) => at));
        const begun = named("response.output_item.added");
        expect(begun.map((json) => json.output_index)).toEqual(begun.map((_, at) => at));
        const done: unknown[] = [];
        for (const json of named("response.output_item.done"))
          done[Number(json.output_index)] = json.item;
        expect(done.length).toBe(begun.length);
        const last = all.at(-1) ?? {};
        expect(objectAt(last, "response")?.output).toEqual(done);
        const decoded = decodeFrames(frames);
        if (!decoded.ok) expect(last.type).toBe("response.failed");
      }),
    );
  });
});

describe("a request for any chat", () => {
  it("can be read again, or is refused with the field", () => {
    fc.assert(
      fc.property(anyChat, (chat) => {
        const encoded = openAiResponses.encodeRequest(chat, {
          model: "m",
          stream: true,
          quirks: {},
        });
        if (!encoded.ok) {
          expect(encoded.fault.fields?.length).toBe(1);
          return;
        }
        const body = bodyOf(encoded.value.request.body);
        const text = String(encoded.value.request.body);
        const back = unwrap(openAiResponsesFacade.decodeRequest(body, Buffer.from(text)));
        expect(back.stream).toBe(true);
        const again = unwrap(
          openAiResponses.encodeRequest(back.chat, { model: "m", stream: true, quirks: {} }),
        );
        expect(bodyOf(again.request.body)).toEqual(body);
      }),
    );
  });
});

describe("garbage", () => {
  const types = fc.constantFrom(
    "response.created",
    "response.output_item.added",
    "response.output_item.done",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.annotation.added",
    "response.reasoning_summary_text.delta",
    "response.function_call_arguments.done",
    "response.completed",
    "response.failed",
    "error",
    "",
  );
  const members = fc.constantFrom(
    "item",
    "part",
    "response",
    "delta",
    "annotation",
    "output_index",
    "error",
    "text",
  );

  it("is a fault or an answer in every decoder, and never thrown", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        types,
        members,
        fc.constantFrom("message", "reasoning", "function_call", "x"),
        (junk, type, member, kind) => {
          const value: Json = JSON.parse(JSON.stringify(junk));
          const inner = isObject(value) ? { type: kind, content: value, ...value } : value;
          const json: JsonObject = {
            type,
            [member]: inner,
            output: [inner],
            input: [inner],
            usage: value,
          };
          const data = Buffer.from(JSON.stringify(json));
          expect(decodeResponse(json, data)).toHaveProperty("ok");
          expect(decodeResponse(value)).toHaveProperty("ok");
          expect(
            decodeFrames([
              { event: type, data },
              { event: "", data },
            ]),
          ).toHaveProperty("ok");
          expect(openAiResponses.decodeError(400, {}, data)).toHaveProperty("reason");
          expect(openAiResponses.passthrough.watch(true).see({ event: type, data })).toHaveProperty(
            "forward",
          );
          openAiResponses.passthrough.scanUsage("chat", new JsonText(data));
          expect(openAiResponsesFacade.decodeRequest(json, data)).toHaveProperty("ok");
        },
      ),
    );
  });
});
