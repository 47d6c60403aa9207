import { create } from "@bufbuild/protobuf";
import type { Citation } from "../../../gen/parlance/chat/v1/citation_pb.js";
import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { type Event, EventSchema } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import { UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import {
  citationAdd,
  extrasSet,
  finish,
  messageStart,
  partEnd,
  partWhole,
  reasoningDelta,
  textDelta,
  toolCallDelta,
  toolCallStart,
  usageEvent,
} from "../../../src/events/make-events.ts";
import { many } from "./row.ts";

/** An answer with `n` of the thing that the title names, in the contract's words. */
export interface AnswerRow {
  readonly title: string;
  readonly events: (n: number) => readonly Event[];
}

function answer(title: string, events: (n: number) => readonly Event[]): AnswerRow {
  const end = finish(FinishReason.STOP, "stop", "");
  return { title, events: (n) => [messageStart("id", "model", ""), ...events(n), end] };
}

const citation: Citation = {
  $typeName: "parlance.chat.v1.Citation",
  citedText: "a",
  title: "t",
  source: {
    case: "web",
    value: { $typeName: "parlance.chat.v1.WebSource", url: "u", encryptedIndex: "" },
  },
  location: { case: undefined },
};

function part(content: Part["content"]): Part {
  return { $typeName: "parlance.chat.v1.Part", content };
}

const call = (at: number) => ({
  $typeName: "parlance.chat.v1.ToolCall" as const,
  id: `c${at}`,
  name: "f",
  input: { case: "argumentsJson", value: "{}" } as const,
  signature: "s",
});

const reasoning = (at: number) => ({
  $typeName: "parlance.chat.v1.Reasoning" as const,
  text: "a",
  signature: "s",
  encrypted: "",
  summaries: [],
  id: `r${at}`,
  dialect: "odd",
});

function summary(number: number, summaryIndex: number): Event {
  const value = {
    case: "reasoningDelta",
    value: { part: number, summary: "a", summaryIndex },
  } as const;
  return create(EventSchema, { event: value });
}

function inChoice(choice: number): Event {
  return create(EventSchema, {
    event: { case: "textDelta", value: { choice, part: 0, text: "a" } },
  });
}

function custom(number: number): Event {
  const value = { part: number, id: `c${number}`, name: "f", custom: true, signature: "s" };
  return create(EventSchema, { event: { case: "toolCallStart", value } });
}

function sound(number: number): Event {
  const value = { part: number, data: new Uint8Array([1]), transcript: "a" };
  return create(EventSchema, { event: { case: "audioDelta", value } });
}

function tokens(n: number): Event {
  const content = many(n, () => ({ token: "a", logprob: -1, top: [{ token: "b", logprob: -2 }] }));
  return create(EventSchema, {
    event: { case: "logprobsDelta", value: { logprobs: { content } } },
  });
}

const begun = (at: number) => toolCallStart(at, `c${at}`, "f");
const fed = (at: number) => toolCallDelta(at, "{}");

/** Every event of the contract, in numbers and orders in which a vendor may make them. */
export const answerRows: readonly AnswerRow[] = [
  answer("texts of one part", (n) => many(n, () => textDelta(0, "a"))),
  answer("text parts", (n) => many(n, (at) => [textDelta(at, "a"), partEnd(at)]).flat()),
  answer("text parts that never end", (n) => many(n, (at) => textDelta(at, "a"))),
  answer("text parts that grow in turn", (n) => many(n, (at) => textDelta(at % 100, "a"))),
  answer("parts with wild numbers", (n) => many(n, (at) => textDelta(2_000_000_000 + at, "a"))),
  answer("reasonings", (n) =>
    many(n, (at) => [reasoningDelta("odd", at, "a", "s", ""), partEnd(at)]).flat(),
  ),
  answer("reasonings that never end", (n) =>
    many(n, (at) => reasoningDelta("odd", at, "a", "s", "")),
  ),
  answer("reasonings that grow in turn", (n) =>
    many(n, (at) => reasoningDelta("odd", at % 100, "a", "", "")),
  ),
  answer("signatures of one reasoning", (n) =>
    many(n, () => reasoningDelta("odd", 0, "a", "s", "")),
  ),
  answer("encrypted pieces of one reasoning", (n) =>
    many(n, () => reasoningDelta("odd", 0, "", "", "e")),
  ),
  answer("reasonings between texts", (n) =>
    many(n, (at) => (at % 2 ? textDelta(at, "a") : reasoningDelta("odd", at, "a", "s", ""))),
  ),
  answer("summaries", (n) => many(n, (at) => summary(0, at))),
  answer("pieces of the last of many summaries", (n) => [
    ...many(900, (at) => summary(0, at)),
    ...many(n, () => summary(0, 899)),
  ]),
  answer("summaries with wild indices", (n) => many(n, (at) => summary(0, 2_000_000_000 + at))),
  answer("tool calls", (n) => many(n, (at) => [begun(at), fed(at), partEnd(at)]).flat()),
  answer("tool calls that never end", (n) => many(n, (at) => [begun(at), fed(at)]).flat()),
  answer("tool calls without input", (n) => many(n, begun)),
  answer("custom tool calls", (n) =>
    many(n, (at) => [custom(at), toolCallDelta(at, "a"), partEnd(at)]).flat(),
  ),
  answer("custom tool calls that never end", (n) =>
    many(n, (at) => [custom(at), toolCallDelta(at, "a")]).flat(),
  ),
  answer("tool calls begun first and fed later", (n) => [
    ...many(n, begun),
    ...many(n, fed),
    ...many(n, partEnd),
  ]),
  answer("tool calls begun first and fed backwards", (n) => [
    ...many(n, begun),
    ...many(n, (at) => fed(n - at - 1)),
  ]),
  answer("tool calls begun first and never whole", (n) => [
    ...many(n, begun),
    ...many(n, (at) => toolCallDelta(at, '{"a":"}')),
  ]),
  answer("tool calls that were never begun", (n) => many(n, fed)),
  answer("pieces of one tool call that look like its end", (n) => [
    begun(0),
    ...many(n, () => toolCallDelta(0, '{"a":"}')),
  ]),
  answer("pieces of one tool call beside another", (n) => [
    begun(0),
    toolCallDelta(0, `{"a":"${"}".repeat(n)}`),
    ...many(n, (at) => toolCallDelta(at % 2, "}")),
  ]),
  answer("texts beside a tool call", (n) => [
    begun(0),
    toolCallDelta(0, '{"a":"}'),
    ...many(n, () => textDelta(1, "a")),
  ]),
  answer("text parts beside a tool call", (n) => [
    begun(0),
    toolCallDelta(0, '{"a":"}'),
    ...many(n, (at) => textDelta(at + 1, "a")),
    ...many(n, (at) => partEnd(at + 1)),
  ]),
  answer("calls and texts under one number", (n) =>
    many(n, (at) => (at % 2 ? textDelta(0, "a") : fed(0))),
  ),
  answer("citations of one text", (n) => [
    textDelta(0, "a"),
    ...many(n, () => citationAdd(0, citation)),
  ]),
  answer("citations of a long text", (n) => [
    textDelta(0, "a".repeat(n * 8)),
    ...many(n, () => citationAdd(0, citation)),
  ]),
  answer("citations of many texts", (n) =>
    many(n, (at) => [textDelta(at, "a"), citationAdd(at, citation)]).flat(),
  ),
  answer("likelihoods", (n) => [textDelta(0, "a"), ...many(n, () => tokens(1))]),
  answer("likelihoods of one event", (n) => [textDelta(0, "a"), tokens(n)]),
  answer("likelihoods before any text", (n) => [...many(n, () => tokens(1)), textDelta(0, "a")]),
  answer("choices", (n) => many(n, (at) => inChoice(at % 128))),
  answer("sound", (n) => many(n, () => sound(0))),
  answer("parts of sound", (n) => many(n, sound)),
  answer("whole texts", (n) =>
    many(n, (at) =>
      partWhole(
        at,
        part({
          case: "text",
          value: { $typeName: "parlance.chat.v1.Text", text: "a", citations: [] },
        }),
      ),
    ),
  ),
  answer("whole tool calls", (n) =>
    many(n, (at) => partWhole(at, part({ case: "toolCall", value: call(at) }))),
  ),
  answer("whole reasonings", (n) =>
    many(n, (at) => partWhole(at, part({ case: "reasoning", value: reasoning(at) }))),
  ),
  answer("whole sound", (n) =>
    many(n, (at) => {
      const source = { case: "data", value: new Uint8Array([1]) } as const;
      const value = {
        $typeName: "parlance.chat.v1.Audio",
        source,
        format: "wav",
        transcript: "a",
        answerId: "",
      } as const;
      return partWhole(at, part({ case: "audio", value }));
    }),
  ),
  answer("pictures", (n) =>
    many(n, (at) => {
      const source = { case: "data", value: new Uint8Array([1]) } as const;
      const value = {
        $typeName: "parlance.chat.v1.Image",
        source,
        mediaType: "image/png",
        detail: 0,
      } as const;
      return partWhole(at, part({ case: "image", value }));
    }),
  ),
  ...["openai-chat", "openai-responses", "anthropic-messages", "gemini", "cohere"].map((dialect) =>
    answer(`contents written for ${dialect}`, (n) =>
      many(n, (at) => {
        const value = {
          $typeName: "parlance.chat.v1.Opaque",
          dialect,
          json: '{"type":"odd"}',
        } as const;
        return partWhole(at, part({ case: "opaque", value }));
      }),
    ),
  ),
  answer("usages", (n) =>
    many(n, (at) => usageEvent(create(UsageSchema, { outputTokens: BigInt(at) }))),
  ),
  answer("extras", (n) => many(n, (at) => extrasSet("openai-chat", `{"at":${at}}`))),
  answer("finishes", (n) => many(n, () => finish(FinishReason.STOP, "stop", ""))),
];
