import type { Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { FacadeContext } from "../../../core/dialect.ts";
import { type Body, membersOf } from "../../../json/members.ts";
import { rawJson, type Writable, writeJson } from "../../../json/write.ts";
import { anthropicTier } from "../../foreign/service-tier.ts";
import { encodeFinishReason } from "../finish-reason.ts";
import { encodeCallProof } from "../sealed-reasoning.ts";
import { encodeUsage } from "../usage.ts";
import { MESSAGE_MEMBERS } from "../vendor/response.ts";
import { DIALECT } from "../wire.ts";
import { encodeReplyBlock } from "./response-message.ts";

/**
 * A whole answer as the vendor writes it. This dialect has one answer a call: with n > 1 the first
 * is sent.
 */
export function encodeResponse(completion: Completion, context: FacadeContext): string {
  const choice = completion.choices[0];
  const parts = choice?.message?.parts ?? [];
  const content: Writable[] = [];
  for (const part of parts) {
    const block = encodeReplyBlock(part);
    if (block !== undefined) content.push(block);
    const proof =
      part.content.case === "toolCall" ? encodeCallProof(part.content.value) : undefined;
    if (proof !== undefined) content.push(proof);
  }
  const hasToolCalls = parts.some((part) => part.content.case === "toolCall");
  const reason = choice?.finishReason ?? FinishReason.UNSPECIFIED;
  const usage = encodeUsage(completion.usage);
  const tier = anthropicTier(completion.serviceTier);
  if (completion.usage !== undefined && usage.service_tier === undefined && tier !== undefined)
    usage.service_tier = tier;
  const body: Body = {
    id: messageId(completion.id, context),
    type: "message",
    role: "assistant",
    model: completion.model === "" ? context.model : completion.model,
    content,
    stop_reason: encodeFinishReason(reason, choice?.vendorFinishReason ?? "", hasToolCalls),
    stop_sequence: choice === undefined || choice.stopSequence === "" ? null : choice.stopSequence,
    usage,
  };
  addMembers(body, completion.extrasJson[DIALECT]);
  return writeJson(body);
}

/** The vendor's id, or one made of the call's where there is none. */
export function messageId(id: string, context: FacadeContext): string {
  return id === "" ? `msg_${context.callId}` : id;
}

/** Adds members that only this dialect has; they never replace one that is there. */
export function addMembers(body: Body, extras: string | undefined): void {
  if (extras === undefined) return;
  for (const [key, text] of membersOf(extras) ?? []) {
    if (!MESSAGE_MEMBERS.has(key)) body[key] = rawJson(text);
  }
}
