import type { Decoded, Encoded, EncodeOptions } from "../../core/dialect.ts";
import type { EncodeReport } from "../../core/fidelity/encode-report.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import type { Writable } from "../../json/write.ts";
import type { RerankShape } from "../rerank/shape.ts";

/** The dialect's name, in the catalog, in `extras_json` and in opaque parts. */
export const NAME = "cohere";

/** The path of chats, after the provider's base URL. See https://docs.cohere.com/reference/chat. */
export const CHAT_PATH = "/v2/chat";

/** The path of embeddings. See https://docs.cohere.com/reference/embed. */
export const EMBED_PATH = "/v2/embed";

/** The path of reranking. See https://docs.cohere.com/reference/rerank. */
export const RERANK_PATH = "/v2/rerank";

/**
 * The former path of reranking, which alone takes documents that are objects and can repeat them.
 */
export const RERANK_V1_PATH = "/v1/rerank";

/**
 * The `id` of a reasoning part that is the vendor's `tool_plan`: what the model says about the
 * tools that it is about to call. By it the plan finds its way back on the next turn.
 */
export const TOOL_PLAN = "tool_plan";

/**
 * What a vendor may deviate in.
 *
 * - `thinking`: whether the `thinking` options are taken. Absent: true.
 * - `strictTools`: whether `strict_tools` is taken. Absent: true.
 * - `rerankShape`: the shape of rerank requests (../rerank/shape.ts). Absent: `cohere`.
 */
export interface CohereQuirks {
  readonly thinking?: boolean;
  readonly strictTools?: boolean;
  readonly rerankShape?: RerankShape;
}

/** What encoders get: quirks are read member by member, so any record will do. */
export type CohereOptions = EncodeOptions<Readonly<Record<string, unknown>>>;

/** A JSON object under construction. Undefined members are not written. */
export type Draft = Record<string, Writable>;

/** The request with its report, or the refusal. */
export function outcome(report: EncodeReport, request: () => WireRequest): Decoded<Encoded> {
  if (report.fault !== undefined) return { ok: false, fault: report.fault };
  return { ok: true, value: { request: request(), report: report.entries } };
}

/** A text where it is not empty. */
export function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
