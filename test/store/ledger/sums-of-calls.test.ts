import fc from "fast-check";
import { expect, it } from "vitest";
import type { LedgerRow } from "../../../src/core/ledger/ledger-row.ts";
import { plus, sumNames, sumsOfCalls } from "../../../src/store/ledger/sums-of-calls.ts";
import { attemptRow, callRow } from "../ledger-rows.ts";

const names = Object.entries(callRow("")).flatMap(([name, value]) =>
  typeof value === "string" && name !== "callId" ? [name] : [],
);
const values = fc.constantFrom("a", "b");
/** Calls that differ in every text, one of which a dimension of tomorrow may sum by. */
const calls = fc
  .record({
    texts: fc.record(Object.fromEntries(names.map((name) => [name, values]))),
    hour: fc.integer({ min: 0, max: 1 }),
    tags: fc.uniqueArray(values),
    attempts: fc.array(fc.record({ provider: values, target: values }), { maxLength: 2 }),
  })
  .map(({ texts, hour, tags, attempts }) => {
    const endedMs = Date.UTC(2026, 4, 3, 10 + hour, 30);
    const tried = attempts.map((attempt) => attemptRow(attempt));
    return callRow("c", { ...(texts as object), endedMs, tags, attempts: tried });
  });

type Placed = ReturnType<typeof sumsOfCalls>["tenantRollups"][number];

/** Sums by their place. */
function placed(rows: readonly object[]): ReadonlyMap<string, Placed> {
  const sums = new Map<string, Placed>();
  for (const row of rows as readonly Placed[]) {
    const place = Object.entries(row).filter(([name]) => !sumNames.some((sum) => sum === name));
    const key = place.map(([name, value]) => `${name}=${value}`).join(" ");
    const before = sums.get(key);
    sums.set(key, before === undefined ? row : { ...row, ...plus(before, row) });
  }
  return sums;
}

it("many calls add what each of them adds", () => {
  fc.assert(
    fc.property(fc.array(calls, { maxLength: 12 }), (rows: readonly LedgerRow[]) => {
      const each = rows.map((row) => sumsOfCalls([row]));
      const all = sumsOfCalls(rows);
      expect(placed(all.rollups)).toEqual(placed(each.flatMap(({ rollups }) => rollups)));
      expect(placed(all.tenantRollups)).toEqual(
        placed(each.flatMap(({ tenantRollups }) => tenantRollups)),
      );
    }),
  );
});
