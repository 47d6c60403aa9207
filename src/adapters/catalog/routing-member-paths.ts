/**
 * Members of a body by which a caller chooses models, upstreams or their credentials at a vendor
 * that is a gateway itself, or has several models work on one answer. A dot leads into an object,
 * `[]` into each element of a list. Each group stands at the vendor's page about it (2026-11).
 */
export const routingMemberPaths: Readonly<Record<string, readonly string[]>> = {
  // Models tried beside the one of the call, saved choices of a model, and plugins with models of
  // their own (fusion).
  "https://openrouter.ai/docs/api-reference/overview": [
    "models",
    "route",
    "provider",
    "preset",
    "plugins",
  ],
  // Server tools of OpenRouter name theirs in `parameters`, such as openrouter:advisor.
  "https://openrouter.ai/docs/guides/features/server-tools/advisor": [
    "tools[].parameters.model",
    "tools[].parameters.models",
    "tools[].parameters.tools[].model",
    "tools[].parameters.tools[].parameters.model",
  ],
  "https://docs.litellm.ai/docs/proxy/reliability": [
    "fallbacks",
    "context_window_fallbacks",
    "content_policy_fallbacks",
    "specific_deployment",
  ],
  "https://docs.litellm.ai/docs/proxy/clientside_auth": [
    "user_config",
    "api_base",
    "base_url",
    "api_key",
  ],
  "https://docs.litellm.ai/docs/completion/input": [
    ...[
      "model_list",
      "api_version",
      "api_type",
      "organization",
      "deployment_id",
      "custom_llm_provider",
    ],
    ...["extra_headers", "headers", "azure_ad_token", "region_name", "litellm_credential_name"],
    ...[
      "aws_access_key_id",
      "aws_secret_access_key",
      "aws_session_token",
      "aws_region_name",
      "aws_profile_name",
    ],
    ...[
      "aws_role_name",
      "aws_web_identity_token",
      "aws_sts_endpoint",
      "aws_bedrock_runtime_endpoint",
    ],
    ...["vertex_project", "vertex_location", "vertex_credentials"],
  ],
  "https://vercel.com/docs/ai-gateway/models-and-providers/provider-options": [
    "providerOptions.gateway",
  ],
  "https://docs.edenai.co/reference": ["providers", "fallback_providers"],
  // `fallbacks` again, and a tool with a model of its own: the advisor.
  "https://platform.claude.com/docs/en/build-with-claude/refusals-and-fallback": ["fallbacks"],
  "https://platform.claude.com/docs/en/agents-and-tools/tool-use/advisor-tool": ["tools[].model"],
  // The tool image_generation.
  "https://platform.openai.com/docs/guides/tools-image-generation": ["tools[].model"],
  "https://console.groq.com/docs/api-reference": ["compound_custom.models"],
  "https://learn.microsoft.com/en-us/azure/ai-services/openai/references/on-your-data": [
    "data_sources[].parameters.embedding_dependency",
  ],
  // Adapters are models of their own.
  "https://huggingface.co/docs/text-generation-inference/conceptual/lora": [
    "adapter_id",
    "parameters.adapter_id",
  ],
  "https://docs.sglang.ai/advanced_features/lora.html": ["lora_path"],
  "https://replicate.com/docs/reference/http#predictions.create": ["version"],
  "https://cloud.ibm.com/apidocs/watsonx-ai": ["model_id"],
};

/**
 * Request headers by which a caller means the vendor's own fallbacks when it sends `fallbacks`:
 * with part of the value (https://platform.claude.com/docs/en/build-with-claude/refusals-and-fallback,
 * 2026-11).
 */
export const vendorFallbackMarks: readonly { readonly header: string; readonly part: string }[] = [
  { header: "anthropic-beta", part: "server-side-fallback" },
];
