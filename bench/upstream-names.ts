/** The replies an upstream can give, by dialect and size or manner. */
export type UpstreamName = `${"openai" | "anthropic"}-${"1k" | "100k" | "stream" | "first"}` | "embeddings";

/** Frames with text in each paced stream. */
export const framesPerStream = 100;

/** Time between two frames of a paced stream. */
export const frameIntervalMs = 4;
