import { isMessage } from "@bufbuild/protobuf";
import { ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ConfiguredModel } from "../../../config/settings.ts";
import type { Call } from "../../../core/call.ts";
import type { CountPrompt } from "../../../core/count-prompt.ts";
import { type CallSize, sizeOf } from "../../../core/facts/call-size.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import type { Exclusion } from "../../../core/target/exclusion.ts";
import type { CallFilter, RoutedCall } from "./call-filter.ts";
import type { KnownModel, KnownTarget, KnownTargets } from "./known-targets.ts";

/** An estimate is at least this part of the tokens of a prompt, and so is it the other way. */
const doubt = 2;

/** A prompt that is estimated at so many times a window is not counted to know. */
const hopeless = 8;

/** The tokens of prompts that were counted. */
const counted = new WeakMap<Call["request"], number>();

/**
 * Counts the tokens of a prompt where an estimate leaves open whether it fits into the windows of a
 * model's targets; undefined where nothing is to be counted. What cannot be counted is estimated.
 */
export function countNearBound(
  call: Pick<Call, "origin" | "request" | "life">,
  known: KnownModel | undefined,
  countPrompt: CountPrompt,
): Promise<void> | undefined {
  const { request } = call;
  if (known?.minWindow === undefined || request.operation.name !== "chat") return undefined;
  if (counted.has(request)) return undefined;
  const size = sizeOf(call);
  const open = [...known.targets.values()].some((target) => isOpen(size, target));
  return open ? count(call, countPrompt) : undefined;
}

async function count(
  { request, life }: Pick<Call, "request" | "life">,
  countPrompt: CountPrompt,
): Promise<void> {
  try {
    const chat = request.message();
    if (!isMessage(chat, ChatSchema)) return;
    const { inputTokens } = await countPrompt(chat, undefined, life.signal);
    counted.set(request, inputTokens);
  } catch (error) {
    // That a request is wrong, or its caller gone, is for others to say.
    if (!(error instanceof GatewayError)) throw error;
  }
}

/** Whether an estimate alone does not say that a call fits. */
function isOpen(size: CallSize, target: KnownTarget): boolean {
  const room = roomFor(size, target);
  return size.inputTokens * doubt > room && size.inputTokens < room * hopeless;
}

/** How many tokens of a prompt a target takes beside the answer that the call allows. */
function roomFor({ maxOutputTokens = 0 }: CallSize, target: KnownTarget): number {
  const { contextWindow = Number.POSITIVE_INFINITY, maxInputTokens } = target;
  const answer = Math.min(maxOutputTokens, target.maxOutputTokens ?? Number.POSITIVE_INFINITY);
  return Math.min(Math.max(0, contextWindow - answer), maxInputTokens ?? Number.POSITIVE_INFINITY);
}

/**
 * Keeps a chat from targets whose known window is too small for its prompt and the answer that it
 * allows. Near the bound the prompt has been counted; it is believed to fit where it was not.
 */
export function contextFilter(known: KnownTargets): CallFilter {
  return (call, model) => {
    const facts = known.of(model);
    if (facts?.minWindow === undefined || call.request.operation.name !== "chat") return undefined;
    const size = sizeOf(call);
    const answer = size.maxOutputTokens ?? 0;
    if ((size.inputTokens + answer) * doubt <= facts.minWindow) return undefined;
    return (target) => {
      const one = facts.targets.get(target);
      return one && tooSmall(call, size, one);
    };
  };
}

function tooSmall(call: RoutedCall, size: CallSize, target: KnownTarget): Exclusion | undefined {
  const room = roomFor(size, target);
  const exact = counted.get(call.request);
  const isSure = size.inputTokens >= room * hopeless;
  if (exact === undefined ? !isSure : exact <= room) return undefined;
  const { contextWindow, maxInputTokens } = target;
  const tokens = exact ?? size.inputTokens;
  const answer =
    size.maxOutputTokens === undefined ? "" : ` with ${size.maxOutputTokens} for the answer`;
  const bound =
    contextWindow !== undefined && room < (maxInputTokens ?? Number.POSITIVE_INFINITY)
      ? `its context window has ${contextWindow}`
      : `it takes ${maxInputTokens}`;
  return {
    why: `is too small for the prompt of about ${tokens} tokens${answer}: ${bound}`,
    reason: ErrorReason.UPSTREAM_CONTEXT_LENGTH,
    field: "messages",
  };
}

/** Whether calls to a model may go elsewhere, so that what its targets can do is worth knowing. */
export function hasChoice(model: ConfiguredModel, defaults: readonly string[]): boolean {
  const { fallbacks, contextFallbacks } = model.settings;
  return (
    model.targets.length > 1 ||
    fallbacks.length > 0 ||
    contextFallbacks.length > 0 ||
    defaults.length > 0
  );
}
