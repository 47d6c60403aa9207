import type { Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { FacadeContext } from "../../../core/dialect.ts";
import { type Body, membersOf } from "../../../json/members.ts";
import { rawJson, type Writable, writeJson } from "../../../json/write.ts";
import { encodeFinishReason } from "../finish-reason.ts";
import { encodeCallProof } from "../sealed-reasoning.ts";
import { encodeUsage } from "../usage.ts";
import { ANSWER_MEMBERS } from "../vendor/response.ts";
import { DIALECT } from "../wire.ts";
import { encodeReplyBlock } from "./response-message.ts";

/**
 * A whole answer as the vendor writes it. This dialect has one answer a call: with n > 1 the first
 * is sent.
 */
export function encodeResponse(completion: Completion, { latencyMs = 0 }: FacadeContext): string {
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
  const { serviceTier, usage } = completion;
  const body: Body = {
    output: { message: { role: "assistant", content } },
    stopReason: encodeFinishReason(reason, choice?.vendorFinishReason ?? "", hasToolCalls),
    usage: encodeUsage(usage),
    metrics: { latencyMs },
    ...tierMember(serviceTier === "" ? (usage?.serviceTier ?? "") : serviceTier),
  };
  const stopSequence = choice?.stopSequence ?? "";
  if (stopSequence !== "") body.additionalModelResponseFields = { stop_sequence: stopSequence };
  addMembers(body, completion.extrasJson[DIALECT]);
  return writeJson(body);
}

/** The tier that served the call, where it is known and the vendor has a word for it. */
export function tierMember(tier: string): Body {
  return TIERS.has(tier) ? { serviceTier: { type: tier } } : {};
}

const TIERS: ReadonlySet<string> = new Set(["default", "flex", "priority", "reserved"]);

/** Adds members that only this dialect has, in the place of those that were made up. */
export function addMembers(body: Body, extras: string | undefined): void {
  if (extras === undefined) return;
  for (const [key, text] of membersOf(extras) ?? []) {
    if (!ANSWER_MEMBERS.has(key)) body[key] = rawJson(text);
  }
}
