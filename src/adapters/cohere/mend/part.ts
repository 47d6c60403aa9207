import type { Json, JsonObject } from "../../../json/json.ts";
import type { HeldInput } from "../../shared/answers/held-input.ts";
import { decodeFinishReason, encodeFinishReason } from "../finish-reason.ts";

/** A content or a call that a client has seen the beginning of: changed in place. */
export interface MendedPart extends HeldInput {
  readonly kind: "content" | "call";
  /** The client's number of it. */
  readonly index: number;
}

/** A part begins. */
export function beginPart(kind: MendedPart["kind"], index: number): MendedPart {
  return { kind, index, flows: kind === "content", held: "" };
}

/** An event with other members of its message. */
export function ofMessage(
  event: JsonObject,
  index: number,
  message: { readonly [member: string]: Json },
): JsonObject {
  return { ...event, index, delta: { message } };
}

/**
 * Why an answer ended, in a word of the dialect, by which clients run tools: the vendor's own where
 * it is one.
 */
export function mendedWord(word: string, calls: boolean): string {
  if (word === "COMPLETE" ? !calls : /^[A-Z_]+$/.test(word)) return word;
  const own = encodeFinishReason(decodeFinishReason(word), calls);
  return own === "COMPLETE" && calls ? "TOOL_CALL" : own;
}
