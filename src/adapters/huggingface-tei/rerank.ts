import type { Decoded, WireRequest } from "../../core/dialect.ts";
import { malformed } from "../../core/fault.ts";
import { intAt, isObject, type Json, numberAt, stringAt } from "../../core/json.ts";
import { writeJson } from "../../core/json-write.ts";
import { decodeErrorObject } from "./error.ts";
import { RERANK_PATH, wireRequest } from "./wire.ts";

/** What is to be ranked. */
export interface RerankQuestion {
  readonly query: string;
  readonly texts: readonly string[];
  /** Whether the texts come back with their ranks. Default: they do not. */
  readonly returnsTexts?: boolean;
  /** Whether texts that are too long are cut; without it the server's setting decides. */
  readonly truncate?: boolean;
}

/** How well one text answers the query. */
export interface TextRank {
  /** Which of the texts, counted from 0. */
  readonly index: number;
  /** From 0 to 1; the more, the better. */
  readonly score: number;
  /** The text itself, where it was asked for. */
  readonly text?: string;
}

/** A request of `/rerank`. The server ranks all texts: who wants the best few takes the first of the answer. */
export function encodeRerankRequest({ query, texts, returnsTexts, truncate }: RerankQuestion): WireRequest {
  return wireRequest(RERANK_PATH, writeJson({ query, texts, return_text: returnsTexts, truncate }));
}

/** The ranks, best first. */
export function decodeRerankResponse(json: Json): Decoded<readonly TextRank[]> {
  if (!Array.isArray(json)) {
    const fault = isObject(json) ? decodeErrorObject(json) : undefined;
    return { ok: false, fault: fault ?? malformed("the server's answer is not a list of ranks") };
  }
  const ranks: TextRank[] = [];
  for (const [at, item] of json.entries()) {
    const rank = decodeRank(item);
    if (rank === undefined) return { ok: false, fault: malformed(`rank ${at} has no index or no score`) };
    ranks.push(rank);
  }
  return { ok: true, value: ranks.sort((one, other) => other.score - one.score) };
}

function decodeRank(json: Json): TextRank | undefined {
  if (!isObject(json)) return undefined;
  const index = intAt(json, "index");
  const score = numberAt(json, "score");
  if (index === undefined || index < 0 || score === undefined) return undefined;
  const text = stringAt(json, "text");
  return { index, score, ...(text === undefined ? {} : { text }) };
}
