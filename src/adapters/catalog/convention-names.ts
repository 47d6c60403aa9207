/**
 * What the conventions of OpenTelemetry call vendors, by the id of the row, where that is not the
 * id: values of `gen_ai.provider.name` in
 * https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/ (2026-11).
 */
const names: Readonly<Record<string, string>> = {
  anthropic_compatible: "anthropic",
  azure: "azure.ai.openai",
  azure_ai: "azure.ai.inference",
  azure_openai: "azure.ai.openai",
  bedrock: "aws.bedrock",
  bedrock_invoke: "aws.bedrock",
  bedrock_mantle: "aws.bedrock",
  cohere_chat: "cohere",
  gemini: "gcp.gemini",
  mistral: "mistral_ai",
  openai_compatible: "openai",
  openai_responses_compatible: "openai",
  vertex_ai: "gcp.vertex_ai",
  watsonx: "ibm.watsonx.ai",
  xai: "x_ai",
};

/** The name of a vendor in the conventions; its own where they have none. */
export function conventionName(rowId: string): string {
  return names[rowId] ?? rowId;
}
