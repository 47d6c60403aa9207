import type { JsonObject } from "../json-value.ts";

/**
 * What a text rests on. Segments count bytes of UTF-8:
 * https://ai.google.dev/gemini-api/docs/google-search (2026-11).
 */
export function groundingMetadata(text: string): JsonObject {
  return {
    webSearchQueries: ["a source"],
    groundingChunks: [{ web: { uri: "https://example.com/source", title: "A source" } }],
    groundingSupports: [
      {
        segment: { startIndex: 0, endIndex: Buffer.byteLength(text), text },
        groundingChunkIndices: [0],
      },
    ],
  };
}
