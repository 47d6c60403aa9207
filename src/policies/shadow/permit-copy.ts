import { create } from "@bufbuild/protobuf";
import type { ShadowSkipReason } from "../../../gen/parlance/admin/v1/shadow_pb.js";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { type Usage, UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { ConfiguredShadow, Settings } from "../../config/settings.ts";
import type { Call } from "../../core/call.ts";
import { priceUsage } from "../../core/facts/price-usage.ts";
import type { FindPrices } from "../experiment/cost-of-attempts.ts";
import type { ShadowBook } from "./shadow-book.ts";

/** What the permits of copies depend on. */
export interface PermitOptions extends Pick<Settings, "resolve"> {
  readonly prices: FindPrices;
  readonly shadows: ShadowBook;
}

/** A call that was answered, as far as the price of its copy depends on it. */
export interface AnsweredCall {
  readonly call: Pick<Call, "origin">;
  readonly usage: Usage | undefined;
}

/** A copy may be sent, and is paid for when it has ended. */
export interface Permit {
  /**
   * What it cost, in nano-USD; undefined: nobody knows, and it counts as was set aside. Gives back
   * its place among the copies at once.
   */
  settle(nanoUsd: bigint | undefined): void;
}

/** A prompt whose tokens nobody counted is taken for so many bytes a token. */
const bytesOfToken = 3;
/** As much is set aside for an answer without a bound of its own, at least. */
const usualOutputTokens = 1024n;

/**
 * Sets aside what a copy may cost at the dearest of its targets: its prompt as the call's was
 * counted, and the max of its answer, or twice that of the call. Refused where as many copies as
 * may be are under way at all gateways, where the money of the day is used up, and where a target
 * has no known price and no more calls may go without.
 */
export async function permitCopy(
  { resolve, prices, shadows }: PermitOptions,
  shadow: ConfiguredShadow,
  original: AnsweredCall,
  chat: Chat,
): Promise<Permit | { readonly refused: ShadowSkipReason }> {
  const usage = expectedUsage(original, chat);
  let most: bigint | undefined = 0n;
  for (const target of resolve(shadow.model)?.targets ?? []) {
    const list = await prices(target);
    const cost = list === undefined ? undefined : priceUsage(usage, list);
    most = cost === undefined || most === undefined || cost > most ? cost : most;
    if (most === undefined) break;
  }
  const reserve = await shadows.reserve(shadow, most);
  if ("refused" in reserve) return reserve;
  return { settle: (nanoUsd = most ?? 0n) => reserve.settle(nanoUsd) };
}

function expectedUsage({ call, usage }: AnsweredCall, chat: Chat) {
  const bytes = call.origin?.body.length ?? 0;
  const answered = usage?.outputTokens ?? 0n;
  const doubled = 2n * answered > usualOutputTokens ? 2n * answered : usualOutputTokens;
  return create(UsageSchema, {
    inputTokens: usage?.inputTokens ?? BigInt(Math.ceil(bytes / bytesOfToken)),
    outputTokens: chat.maxOutputTokens === undefined ? doubled : BigInt(chat.maxOutputTokens),
  });
}
