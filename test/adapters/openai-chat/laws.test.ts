import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import {
  openAiChat as openAiChatDialect,
  openAiChatFacade as openAiChatFacadeOriginal,
} from "../../../src/adapters/openai-chat/index.ts";
import { encodeRequest } from "../../../src/adapters/openai-chat/vendor/request.ts";
import type { Decoded } from "../../../src/core/dialect.ts";
import { collect } from "../../../src/events/collect.ts";
import { explode } from "../../../src/events/explode.ts";
import { isObject, parseJson } from "../../../src/json/json.ts";
import { chat } from "../../arbitraries/chat.ts";
import { completion } from "../../arbitraries/completion.ts";
import { clientSide, vendorSide } from "../sides.ts";
import { ownChat, ownCompletion } from "./own-nouns.ts";

const openAiChat = vendorSide(openAiChatDialect);
const openAiChatFacade = clientSide(openAiChatFacadeOriginal);

const quirks = { reasoningDetails: true, thoughtSignatures: true, developerRole: true };
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

/** An empty sampling says nothing. */
function normal(it: Chat): Chat {
  const { sampling, ...rest } = it;
  const silent =
    sampling === undefined || (Object.keys(sampling).length === 3 && sampling.stop.length === 0);
  return silent ? rest : it;
}

function framesOf(events: Iterable<Event>): readonly string[] {
  let state = openAiChatFacade.begin(context);
  const frames: string[] = [];
  for (const event of events) {
    const [next, texts] = openAiChatFacade.encodeEvent(state, event);
    state = next;
    frames.push(...texts);
  }
  return [...frames, ...openAiChatFacade.encodeEnd(state)];
}

function decodeFrames(frames: readonly string[]): Completion {
  let state = openAiChat.begin();
  const events: Event[] = [];
  for (const frame of frames) {
    const step = openAiChat.decodeEvent(state, {
      event: "",
      data: Buffer.from(frame.slice("data: ".length).trim()),
    });
    if (!step.ok) throw new Error(step.fault.message);
    state = step.state;
    events.push(...step.events);
  }
  events.push(...value(openAiChat.end(state)));
  return collect(events);
}

describe("the laws of openai-chat", () => {
  for (const [title, arbitrary] of [
    ["shared nouns", chat],
    ["its own nouns", ownChat],
  ] as const) {
    it(`a request with ${title} survives the way to a vendor and back`, () => {
      fc.assert(
        fc.property(arbitrary, fc.boolean(), (given, stream) => {
          const encoded = value(encodeRequest(given, { model: given.model, stream, quirks }));
          const body = Buffer.from(encoded.request.body);
          const decoded = value(openAiChatFacade.decodeRequest(reread(body.toString()), body));
          expect(encoded.report).toEqual([]);
          expect(decoded.chat).toEqual(normal(given));
          expect(decoded.stream).toBe(stream);
        }),
      );
    });
  }

  it("an answer survives the way to a client and back", () => {
    fc.assert(
      fc.property(ownCompletion, (given) => {
        const json = reread(openAiChatFacade.encodeResponse(given, context));
        expect(value(openAiChat.decodeResponse(json, Buffer.from(JSON.stringify(json))))).toEqual(
          given,
        );
      }),
    );
  });

  it("a streamed answer folds to the same answer on the other side", () => {
    fc.assert(
      fc.property(ownCompletion, (given) => {
        const { extrasJson, ...rest } = decodeFrames(framesOf(explode(given)));
        const { extrasJson: extras, ...wanted } = given;
        expect(rest).toEqual(wanted);
        // Members of the answer can only be told with the usage, in a chunk of their own.
        expect(extrasJson).toEqual(given.usage === undefined ? {} : extras);
      }),
    );
  });

  it("any answer is told in both forms, and both are read", () => {
    fc.assert(
      fc.property(completion, (given) => {
        const text = openAiChatFacade.encodeResponse(given, context);
        value(openAiChat.decodeResponse(reread(text), Buffer.from(text)));
        for (const frame of framesOf(explode(given))) {
          expect(frame).toMatch(/^data: [^\n\r]*\n\n$/);
          expect(frame.indexOf("\n")).toBe(frame.length - 2);
        }
      }),
    );
  });

  it("what is left out for one choice does not change another", () => {
    fc.assert(
      fc.property(ownCompletion, (given) => {
        const events = explode(given);
        const grouped = [...given.choices]
          .reverse()
          .flatMap(({ index }) =>
            events.filter(
              ({ event }) =>
                "choice" in (event.value ?? {}) &&
                event.value !== undefined &&
                "choice" in event.value &&
                event.value.choice === index,
            ),
          );
        const rest = events.filter(
          ({ event }) => event.value === undefined || !("choice" in event.value),
        );
        const start = rest.slice(0, 1);
        const decoded = decodeFrames(framesOf([...start, ...grouped, ...rest.slice(1)]));
        expect(decoded.choices).toEqual(given.choices);
      }),
    );
  });
});
