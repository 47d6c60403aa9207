import type { EncodeOptions } from "../../core/dialect.ts";
import { pathSegment } from "../../core/dispatch/url-path.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { postJson } from "../shared/post-json.ts";

/** The dialect's name, in the catalog, in `extras_json` and in opaque parts. */
export const DIALECT = "bedrock-converse";

/** The operation of a model, as the last segment of the path. */
export type BedrockOperation =
  | "converse"
  | "converse-stream"
  | "count-tokens"
  | "invoke"
  | "invoke-with-response-stream";

/**
 * What a model may deviate in. Absent: as the model's name says (model-traits.ts).
 *
 * - `structuredOutput`: whether `outputConfig.textFormat` is taken.
 * - `cachePoints`: whether cache points are taken in the system prompt and in messages.
 * - `midConversationSystem`: whether messages of role `system` are taken between turns.
 */
export interface ConverseQuirks {
  readonly structuredOutput?: boolean;
  readonly cachePoints?: boolean;
  readonly midConversationSystem?: boolean;
  readonly prefill?: boolean;
}

/** What encoders get: quirks are read member by member, so any record will do. */
export type ConverseOptions = EncodeOptions<Readonly<Record<string, unknown>>>;

/**
 * The path of a model: an id, a cross-region profile id or an ARN, percent-encoded as one segment.
 */
export function modelPath(model: string, operation: BedrockOperation): string {
  return `/model/${pathSegment(model)}/${operation}`;
}

/** A POST of a JSON body. */
export function wireRequest(
  model: string,
  operation: BedrockOperation,
  body: Uint8Array | string,
): WireRequest {
  const accept =
    operation === "converse-stream" ? "application/vnd.amazon.eventstream" : "application/json";
  return postJson(modelPath(model, operation), body, ["accept", accept]);
}
