import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type UsageSum, UsageSumSchema } from "../../../gen/parlance/admin/v1/usage_pb.js";
import { signedUsd } from "../../core/ledger/call-entry.ts";
import type { UsageSums } from "../../store/ledger/usage-query.ts";

/** Sums of the ledger as a message. */
export function sumOf({ bucketMs, value, thenValue, sums }: UsageSums): UsageSum {
  return create(UsageSumSchema, {
    startTime: timestampFromMs(bucketMs),
    value,
    thenValue,
    calls: sums.calls,
    failedCalls: sums.failed_calls,
    leftCalls: sums.left_calls,
    cachedCalls: sums.cached_calls,
    unpricedCalls: sums.unpriced_calls,
    inputTokens: sums.input_tokens,
    cacheReadTokens: sums.cache_read_tokens,
    cacheWriteTokens: sums.cache_write_tokens,
    outputTokens: sums.output_tokens,
    reasoningTokens: sums.reasoning_tokens,
    costNanoUsd: sums.cost_nano_usd,
    costUsd: signedUsd(sums.cost_nano_usd),
    cacheSavedNanoUsd: sums.cache_saved_nano_usd,
    hedgeWasteNanoUsd: sums.hedge_waste_nano_usd,
    durationUs: sums.duration_us,
    firstTokenUs: sums.first_token_us,
    firstTokenCalls: sums.first_token_calls,
  });
}
