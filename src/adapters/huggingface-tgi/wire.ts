import type { EncodeOptions } from "../../core/dialect.ts";

/** The dialect's name, in the catalog, in `extras_json` and in opaque parts. */
export const DIALECT = "huggingface-tgi";

/** Where a prompt is continued, after the provider's base URL. */
export const GENERATE_PATH = "/generate";

/** Where a prompt is continued token by token. */
const STREAM_PATH = "/generate_stream";

/** Where a prompt is cut into tokens. */
export const TOKENIZE_PATH = "/tokenize";

/**
 * What a server may deviate in.
 *
 * - `singlePath`: prompts go to `/` with `stream` in the body, as hosted endpoints and gateways in
 *   front of a server want it. Absent: false.
 */
export interface GenerateQuirks {
  readonly singlePath?: boolean;
}

/** What encoders get: quirks are read member by member, so any record will do. */
export type GenerateOptions = EncodeOptions<Readonly<Record<string, unknown>>>;

/** The path of a call, and whether the body must say that it is streamed. */
export function placeOf(options: GenerateOptions): {
  readonly path: string;
  readonly tellsStream: boolean;
} {
  if (options.quirks.singlePath === true) return { path: "/", tellsStream: true };
  return { path: options.stream ? STREAM_PATH : GENERATE_PATH, tellsStream: false };
}
