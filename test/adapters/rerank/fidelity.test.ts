import { describe, expect, it } from "vitest";
import type { RerankSpec } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import { createRerank } from "../../../src/adapters/rerank/create-rerank.ts";
import { declareRerank } from "../../../src/adapters/rerank/fidelity.ts";
import { contractFields, isOwnField } from "../../../src/core/fidelity/contract-fields.ts";
import { fateOf } from "../../../src/core/fidelity/fidelity.ts";
import { contractSentinels } from "../contract-sentinels.ts";
import { silence } from "../silent-loss.ts";
import { rerankSettings } from "../spec-settings.ts";

const shapes = ["cohere", "jina", "voyage", "tei"] as const;

for (const former of [false, true]) {
  const fidelity = declareRerank({ dialect: "some-dialect", shapes, former });
  const rerank = createRerank({
    name: "some-dialect",
    fidelity,
    path: "/rerank",
    ...(former ? { objectPath: "/former" } : undefined),
    shape: "jina",
    readFault: () => undefined,
  });
  for (const rerankShape of shapes) {
    describe(`a ranking in the shape ${rerankShape}${former ? " with a former API" : ""}`, () => {
      const declared = fidelity.shapes[rerankShape];
      const { schema, table } = declared;
      const options = { model: "some-model", stream: false, quirks: { rerankShape } };
      const encode = (spec: RerankSpec) => rerank.encodeRequest(spec, options);
      const accepts = () => true;
      for (const sentinel of contractSentinels({
        schema,
        settings: rerankSettings,
        dialect: "some-dialect",
        accepts,
      })) {
        it(`tells what becomes of ${sentinel.path} = ${sentinel.value}`, () => {
          const asked = encode(sentinel.request as RerankSpec);
          expect(silence(declared, sentinel, asked, encode(sentinel.without as RerankSpec))).toBe(
            "",
          );
        });
      }

      it("is part of what the dialect declares", () => {
        for (const path of contractFields(schema).filter((field) => !isOwnField(field))) {
          expect(Object.keys(fateOf(fidelity.all.table, path) ?? {})).toEqual(
            expect.arrayContaining(Object.keys(fateOf(table, path) ?? {})),
          );
        }
      });
    });
  }
}
