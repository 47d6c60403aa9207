import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type ShadowDiff,
  ShadowDiffSchema,
  type ShadowResult,
  ShadowResultSchema,
  ShadowTextsSchema,
} from "../../../gen/parlance/admin/v1/shadow_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ConfiguredShadow, Settings } from "../../config/settings.ts";
import type { ShadowDirectory } from "../../edge/gateway-api.ts";
import type { Diff, ShadowBook } from "../../policies/shadow/shadow-book.ts";

/** The shadows of the settings in force, with what the book knows of them. */
export function createShadowDirectory(settings: () => Settings, book: ShadowBook): ShadowDirectory {
  return {
    models: () =>
      [...settings().models]
        .flatMap(([name, { shadow }]) => (shadow === undefined ? [] : name))
        .sort(),
    async get(model) {
      const shadow = settings().models.get(model)?.shadow;
      return shadow === undefined ? undefined : describe(shadow, book);
    },
  };
}

async function describe(shadow: ConfiguredShadow, book: ShadowBook): Promise<ShadowResult> {
  const counts = await book.counts(shadow);
  const { compared, latencyMs, copyLatencyMs } = counts;
  const mean = (sum: number) => (compared === 0 ? 0 : sum / compared);
  return create(ShadowResultSchema, {
    model: shadow.of,
    shadow: shadow.model,
    since: timestampFromMs(counts.sinceMs),
    copies: whole(counts.copies),
    errors: whole(counts.errors),
    skips: counts.skips.map(([reason, count]) => ({ reason, count: whole(count) })),
    compared: whole(compared),
    equalTexts: whole(counts.equalTexts),
    meanSimilarity: mean(counts.similarity),
    toolPairs: whole(counts.toolPairs),
    equalToolCalls: whole(counts.equalToolCalls),
    schemaPairs: whole(counts.schemaPairs),
    validAnswers: whole(counts.validAnswers),
    validCopies: whole(counts.validCopies),
    meanLatencyMs: mean(latencyMs),
    meanCopyLatencyMs: mean(copyLatencyMs),
    pricedPairs: whole(counts.pricedPairs),
    costNanoUsd: whole(counts.costNanoUsd),
    copyCostNanoUsd: whole(counts.copyCostNanoUsd),
    spentTodayNanoUsd: whole(counts.spentTodayNanoUsd),
    allGateways: counts.allGateways,
    recent: book.recent(shadow).map(describeDiff),
  });
}

function describeDiff(diff: Diff): ShadowDiff {
  const { comparison, costNanoUsd, copyCostNanoUsd, texts } = diff;
  const { toolCallsEqual, valid, copyValid } = comparison ?? {};
  return create(ShadowDiffSchema, {
    callId: diff.callId,
    at: timestampFromMs(diff.atMs),
    target: diff.target,
    copyTarget: diff.copyTarget,
    error: diff.error ?? ErrorReason.UNSPECIFIED,
    textEqual: comparison?.textEqual ?? false,
    textSimilarity: comparison?.textSimilarity ?? 0,
    ...(toolCallsEqual !== undefined && { toolCallsEqual }),
    ...(valid !== undefined && { valid }),
    ...(copyValid !== undefined && { copyValid }),
    latencyMs: diff.latencyMs,
    copyLatencyMs: diff.copyLatencyMs,
    ...(costNanoUsd !== undefined && { costNanoUsd }),
    ...(copyCostNanoUsd !== undefined && { copyCostNanoUsd }),
    ...(texts !== undefined && { texts: create(ShadowTextsSchema, texts) }),
  });
}

function whole(count: number): bigint {
  return BigInt(Math.max(0, Math.round(count)));
}
