import type { EncodeOptions } from "../../core/dialect.ts";

/** The dialect's name, in the catalog, in `extras_json` and in opaque parts. */
export const DIALECT = "huggingface-tei";

/** The path of embeddings, after the provider's base URL. */
export const EMBED_PATH = "/embed";

/** The path of embeddings in OpenAI's format; its replies have the usage of a call. */
export const COMPATIBLE_PATH = "/v1/embeddings";

/** Where documents are ranked. */
export const RERANK_PATH = "/rerank";

/** Where a server may deviate: how many inputs it takes at once. Absent: 32. */
export interface BatchQuirks {
  readonly embedInputs?: number;
}

/** What encoders get: quirks are read member by member, so any record will do. */
export type EmbedOptions = EncodeOptions<Readonly<Record<string, unknown>>>;
