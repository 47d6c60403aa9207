import type { Message } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { loadEveryDialect } from "../../src/adapters/dialects.ts";
import { contractFields, isOwnField, pathSteps } from "../../src/core/fidelity/contract-fields.ts";
import { fateOf } from "../../src/core/fidelity/fidelity.ts";
import { contractSentinels } from "./contract-sentinels.ts";
import { type Operation, operationsOf, targets, unknownTarget } from "./dialect-operations.ts";
import { silence } from "./silent-loss.ts";

for (const [key, dialect] of await loadEveryDialect()) {
  const operations = [unknownTarget, ...(targets[key] ?? [])].flatMap((target) =>
    operationsOf(key, dialect, target),
  );
  const tried = operations.filter(({ settings, encode }) =>
    settings("").some((request) => encode(request).ok),
  );
  it(`${key} tries every table on a model that takes the request`, () => {
    const declared = (all: readonly Operation[]) =>
      new Set(all.flatMap(({ fidelity }) => fidelity ?? []));
    expect(declared(tried)).toEqual(declared(operations));
  });
  for (const { title, fidelity, settings, encode } of tried) {
    if (fidelity === undefined) continue;
    describe(title, () => {
      const { schema, table } = fidelity;
      it("declare fields of the contract only", () => {
        expect(Object.keys(table).filter((path) => pathSteps(schema, path) === undefined)).toEqual(
          [],
        );
      });
      it("declare every field of the contract", () => {
        const missing = contractFields(schema).filter(
          (path) => !isOwnField(path) && fateOf(table, path) === undefined,
        );
        expect(missing).toEqual([]);
      });
      const accepts = (request: Message) => encode(request).ok;
      for (const sentinel of contractSentinels({
        schema,
        settings,
        dialect: fidelity.dialect,
        accepts,
      })) {
        it(`tell what becomes of ${sentinel.path} = ${sentinel.value}`, () => {
          expect(
            silence(fidelity, sentinel, encode(sentinel.request), encode(sentinel.without)),
          ).toBe("");
        });
      }
    });
  }
}
