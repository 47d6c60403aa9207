import type { LedgerRow } from "../core/ledger/ledger-row.ts";
import type { Place } from "./sink.ts";

/** What became of the test of a sink. */
export interface SinkTest {
  readonly name: string;
  /** Why it did not take what it was sent; "": it has it. */
  readonly failure: string;
}

/** How long a place may take, in milliseconds. */
const timeoutMs = 10_000;
const maxFailure = 1_024;

/** Sends a row to each of the places at once, past what waits. */
export function testPlaces<Row>(
  places: ReadonlyMap<string, Place<Row>>,
  row: Row,
): Promise<readonly SinkTest[]> {
  return Promise.all(
    [...places].map(async ([name, place]) => {
      const failure = await place.send([row], AbortSignal.timeout(timeoutMs));
      return { name, failure: (failure?.why ?? "").slice(0, maxFailure) };
    }),
  );
}

/** The record of a call that nobody made. `nowMs`: milliseconds since 1970. */
export function madeUpRow(callId: string, nowMs: number): LedgerRow {
  return {
    ...{ callId, endedMs: Math.round(nowMs), operation: "test", status: "whole", reason: "" },
    ...{ organization: "", team: "", user: "", key: "", principal: "", endUser: "", session: "" },
    ...{ tags: [], stream: false, clientDialect: "", clientAddress: "", model: "test" },
    ...{ target: "", provider: "", answeredModel: "", arm: "", rules: [], guards: [], cache: "" },
    ...{ cacheSavedNanoUsd: 0n, hedgeWasteNanoUsd: 0n, durationUs: 0, firstTokenUs: undefined },
    ...{ overheadUs: 0, queuedUs: 0, configHash: "", attempts: [] },
    ...{ usage: undefined, estimated: false },
    cost: { kind: "priced", nanoUsd: 0n, parts: {}, priceVersion: "", source: "" },
  };
}
