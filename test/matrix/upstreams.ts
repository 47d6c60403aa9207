import type { UpstreamRow } from "./upstream-row.ts";
import { anthropicUpstream } from "./upstreams/anthropic.ts";
import { baseModelUpstream } from "./upstreams/base-model.ts";
import { bedrockInvokeUpstream, bedrockUpstream } from "./upstreams/bedrock.ts";
import { cohereUpstream } from "./upstreams/cohere.ts";
import { compatibleUpstream } from "./upstreams/compatible.ts";
import { geminiUpstream } from "./upstreams/gemini.ts";
import { ollamaUpstream } from "./upstreams/ollama.ts";
import { openAiUpstream } from "./upstreams/openai.ts";
import { responsesUpstream } from "./upstreams/responses.ts";
import { tgiUpstream } from "./upstreams/tgi.ts";

/** The vendors, in the order of the matrix. upstream-row.ts says what a row is. */
export const upstreams: readonly UpstreamRow[] = [
  openAiUpstream,
  compatibleUpstream,
  baseModelUpstream,
  anthropicUpstream,
  responsesUpstream,
  geminiUpstream,
  bedrockUpstream,
  bedrockInvokeUpstream,
  cohereUpstream,
  ollamaUpstream,
  tgiUpstream,
];
