import type { Citation } from "../../../../gen/parlance/chat/v1/citation_pb.js";
import type { FinishReason, Logprobs } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import { event } from "../../../events/make-events.ts";
import { DIALECT } from "../wire.ts";

/*
 * Events as literals, which are what `create` makes: a stream has one for each token.
 */

/** The answer begins. */
export function messageStart(id: string, model: string, createdUnixS: bigint): Event {
  const value = {
    $typeName: "parlance.chat.v1.MessageStart",
    id,
    model,
    createdUnixS,
    systemFingerprint: "",
    serviceTier: "",
  } as const;
  return event({ case: "messageStart", value });
}

/** Text is added. */
export function textDelta(choice: number, part: number, text: string): Event {
  return event({
    case: "textDelta",
    value: { $typeName: "parlance.chat.v1.TextDelta", choice, part, text },
  });
}

/** Reasoning is added; what is signed is this dialect's. */
export function reasoningDelta(
  choice: number,
  part: number,
  text: string,
  signature: string,
): Event {
  const value = {
    $typeName: "parlance.chat.v1.ReasoningDelta",
    choice,
    part,
    text,
    signature,
    encrypted: "",
    summary: "",
    id: "",
    dialect: signature === "" ? "" : DIALECT,
  } as const;
  return event({ case: "reasoningDelta", value });
}

/** A tool call begins. */
export function toolCallStart(
  choice: number,
  part: number,
  id: string,
  name: string,
  signature: string,
): Event {
  const value = {
    $typeName: "parlance.chat.v1.ToolCallStart",
    choice,
    part,
    id,
    name,
    custom: false,
    signature,
  } as const;
  return event({ case: "toolCallStart", value });
}

/** Input is added to a tool call. */
export function toolCallDelta(choice: number, part: number, input: string): Event {
  const value = {
    $typeName: "parlance.chat.v1.ToolCallDelta",
    choice,
    part,
    input,
    signature: "",
  } as const;
  return event({ case: "toolCallDelta", value });
}

/** Sound is added. */
export function audioDelta(choice: number, part: number, data: Uint8Array): Event {
  const value = {
    $typeName: "parlance.chat.v1.AudioDelta",
    choice,
    part,
    data: new Uint8Array(data),
    transcript: "",
    answerId: "",
  } as const;
  return event({ case: "audioDelta", value });
}

/** A part arrives whole. */
export function partWhole(choice: number, part: number, content: Part["content"]): Event {
  const whole = { $typeName: "parlance.chat.v1.Part", content } as const;
  const value = { $typeName: "parlance.chat.v1.PartWhole", choice, part, content: whole } as const;
  return event({ case: "partWhole", value });
}

/** A citation is added. */
export function citationAdd(choice: number, part: number, citation: Citation): Event {
  return event({
    case: "citationAdd",
    value: { $typeName: "parlance.chat.v1.CitationAdd", choice, part, citation },
  });
}

/** A part is complete. */
export function partEnd(choice: number, part: number): Event {
  return event({ case: "partEnd", value: { $typeName: "parlance.chat.v1.PartEnd", choice, part } });
}

/** Likelihoods are added. */
export function logprobsDelta(choice: number, logprobs: Logprobs): Event {
  return event({
    case: "logprobsDelta",
    value: { $typeName: "parlance.chat.v1.LogprobsDelta", choice, logprobs },
  });
}

/** A choice is complete. */
export function finish(choice: number, reason: FinishReason, vendorReason: string): Event {
  const value = {
    $typeName: "parlance.chat.v1.Finish",
    choice,
    reason,
    vendorReason: vendorReason.slice(0, 64),
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
  return event({
    case: "extrasSet",
    value: { $typeName: "parlance.chat.v1.ExtrasSet", dialect: DIALECT, json },
  });
}
