import type { ConfiguredModel } from "../../config/settings.ts";
import type { Call } from "../../core/call.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { durationMs } from "../../core/time/duration-ms.ts";

/** How a call is tried again. */
export interface RetryRule {
  /** Tries in all. */
  readonly attempts: number;
  readonly maxDelayMs: number;
  readonly budgetPercent: number;
}

/** Tries after the first that a caller may ask for. */
const maxRetries = 19;

/**
 * The headers by which a caller says how often its call is tried again: our own, and LiteLLM's
 * (https://docs.litellm.ai/docs/proxy/request_headers).
 */
const retryHeaders = ["x-parlance-retries", "x-litellm-num-retries"] as const;

/**
 * How a call to a model is tried again; undefined where each target is tried once. What the caller
 * says by a header, or else in its body, counts more than the settings. A call that a vendor's own
 * SDK sends again (`x-stainless-retry-count`) has been tried again already. Throws where a header
 * is no number.
 */
export function retryRuleOf(
  { header, recovery }: Pick<Call, "header" | "recovery">,
  settings: ConfiguredModel["settings"]["retry"],
): RetryRule | undefined {
  const wanted = wantedRetries(header) ?? recovery?.retries;
  if (wanted === undefined && (settings === undefined || isSentAgain(header))) return undefined;
  const rule = settings === undefined ? usual : ruleOf(settings);
  return wanted === undefined ? rule : { ...rule, attempts: wanted + 1 };
}

function ruleOf({
  attempts,
  maxDelay,
  budgetPercent,
}: NonNullable<ConfiguredModel["settings"]["retry"]>): RetryRule {
  return { attempts, maxDelayMs: durationMs(maxDelay), budgetPercent };
}

/** For a caller who asks for retries of a model whose settings have none: their defaults. */
const usual: RetryRule = { attempts: 3, maxDelayMs: 2000, budgetPercent: 20 };

function wantedRetries(header: Call["header"]): number | undefined {
  for (const name of retryHeaders) {
    const text = header(name)?.trim();
    if (text === undefined || text === "") continue;
    const count = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
    if (!(count <= maxRetries))
      throw new GatewayError(invalidField(name, `must be a whole number from 0 to ${maxRetries}`));
    return count;
  }
  return undefined;
}

function isSentAgain(header: Call["header"]): boolean {
  return Number(header("x-stainless-retry-count") ?? 0) > 0;
}
