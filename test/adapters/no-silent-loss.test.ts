import type { Message } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import type { EmbedSpec } from "../../gen/parlance/embed/v1/embedding_pb.js";
import type { RerankSpec } from "../../gen/parlance/rerank/v1/ranking_pb.js";
import { loadEveryDialect } from "../../src/adapters/dialects.ts";
import { contractFields, isOwnField, pathSteps } from "../../src/core/contract-fields.ts";
import type { Decoded, Dialect, Encoded } from "../../src/core/dialect.ts";
import { type Fidelity, fateOf } from "../../src/core/fidelity.ts";
import { chatSettings } from "./chat-settings.ts";
import { contractSentinels } from "./contract-sentinels.ts";
import { silence } from "./silent-loss.ts";
import { embedSettings, rerankSettings } from "./spec-settings.ts";

/** One operation of a dialect. */
interface Operation {
  readonly title: string;
  readonly fidelity: Fidelity | undefined;
  readonly settings: (path: string) => readonly Message[];
  readonly encode: (request: Message) => Decoded<Encoded>;
}

const options = { model: "some-model", stream: false, quirks: {} };

function operationsOf(name: string, dialect: Dialect): readonly Operation[] {
  const { fidelity, embed, rerank } = dialect;
  return [
    {
      title: `chats in ${name}`,
      fidelity: fidelity?.chat,
      settings: chatSettings,
      encode: (request) => dialect.encodeRequest(request as Chat, options),
    },
    ...(embed === undefined
      ? []
      : [
          {
            title: `embeddings in ${name}`,
            fidelity: fidelity?.embed,
            settings: embedSettings,
            encode: (request: Message) => embed.encodeRequest(request as EmbedSpec, options),
          },
        ]),
    ...(rerank === undefined
      ? []
      : [
          {
            title: `rankings in ${name}`,
            fidelity: fidelity?.rerank,
            settings: rerankSettings,
            encode: (request: Message) => rerank.encodeRequest(request as RerankSpec, options),
          },
        ]),
  ];
}

for (const [name, dialect] of await loadEveryDialect()) {
  for (const { title, fidelity, settings, encode } of operationsOf(name, dialect)) {
    if (fidelity === undefined) continue;
    describe(title, () => {
      const { schema, table } = fidelity;
      it("declare fields of the contract only", () => {
        expect(Object.keys(table).filter((path) => pathSteps(schema, path) === undefined)).toEqual([]);
      });
      it("declare every field of the contract", () => {
        const missing = contractFields(schema).filter((path) => !isOwnField(path) && fateOf(table, path) === undefined);
        expect(missing).toEqual([]);
      });
      const accepts = (request: Message) => encode(request).ok;
      for (const sentinel of contractSentinels({ schema, settings, dialect: fidelity.dialect, accepts })) {
        it(`tell what becomes of ${sentinel.path} = ${sentinel.value}`, () => {
          expect(silence(fidelity, sentinel, encode(sentinel.request), encode(sentinel.without))).toBe("");
        });
      }
    });
  }
}
