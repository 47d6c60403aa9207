/** Dialects whose answers the upstream gives. `responses` is OpenAI's Responses API. */
export const dialectNames = [
  "openai",
  "anthropic",
  "responses",
  "gemini",
  "bedrock",
  "cohere",
  "ollama",
  "tgi",
] as const;
export type DialectName = (typeof dialectNames)[number];

/** The replies an upstream can give, by dialect and size or manner. */
export type UpstreamName =
  | `${DialectName}-${"1k" | "100k" | "stream"}`
  | `${"openai" | "anthropic"}-first`
  | "openai-calls"
  | "embeddings";

/** Frames with text in each paced stream. */
export const framesPerStream = 100;

/** Time between two frames of a paced stream. */
export const frameIntervalMs = 4;
