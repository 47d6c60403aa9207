import type { FinishReason, Logprobs } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { event } from "../../../events/make-events.ts";
import { DIALECT } from "../wire.ts";

/*
 * Events in which this dialect differs from events/make-events.ts, literals like those.
 */

/** The answer begins. The dialect gives answers no id. */
export function messageStart(model: string, createdUnixS: bigint): Event {
  const value = {
    $typeName: "parlance.chat.v1.MessageStart",
    id: "",
    model,
    createdUnixS,
    systemFingerprint: "",
    serviceTier: "",
  } as const;
  return event({ case: "messageStart", value });
}

/** Thinking is added. */
export function reasoningDelta(part: number, text: string): Event {
  const value = {
    $typeName: "parlance.chat.v1.ReasoningDelta",
    choice: 0,
    part,
    text,
    signature: "",
    encrypted: "",
    summary: "",
    id: "",
    dialect: "",
  } as const;
  return event({ case: "reasoningDelta", value });
}

/** Likelihoods of tokens are added. */
export function logprobsDelta(logprobs: Logprobs): Event {
  return event({
    case: "logprobsDelta",
    value: { $typeName: "parlance.chat.v1.LogprobsDelta", choice: 0, logprobs },
  });
}

/** The answer is complete. The dialect does not tell which stop text was met. */
export function finish(reason: FinishReason, vendorReason: string): Event {
  const value = {
    $typeName: "parlance.chat.v1.Finish",
    choice: 0,
    reason,
    vendorReason,
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
