import { create } from "@bufbuild/protobuf";
import {
  type RerankDocument,
  type RerankResult,
  RerankResultSchema,
  type RerankSpec,
} from "../../gen/parlance/rerank/v1/ranking_pb.js";
import type { Decoded } from "../core/dialect.ts";
import { arrangeRerank } from "../core/reply/arrange-rerank.ts";
import { countTextTokens } from "./count-tokens.ts";
import { hashText } from "./hash.ts";
import { invalidPrompt } from "./sim-fault.ts";

/** Characters in all documents of one request, so that one request cannot take all time. */
const MAX_CHARACTERS = 8_000_000;

/**
 * Scores each document by the share of the query's words that it holds, from 0 to 1, whatever their
 * case. Documents that are objects are read as their JSON text.
 */
export function rankDocuments(spec: RerankSpec, model: string): Decoded<RerankResult> {
  const texts = spec.documents.map(textOf);
  if (texts.reduce((sum, text) => sum + text.length, spec.query.length) > MAX_CHARACTERS) {
    const message = `query and documents must have at most ${MAX_CHARACTERS} characters in the simulator`;
    return { ok: false, fault: invalidPrompt("documents", message) };
  }
  const wanted = wordsOf(spec.query);
  const tokens = BigInt(
    texts.reduce((sum, text) => sum + countTextTokens(text), countTextTokens(spec.query)),
  );
  const result = create(RerankResultSchema, {
    id: `sim-${hashText(model, spec)}`,
    model,
    results: texts.map((text, index) => ({
      index,
      relevanceScore: overlap(wanted, wordsOf(text)),
    })),
    usage: { inputTokens: tokens, totalTokens: tokens },
  });
  return { ok: true, value: arrangeRerank(result, spec) };
}

function textOf({ document }: RerankDocument): string {
  return document.value ?? "";
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu));
}

function overlap(wanted: ReadonlySet<string>, found: ReadonlySet<string>): number {
  // The document's words are looked for among the query's, so that all documents take as long as
  // they are together.
  return wanted.size === 0 ? 0 : [...found].filter((word) => wanted.has(word)).length / wanted.size;
}
