import type { TokenLogprob } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { event } from "../../../events/make-events.ts";
import type { Ending } from "../finish-reason.ts";
import { DIALECT } from "../wire.ts";
import type { ResponseStart } from "./response.ts";

/*
 * Events in which this dialect differs from events/make-events.ts, literals like those.
 */

/** The answer begins. */
export function messageStart(start: ResponseStart): Event {
  return event({
    case: "messageStart",
    value: { $typeName: "parlance.chat.v1.MessageStart", ...start },
  });
}

/** Words are added to a refusal. */
export function refusalDelta(part: number, text: string): Event {
  return event({
    case: "refusalDelta",
    value: { $typeName: "parlance.chat.v1.RefusalDelta", choice: 0, part, text },
  });
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
  const {
    text = "",
    signature = "",
    encrypted = "",
    summary = "",
    summaryIndex,
    id = "",
  } = addition;
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

/** What is known of a tool call when it begins. */
export interface StartedCall {
  readonly id: string;
  readonly name: string;
  readonly custom: boolean;
  readonly signature?: string;
  readonly namespace?: string;
}

/** A tool call begins. */
export function toolCallStart(part: number, call: StartedCall): Event {
  const value = {
    $typeName: "parlance.chat.v1.ToolCallStart",
    choice: 0,
    part,
    signature: "",
    ...call,
  } as const;
  return event({ case: "toolCallStart", value });
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

/** Members that only this dialect has. */
export function extrasSet(json: string): Event {
  return event({
    case: "extrasSet",
    value: { $typeName: "parlance.chat.v1.ExtrasSet", dialect: DIALECT, json },
  });
}
