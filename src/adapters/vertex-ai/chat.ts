import type { Dialect, EncodeOptions } from "../../core/dialect.ts";
import type { Quirks } from "../../core/quirks.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { editTopLevel } from "../../json/edit.ts";
import { asBuffer } from "../../json/json.ts";
import { escapePath } from "../gemini/wire.ts";
import { rehost } from "../shared/rehost.ts";

/**
 * Models on Vertex AI that are called in OpenAI's dialect, by the names of their makers
 * (`meta/llama-...-maas`):
 *
 * - most at the one address of chat completions, their name in the body
 *   (https://docs.cloud.google.com/vertex-ai/generative-ai/docs/maas/call-open-model-apis);
 * - Mistral's by `rawPredict` and `streamRawPredict`, their name in path and body
 *   (https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/mistral).
 */
export function createVertexChat<S, Q>(openAi: Dialect<S, Q & Quirks>): Dialect<S, Q & Quirks> {
  return rehost(openAi, { request: toVertex });
}

/**
 * The publisher whose models have addresses of their own; names without a publisher are its too.
 */
const RAW =
  /^(?:publishers\/)?(?:mistralai\/(?:models\/)?)?((?:mistral|ministral|codestral)[^/]*)$/;

function toVertex(request: WireRequest, _operation: string, options: EncodeOptions): WireRequest {
  const [, raw] = RAW.exec(options.model) ?? [];
  if (raw === undefined) return { ...request, path: `/endpoints/openapi${request.path}` };
  const method = options.stream ? "streamRawPredict" : "rawPredict";
  const body =
    typeof request.body === "string" ? Buffer.from(request.body) : asBuffer(request.body);
  return {
    ...request,
    path: `/publishers/mistralai/models/${escapePath(raw)}:${method}`,
    body: editTopLevel(body, { model: JSON.stringify(raw) }) ?? body,
  };
}
