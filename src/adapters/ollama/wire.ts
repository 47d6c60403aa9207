import type { EncodeOptions } from "../../core/dialect.ts";

/** The dialect's name, in the catalog, in `extras_json` and in opaque parts. */
export const DIALECT = "ollama";

/** The version of the API that is spoken to clients: some turn away from one that is too old. */
export const API_VERSION = "0.13.0";

/** The path of chats, after the provider's base URL. */
export const CHAT_PATH = "/api/chat";

/** Where a prompt without messages is completed; only clients of this dialect ask for it. */
export const GENERATE_PATH = "/api/generate";

/** The path of embeddings. */
export const EMBED_PATH = "/api/embed";

/** What encoders get. The dialect has no quirks: rows may declare any, none is read. */
export type OllamaOptions = EncodeOptions<Readonly<Record<string, unknown>>>;
