import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type CallAttempt,
  CallAttemptSchema,
  type CallEntry,
  CallEntrySchema,
  CallStatus,
} from "../../../gen/parlance/admin/v1/usage_pb.js";
import { printUsd } from "../facts/nano-usd.ts";
import { guardReports } from "../guard/guard-report.ts";
import type { LedgerAttempt, LedgerCost, LedgerRow } from "./ledger-row.ts";

/** A row of the ledger as a message. */
export function entryOf(row: LedgerRow): CallEntry {
  const { endedMs, tags, rules, status, estimated, durationUs, firstTokenUs, ...rest } = row;
  const { attempts, cost, guards, overheadUs, queuedUs, usage, ...plain } = rest;
  return create(CallEntrySchema, {
    ...plain,
    endTime: timestampFromMs(endedMs),
    tags: [...tags],
    rules: [...rules],
    guards: guardReports(guards),
    status: statuses[status],
    ...(usage === undefined ? {} : { usage }),
    usageEstimated: estimated,
    ...costOf(cost),
    durationUs: BigInt(durationUs),
    ...(firstTokenUs === undefined ? {} : { firstTokenUs: BigInt(firstTokenUs) }),
    overheadUs: BigInt(overheadUs),
    queuedUs: BigInt(queuedUs),
    attempts: attempts.map(attemptOf),
  });
}

function costOf(cost: LedgerCost) {
  const vendor = cost.vendorNanoUsd === undefined ? {} : { vendorCostNanoUsd: cost.vendorNanoUsd };
  if (cost.kind === "unpriced") return { ...vendor, unpriced: cost.why };
  return {
    ...vendor,
    costNanoUsd: cost.nanoUsd,
    costUsd: signedUsd(cost.nanoUsd),
    costPartsNanoUsd: { ...cost.parts },
    priceVersion: cost.priceVersion,
    priceSource: cost.source,
  };
}

function attemptOf(attempt: LedgerAttempt): CallAttempt {
  const { target, answeredModel, dialect, why, httpStatus, status, reason } = attempt;
  const { provider, hedged, wasted, continues, estimated, durationUs, firstTokenUs } = attempt;
  return create(CallAttemptSchema, {
    ...{ target, provider, answeredModel, dialect, why, reason, hedged, wasted, continues },
    upstreamStatus: httpStatus,
    status: statuses[status],
    ...(attempt.usage === undefined ? {} : { usage: attempt.usage }),
    usageEstimated: estimated,
    ...costOf(attempt.cost),
    durationUs: BigInt(durationUs),
    ...(firstTokenUs === undefined ? {} : { firstTokenUs: BigInt(firstTokenUs) }),
  });
}

const statuses: Readonly<Record<LedgerRow["status"], CallStatus>> = {
  whole: CallStatus.WHOLE,
  broken: CallStatus.BROKEN,
  left: CallStatus.LEFT,
};

/** USD as an exact decimal number, with a sign where there is less than nothing. */
export function signedUsd(nanoUsd: bigint): string {
  return nanoUsd < 0n ? `-${printUsd(-nanoUsd)}` : printUsd(nanoUsd);
}
