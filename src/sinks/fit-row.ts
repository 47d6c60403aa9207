import { SinkOmission } from "../../gen/parlance/config/v1/sink_pb.js";
import type { SinkSettings } from "../config/settings.ts";
import { isSampled } from "../core/ledger/is-sampled.ts";
import type { LedgerRow } from "../core/ledger/ledger-row.ts";
import type { SinkRow } from "./sink.ts";

/** Makes what fits rows to a sink: undefined for calls that it does not have. */
export function rowFitter(
  settings: Pick<SinkSettings, "samplePercent" | "only" | "omit">,
): (row: SinkRow) => SinkRow | undefined {
  const { samplePercent, only, omit } = settings;
  const blank: Partial<LedgerRow> = Object.assign({}, ...omit.map((one) => blanks[one]));
  return (row) => {
    if (only !== undefined && !isWithin(row, only)) return undefined;
    if (row.status === "whole" && !isSampled(row.callId, samplePercent)) return undefined;
    return omit.length === 0 ? row : { ...row, ...blank };
  };
}

function isWithin(row: LedgerRow, only: NonNullable<SinkSettings["only"]>): boolean {
  return (
    only.organizations.has(row.organization) || only.teams.has(row.team) || only.keys.has(row.key)
  );
}

const blanks: Readonly<Record<SinkOmission, Partial<LedgerRow>>> = {
  [SinkOmission.UNSPECIFIED]: {},
  [SinkOmission.CLIENT_ADDRESS]: { clientAddress: "" },
  [SinkOmission.USERS]: { endUser: "", user: "" },
  [SinkOmission.SESSION]: { session: "" },
  [SinkOmission.TAGS]: { tags: [] },
};
