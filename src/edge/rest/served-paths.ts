/**
 * What REST clients may ask for, as it is shown to them at `/`: a method and a path, with what
 * varies in braces. Paths under `/v1` are also served without it.
 */
export const servedPaths: readonly string[] = [
  "POST /v1/chat/completions",
  "POST /v1/embeddings",
  "POST /v1/responses",
  "POST /v1/responses/input_tokens",
  "POST /openai/deployments/{model}/chat/completions",
  "POST /openai/deployments/{model}/embeddings",
  "POST /v1/messages",
  "POST /v1/messages/count_tokens",
  "POST /v1beta/models/{model}:{method}",
  "POST /v1/projects/{project}/locations/{location}/publishers/{publisher}/models/{model}:{method}",
  "POST /v2/chat",
  "POST /v2/embed",
  "POST /v2/rerank",
  "POST /v1/rerank",
  "POST /api/chat",
  "POST /api/generate",
  "POST /api/embed",
  "GET /v1/models",
  "GET /v1/models/{model}",
  "GET /v1beta/models",
  "GET /v1beta/models/{model}",
  "GET /api/tags",
];
