import type { Message } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { EmbedSpec } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import type { ModerationSpec } from "../../../gen/parlance/moderation/v1/moderation_pb.js";
import type { RerankSpec } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import { catalogRows } from "../../../src/adapters/catalog/catalog.ts";
import { loadEveryDialect } from "../../../src/adapters/dialects.ts";
import type { Decoded, Dialect, Encoded, EncodeOptions } from "../../../src/core/dialect.ts";
import type { Fidelity } from "../../../src/core/fidelity/fidelity.ts";
import type { Quirks } from "../../../src/core/quirks.ts";
import { chatSettings } from "../chat-settings.ts";
import { contractSentinels } from "../contract-sentinels.ts";
import { silence } from "../silent-loss.ts";
import { embedSettings, moderateSettings, rerankSettings } from "../spec-settings.ts";

const dialects = await loadEveryDialect();

/** A dialect that a row serves operations in, and where it deviates. */
interface Served {
  readonly dialect: string;
  readonly operations: readonly string[];
  readonly quirks: Quirks;
}

/** What rows serve, with their ids; the simulator is no vendor behind HTTP. */
const served: readonly (readonly [title: string, served: Served])[] = catalogRows
  .filter(({ dialect }) => dialect !== "sim")
  .flatMap((row) => {
    const kinds = [row, ...(row.families ?? [])];
    return kinds.flatMap(({ dialect, alsoSpeaks = [], operations, quirks }) =>
      [dialect, ...alsoSpeaks].map(
        (name) => [row.id, { dialect: name, operations, quirks }] as const,
      ),
    );
  });

/** How an operation is encoded, and the requests it is tried with. */
interface Trial {
  readonly fidelity: Fidelity | undefined;
  readonly settings: (path: string) => readonly Message[];
  readonly encode: (request: Message) => Decoded<Encoded>;
}

/** Undefined: the dialect has no such operation. */
function trialOf(dialect: Dialect, operation: string, options: EncodeOptions): Trial | undefined {
  const { fidelity } = dialect;
  const { chat, embed, rerank, moderate } = dialect.codecs;
  if (operation === "chat" && chat !== undefined) {
    const encode = (request: Message) => chat.encodeRequest(request as Chat, options);
    return { fidelity: fidelity.chat, settings: chatSettings, encode };
  }
  if (operation === "embed" && embed !== undefined) {
    const encode = (request: Message) => embed.encodeRequest(request as EmbedSpec, options);
    return { fidelity: fidelity.embed, settings: embedSettings, encode };
  }
  if (operation === "rerank" && rerank !== undefined) {
    const encode = (request: Message) => rerank.encodeRequest(request as RerankSpec, options);
    return { fidelity: fidelity.rerank, settings: rerankSettings, encode };
  }
  if (operation === "moderate" && moderate !== undefined) {
    const encode = (request: Message) => moderate.encodeRequest(request as ModerationSpec, options);
    return { fidelity: fidelity.moderate, settings: moderateSettings, encode };
  }
  return undefined;
}

/**
 * Requests that are refused with the field and without it for one reason, such as a model that is
 * no such model, tell nothing of it.
 */
function silences(fidelity: Fidelity, { settings, encode }: Trial): readonly string[] {
  const { schema, dialect } = fidelity;
  const accepts = (request: Message) => encode(request).ok;
  return contractSentinels({ schema, settings, dialect, accepts }).flatMap((sentinel) => {
    const asked = encode(sentinel.request);
    const without = encode(sentinel.without);
    if (!asked.ok && !without.ok && asked.fault.message === without.fault.message) return [];
    const why = silence(fidelity, sentinel, asked, without);
    return why === "" ? [] : [`${sentinel.path} = ${sentinel.value}: ${why}`];
  });
}

describe("every dialect", () => {
  for (const [name, { fidelity, codecs }] of dialects) {
    it(`has a table for each operation: ${name}`, () => {
      expect(fidelity.embed !== undefined).toBe(codecs.embed !== undefined);
      expect(fidelity.rerank !== undefined).toBe(codecs.rerank !== undefined);
      expect(fidelity.moderate !== undefined).toBe(codecs.moderate !== undefined);
      expect(fidelity.chat !== undefined).toBe(codecs.chat !== undefined);
      if (codecs.count_tokens !== undefined) expect(fidelity.chat).toBeDefined();
    });
  }
});

describe("every row", () => {
  const told = new Set<string>();
  for (const [id, { dialect: name, operations, quirks }] of served) {
    for (const operation of operations) {
      const dialect = dialects.get(name);
      const trial =
        dialect && trialOf(dialect, operation, { model: "some-model", stream: false, quirks });
      if (trial === undefined) continue;
      it(`has a table for ${operation} in ${name}: ${id}`, () =>
        expect(trial.fidelity).toBeDefined());

      const alike = JSON.stringify([name, operation, quirks]);
      if (trial.fidelity === undefined || told.has(alike)) continue;
      told.add(alike);
      const { fidelity } = trial;
      it(`tells what becomes of each field of ${operation} in ${name} with its quirks: ${id}`, () => {
        expect(silences(fidelity, trial)).toEqual([]);
      });
    }
  }
});
