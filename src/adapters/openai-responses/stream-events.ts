import type { Citation } from "../../../gen/parlance/chat/v1/citation_pb.js";
import type { TokenLogprob } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Ending } from "./finish-reason.ts";
import type { ResponseStart } from "./response.ts";
import { DIALECT } from "./wire.ts";

/*
 * Events of the one choice that this dialect has. They are written as literals, which are what `create` makes: a
 * stream has one for each token.
 */

/** The answer begins. */
export function messageStart(start: ResponseStart): Event {
  return event({ case: "messageStart", value: { $typeName: "parlance.chat.v1.MessageStart", ...start } });
}

/** Text is added. */
export function textDelta(part: number, text: string): Event {
  return event({ case: "textDelta", value: { $typeName: "parlance.chat.v1.TextDelta", choice: 0, part, text } });
}

/** Words are added to a refusal. */
export function refusalDelta(part: number, text: string): Event {
  return event({ case: "refusalDelta", value: { $typeName: "parlance.chat.v1.RefusalDelta", choice: 0, part, text } });
}

/** What a reasoning delta may add; absent: nothing. */
export interface ReasoningAddition {
  readonly text?: string;
  readonly signature?: string;
  readonly encrypted?: string;
  readonly summary?: string;
  readonly summaryIndex?: number;
  readonly id?: string;
}

/** Reasoning is added. An id or encrypted reasoning is this dialect's, unless another is named. */
export function reasoningDelta(part: number, addition: ReasoningAddition, dialect?: string): Event {
  const { text = "", signature = "", encrypted = "", summary = "", summaryIndex, id = "" } = addition;
  const value = {
    $typeName: "parlance.chat.v1.ReasoningDelta",
    choice: 0,
    part,
    text,
    signature,
    encrypted,
    summary,
    ...(summaryIndex === undefined ? undefined : { summaryIndex }),
    id,
    dialect: dialect ?? (encrypted === "" && id === "" ? "" : DIALECT),
  } as const;
  return event({ case: "reasoningDelta", value });
}

/** A tool call begins. */
export function toolCallStart(part: number, id: string, name: string, custom: boolean, signature = ""): Event {
  const value = {
    $typeName: "parlance.chat.v1.ToolCallStart",
    choice: 0,
    part,
    id,
    name,
    custom,
    signature,
  } as const;
  return event({ case: "toolCallStart", value });
}

/** Input is added to a tool call. */
export function toolCallDelta(part: number, input: string): Event {
  const value = { $typeName: "parlance.chat.v1.ToolCallDelta", choice: 0, part, input, signature: "" } as const;
  return event({ case: "toolCallDelta", value });
}

/** A part arrives whole. */
export function partWhole(part: number, content: Part): Event {
  return event({ case: "partWhole", value: { $typeName: "parlance.chat.v1.PartWhole", choice: 0, part, content } });
}

/** A citation is added. */
export function citationAdd(part: number, citation: Citation): Event {
  return event({
    case: "citationAdd",
    value: { $typeName: "parlance.chat.v1.CitationAdd", choice: 0, part, citation },
  });
}

/** A part is complete. */
export function partEnd(part: number): Event {
  return event({ case: "partEnd", value: { $typeName: "parlance.chat.v1.PartEnd", choice: 0, part } });
}

/** Likelihoods of tokens of the text. */
export function logprobsDelta(content: TokenLogprob[]): Event {
  return event({
    case: "logprobsDelta",
    value: {
      $typeName: "parlance.chat.v1.LogprobsDelta",
      choice: 0,
      logprobs: { $typeName: "parlance.chat.v1.Logprobs", content, refusal: [] },
    },
  });
}

/** The answer is complete. */
export function finish({ reason, word }: Ending): Event {
  const value = {
    $typeName: "parlance.chat.v1.Finish",
    choice: 0,
    reason,
    vendorReason: word,
    stopSequence: "",
  } as const;
  return event({ case: "finish", value });
}

/** What the call took. */
export function usageEvent(value: Usage): Event {
  return event({ case: "usage", value });
}

/** Members that only this dialect has. */
export function extrasSet(json: string): Event {
  return event({ case: "extrasSet", value: { $typeName: "parlance.chat.v1.ExtrasSet", dialect: DIALECT, json } });
}

function event(step: Event["event"]): Event {
  return { $typeName: "parlance.chat.v1.Event", event: step };
}
