import { equals } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { CompletionSchema } from "../../../gen/parlance/chat/v1/completion_pb.js";
import {
  anthropicMessages as anthropicMessagesDialect,
  anthropicMessagesFacade as anthropicMessagesFacadeOriginal,
} from "../../../src/adapters/anthropic-messages/index.ts";
import { encodeRequest } from "../../../src/adapters/anthropic-messages/vendor/request.ts";
import { decodeResponse } from "../../../src/adapters/anthropic-messages/vendor/response.ts";
import { collect } from "../../../src/events/collect.ts";
import { explode } from "../../../src/events/explode.ts";
import { isObject, type Json } from "../../../src/json/json.ts";
import { JsonText } from "../../../src/json/json-text.ts";
import { chat as anyChat } from "../../arbitraries/chat.ts";
import { completion as anyCompletion } from "../../arbitraries/completion.ts";
import { validateMessages } from "../../vendors/anthropic/validate-messages.ts";
import { clientSide, vendorSide } from "../sides.ts";
import { ownChat, ownCompletion } from "./own-nouns.ts";
import {
  context,
  decodeFrames,
  encodeEvents,
  foldFrames,
  framesOf,
  unwrap,
} from "./wire-frames.ts";

const anthropicMessages = vendorSide(anthropicMessagesDialect);
const anthropicMessagesFacade = clientSide(anthropicMessagesFacadeOriginal);

const judgement = { counts: false, version: "2023-06-01", verifySignatures: false } as const;

function bodyOf(text: string | Uint8Array): { readonly [key: string]: Json | undefined } {
  const json: Json = JSON.parse(String(text));
  if (!isObject(json)) throw new Error("not an object");
  return json;
}

describe("the dialect and its facade", () => {
  it("bring a chat through a request and back without a change", () => {
    fc.assert(
      fc.property(ownChat, fc.boolean(), (chat, stream) => {
        const { request, report } = unwrap(
          encodeRequest(chat, { model: "claude-opus-4-6", stream, quirks: {} }),
        );
        const text = String(request.body);
        const back = unwrap(anthropicMessagesFacade.decodeRequest(bodyOf(text), Buffer.from(text)));
        expect(report).toEqual([]);
        expect(back.stream).toBe(stream);
        expect({ ...back.chat, model: "m" }).toEqual({ ...chat });
        expect(equals(ChatSchema, { ...back.chat, model: "m" }, chat)).toBe(true);
      }),
    );
  });

  it("bring an answer through a reply and back without a change", () => {
    fc.assert(
      fc.property(ownCompletion, (completion) => {
        const text = anthropicMessagesFacade.encodeResponse(completion, context);
        const back = unwrap(decodeResponse(bodyOf(text), Buffer.from(text)));
        expect(back).toEqual(completion);
        expect(equals(CompletionSchema, back, completion)).toBe(true);
      }),
    );
  });

  it("bring an answer through a stream and back without a change", () => {
    fc.assert(
      fc.property(ownCompletion, (completion) => {
        const back = foldFrames(framesOf(encodeEvents(explode(completion))));
        expect(back).toEqual(completion);
      }),
    );
  });

  it("tell a watcher of frames the same usage as a decoder", () => {
    fc.assert(
      fc.property(ownCompletion, (completion) => {
        const watch = anthropicMessages.passthrough.watch(true);
        const seen = framesOf(encodeEvents(explode(completion))).map((each) => watch.see(each));
        expect(seen.every(({ forward, fault }) => forward && fault === undefined)).toBe(true);
        expect(seen.findLast(({ usage }) => usage !== undefined)?.usage).toEqual(completion.usage);
        expect(watch.ended()).toBe(true);
      }),
    );
  });
});

describe("requests of any chat", () => {
  const models = fc.constantFrom(
    "claude-sonnet-4-5",
    "claude-opus-4-6",
    "claude-3-5-haiku-latest",
    "claude-opus-5-5",
    "other",
  );

  it("are what the vendor takes, or are refused by us", () => {
    fc.assert(
      fc.property(anyChat, models, fc.boolean(), (chat, model, stream) => {
        const encoded = unwrap(
          anthropicMessages.encodeRequest(chat, { model, stream, quirks: {} }),
        );
        const named =
          chat.toolChoice?.choice.case === "name" ? chat.toolChoice.choice.value : undefined;
        const known = chat.tools.some(
          ({ tool }) => tool.case === "function" && tool.value.name === named,
        );
        fc.pre(named === undefined || known);
        expect(validateMessages(bodyOf(encoded.request.body), judgement)).toBeUndefined();
      }),
    );
  });

  it("report every knob that is set and not sent", () => {
    fc.assert(
      fc.property(anyChat, models, (chat, model) => {
        const encoded = unwrap(
          anthropicMessages.encodeRequest(chat, { model, stream: false, quirks: {} }),
        );
        const body = bodyOf(encoded.request.body);
        const fields = encoded.report.map(({ field }) => field);
        if (
          chat.sampling?.temperature !== undefined &&
          body.temperature !== chat.sampling.temperature
        ) {
          expect(fields).toContain("sampling.temperature");
        }
        if (chat.sampling?.topP !== undefined && body.top_p !== chat.sampling.topP)
          expect(fields).toContain("sampling.top_p");
        if (chat.maxOutputTokens !== body.max_tokens) expect(fields).toContain("max_output_tokens");
        if (chat.user !== "") expect(body.metadata).toEqual({ user_id: chat.user });
      }),
    );
  });
});

describe("streams of any answer", () => {
  it("are well-formed: blocks one after the other, numbered from 0, each begun and ended once", () => {
    fc.assert(
      fc.property(anyCompletion, (completion) => {
        let open: number | undefined;
        let next = 0;
        const events = explode(completion);
        for (const { event, data } of framesOf(encodeEvents(events))) {
          const json = bodyOf(Buffer.from(data).toString("utf8"));
          expect(json.type).toBe(event);
          if (event === "content_block_start") {
            expect([open, json.index]).toEqual([undefined, next]);
            open = next;
            next += 1;
          } else if (event === "content_block_delta") expect(json.index).toBe(open);
          else if (event === "content_block_stop") {
            expect(json.index).toBe(open);
            open = undefined;
          }
        }
        expect(open).toBeUndefined();
        expect(decodeFrames(framesOf(encodeEvents(events))).ok).toBe(true);
      }),
    );
  });

  it("are the same answer in whatever order the deltas of parallel tool calls come", () => {
    const pieces = fc.array(fc.tuple(fc.nat(2), fc.nat(9)), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, (order) => {
        const texts = [0, 1, 2].map((tool) =>
          JSON.stringify({ tool, text: "a}b".repeat(tool + 1) }),
        );
        const told = [0, 0, 0];
        const start = (part: number) =>
          ({
            $typeName: "parlance.chat.v1.Event",
            event: {
              case: "toolCallStart",
              value: {
                $typeName: "parlance.chat.v1.ToolCallStart",
                choice: 0,
                part,
                id: `t${part}`,
                name: "f",
                custom: false,
                signature: "",
              },
            },
          }) as const;
        const delta = (part: number, input: string) =>
          ({
            $typeName: "parlance.chat.v1.Event",
            event: {
              case: "toolCallDelta",
              value: {
                $typeName: "parlance.chat.v1.ToolCallDelta",
                choice: 0,
                part,
                input,
                signature: "",
              },
            },
          }) as const;
        const events = [start(0), start(1), start(2)];
        const deltas = order.map(([part, length]) => {
          const from = told[part] ?? 0;
          told[part] = from + length;
          return delta(part, (texts[part] ?? "").slice(from, from + length));
        });
        const rest = [0, 1, 2].map((part) => delta(part, (texts[part] ?? "").slice(told[part])));
        const back = foldFrames(framesOf(encodeEvents([...events, ...deltas, ...rest])));
        const calls = back.choices[0]?.message?.parts.map(
          (part) => part.content.case === "toolCall" && part.content.value.input.value,
        );
        expect(calls).toEqual(texts);
        expect(collect(events).choices[0]?.message?.parts.length).toBe(3);
      }),
    );
  });
});

describe("garbage", () => {
  const mutated = fc.tuple(fc.oneof(ownCompletion, anyCompletion), fc.nat(), fc.jsonValue());

  it("is a fault or an answer in every decoder, and never thrown", () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom(
          "message_start",
          "content_block_start",
          "content_block_delta",
          "message_delta",
          "error",
          "",
        ),
        (json, type) => {
          const value = JSON.parse(JSON.stringify(json));
          const data = Buffer.from(JSON.stringify(isObject(value) ? { type, ...value } : value));
          decodeResponse(value, data);
          const whole = { content: [value], usage: value, stop_reason: value };
          anthropicMessages.decodeResponse(whole, Buffer.from(JSON.stringify(whole)));
          anthropicMessages.decodeEvent(anthropicMessages.begin(), { event: type, data });
          anthropicMessages.decodeError(400, {}, data);
          anthropicMessages.passthrough.watch(true).see({ event: type, data });
          anthropicMessages.passthrough.scanUsage("chat", new JsonText(data));
          anthropicMessages.countTokens?.decodeResponse(value);
          if (isObject(value)) anthropicMessagesFacade.decodeRequest(value, data);
          expect(true).toBe(true);
        },
      ),
    );
  });

  it("is found in whatever place of a valid body it stands", () => {
    fc.assert(
      fc.property(ownChat, fc.nat(), fc.jsonValue(), (chat, at, junk) => {
        const { request } = unwrap(
          anthropicMessages.encodeRequest(chat, {
            model: "claude-opus-4-6",
            stream: false,
            quirks: {},
          }),
        );
        const broken = replaceAt(bodyOf(request.body), at, JSON.parse(JSON.stringify(junk)));
        const text = JSON.stringify(broken);
        if (isObject(broken))
          expect(anthropicMessagesFacade.decodeRequest(broken, Buffer.from(text))).toHaveProperty(
            "ok",
          );
      }),
    );
    fc.assert(
      fc.property(mutated, ([completion, at, junk]) => {
        const body = bodyOf(anthropicMessagesFacade.encodeResponse(completion, context));
        expect(
          decodeResponse(replaceAt(body, at, JSON.parse(JSON.stringify(junk)))),
        ).toHaveProperty("ok");
      }),
    );
  });
});

/** The value with one of its inner values, chosen by a number, replaced. */
function replaceAt(json: Json, at: number, junk: Json): Json {
  if (Array.isArray(json) && json.length > 0) {
    const index = at % json.length;
    return json.map((value, each) =>
      each === index ? replaceAt(value, Math.floor(at / json.length), junk) : value,
    );
  }
  if (!isObject(json) || Object.keys(json).length === 0) return junk;
  const keys = Object.keys(json);
  const key = keys[at % keys.length] ?? "";
  const inner = Math.floor(at / keys.length);
  return { ...json, [key]: inner % 3 === 0 ? junk : replaceAt(json[key] ?? null, inner, junk) };
}
