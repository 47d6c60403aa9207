import type { Citation } from "../../gen/parlance/chat/v1/citation_pb.js";
import type { FinishReason } from "../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";
import type { Part } from "../../gen/parlance/chat/v1/part_pb.js";
import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";

/*
 * Events of the one choice of a vendor that gives one. They are written as literals, which are what
 * `create` makes: a stream has one for each token.
 */

/** The answer begins. */
export function messageStart(id: string, model: string, serviceTier: string): Event {
  const value = {
    $typeName: "parlance.chat.v1.MessageStart",
    id,
    model,
    createdUnixS: 0n,
    systemFingerprint: "",
    serviceTier,
  } as const;
  return event({ case: "messageStart", value });
}

/** Text is added. */
export function textDelta(part: number, text: string): Event {
  return event({
    case: "textDelta",
    value: { $typeName: "parlance.chat.v1.TextDelta", choice: 0, part, text },
  });
}

/** Reasoning is added; what is signed or encrypted is the dialect's. */
export function reasoningDelta(
  dialect: string,
  part: number,
  text: string,
  signature: string,
  encrypted: string,
): Event {
  const value = {
    $typeName: "parlance.chat.v1.ReasoningDelta",
    choice: 0,
    part,
    text,
    signature,
    encrypted,
    summary: "",
    id: "",
    dialect: signature === "" && encrypted === "" ? "" : dialect,
  } as const;
  return event({ case: "reasoningDelta", value });
}

/** A tool call begins. */
export function toolCallStart(part: number, id: string, name: string): Event {
  const value = {
    $typeName: "parlance.chat.v1.ToolCallStart",
    choice: 0,
    part,
    id,
    name,
    custom: false,
    signature: "",
  } as const;
  return event({ case: "toolCallStart", value });
}

/** Input is added to a tool call. */
export function toolCallDelta(part: number, input: string): Event {
  const value = {
    $typeName: "parlance.chat.v1.ToolCallDelta",
    choice: 0,
    part,
    input,
    signature: "",
  } as const;
  return event({ case: "toolCallDelta", value });
}

/** A part arrives whole. */
export function partWhole(part: number, content: Part): Event {
  return event({
    case: "partWhole",
    value: { $typeName: "parlance.chat.v1.PartWhole", choice: 0, part, content },
  });
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
  return event({
    case: "partEnd",
    value: { $typeName: "parlance.chat.v1.PartEnd", choice: 0, part },
  });
}

/** The answer is complete. */
export function finish(reason: FinishReason, vendorReason: string, stopSequence: string): Event {
  const value = {
    $typeName: "parlance.chat.v1.Finish",
    choice: 0,
    reason,
    vendorReason,
    stopSequence,
  } as const;
  return event({ case: "finish", value });
}

/** What the call took. */
export function usageEvent(value: Usage): Event {
  return event({ case: "usage", value });
}

/** Members that only the dialect has. */
export function extrasSet(dialect: string, json: string): Event {
  return event({
    case: "extrasSet",
    value: { $typeName: "parlance.chat.v1.ExtrasSet", dialect, json },
  });
}

/** An event of what happens. */
export function event(step: Event["event"]): Event {
  return { $typeName: "parlance.chat.v1.Event", event: step };
}
