import { honoured, none, notNeeded, type SettingRow } from "./setting-row.ts";

/** What stands for the keys of an entry of `model_list`. */
export const entryRows: readonly SettingRow[] = [
  honoured(
    "model_name",
    "model",
    "`hidden: false` and its `name`; entries of one name are its `targets`",
  ),
  honoured("litellm_params model_info", "target", "`weight: 1`: see the next tables"),
  honoured("rpm tpm weight", "target", "`requests_per_minute: 6`, `tokens_per_minute`, `weight`"),
];

/** What stands for the keys of `litellm_params`. */
export const paramRows: readonly SettingRow[] = [
  honoured(
    "model custom_llm_provider",
    "target",
    "`base_model: m` and its `model`, `provider/NAME`, with a provider of the `kind`; `parlance providers` lists the kinds, which have LiteLLM's names",
  ),
  honoured(
    "litellm_credential_name api_key",
    "provider",
    "`api_key: { value: sk-of-the-vendor }`, or `{ env: NAME }` for `os.environ/NAME`",
  ),
  honoured("api_base base_url", "provider", "`timeouts: { connect: 5s }` and its `base_url`"),
  honoured(
    "api_version tenant_id client_id client_secret",
    "provider",
    "its `azure`, of a provider: see [credentials](credentials.md)",
  ),
  none(
    "azure_ad_token azure_username azure_password azure_scope",
    "tokens of Entra ID are fetched: set `azure.tenant_id`, `client_id` and `client_secret`, or use the identity of the host",
  ),
  honoured(
    "vertex_project vertex_location vertex_credentials vertex_ai_project vertex_ai_location vertex_ai_credentials",
    "provider",
    "its `google`, of a provider: see [credentials](credentials.md)",
  ),
  honoured(
    "aws_access_key_id aws_secret_access_key aws_session_token aws_region_name aws_profile_name aws_role_name aws_bedrock_runtime_endpoint",
    "provider",
    "its `aws`, of a provider: see [credentials](credentials.md)",
  ),
  none(
    "aws_session_name aws_web_identity_token aws_sts_endpoint aws_external_id aws_bedrock_project_id s3_bucket_name s3_encryption_key_id gcs_bucket_name",
    "AWS's own chain finds the identity of the host; buckets are not used",
  ),
  honoured("organization extra_headers headers", "provider", "`headers: { X-Team: shop }`"),
  honoured("region_name allowed_model_region", "target", "`labels: { region: eu }`"),
  honoured(
    "watsonx_region_name project_id account_id space_id",
    "provider",
    "its `variables`, of the kind",
  ),
  none("ssl_verify", "certificates are always checked; `NODE_EXTRA_CA_CERTS` names further roots"),
  honoured("timeout stream_timeout", "target", "`timeouts: { total: 60s, first_token: 10s }`"),
  notNeeded("max_retries", "not needed: a vendor's client has no retries of its own here"),
  honoured(
    "num_retries",
    "model",
    "`retry: { attempts: 3 }`, the largest of the model's deployments and one",
  ),
  honoured(
    "cooldown_time",
    "model",
    "`breaker: { open_for: 5s }`, the longest of the model's deployments",
  ),
  honoured("max_parallel_requests", "target", "`max_in_flight: 10`"),
  honoured(
    "rpm tpm",
    "target",
    "`requests_per_minute: 6, tokens_per_minute: 100000`, which hold in any minute, where LiteLLM goes by them only; and shares of the calls where there is no `weight`",
  ),
  none("itpm otpm", "`tokens_per_minute: 100000`: input and output together", "target"),
  honoured("order weight", "target", "`order: 1, weight: 2`; shares with fractions are multiplied"),
  none("max_budget budget_duration", "keys and teams have budgets, targets have none"),
  none(
    "default_api_key_tpm_limit default_api_key_rpm_limit",
    "`limits: { requests_per_minute: 60 }`",
    "key",
  ),
  honoured(
    "silent_model",
    "model",
    "`shadow: { model: other, percent: 100 }`, with a bound on what copies cost",
  ),
  honoured(
    "drop_params",
    "model",
    "`strict: true` for `false`, where all deployments of the model say so",
  ),
  honoured(
    "additional_drop_params",
    "target",
    "`traits: { takes: { temperature: false } }`, for the parameters that traits know",
  ),
  honoured("allowed_openai_params", "model", "`unknown_fields: FORWARD`"),
  notNeeded(
    "modify_params merge_reasoning_content_in_choices supports_system_message ensure_alternating_roles user_continue_message assistant_continue_message",
    "not needed: conversations are fitted to each model",
  ),
  honoured(
    "cache_control_injection_points",
    "model",
    "`prompt_cache: {}` marks the tools, the system message and the last turns",
  ),
  none(
    "use_chat_completions_api use_litellm_proxy use_in_pass_through",
    "the provider's `kind` says which API is called",
  ),
  honoured(
    "mock_response",
    "provider",
    "`timeouts: { connect: 5s }` of a provider of kind `sim`, whose `sim.reply` it is",
  ),
  none("configurable_clientside_auth_params", "never: callers have keys of the gateway"),
  none("max_file_size_mb", "files are not served"),
  honoured("tags", "target", "`tags: [paid]`, where `enable_tag_filtering` is on"),
  none("tag_regex", "tags are compared as they are; `rules` match headers"),
  honoured("guardrails", "model", "its `guards`, of a model: they bind all of its targets"),
  none("prompt_id prompt_variables prompt_version", "there are no stored prompts yet"),
  none("top_p seed", "rules set no default of them"),
  none("hf_model_name custom_tokenizer rust", "tokens are counted by the built-in tokenizer"),
  none(
    "auto_router_* complexity_router_* adaptive_router_* quality_router_*",
    "`rules` send calls to models by what they hold",
  ),
  none("use_xai_oauth", "the vendor is called with an API key"),
  honoured(
    "temperature max_tokens max_completion_tokens reasoning_effort",
    "file",
    "`rules: [{ name: r, when: call.model == 'm' && !has(call.temperature), set: { temperature: 0.2 } }]`, where all deployments of the model say so",
  ),
  honoured(
    "input_cost_per_token output_cost_per_token cache_read_input_token_cost cache_creation_input_token_cost cache_creation_input_token_cost_above_1hr input_cost_per_audio_token output_cost_per_audio_token output_cost_per_reasoning_token input_cost_per_image_token output_cost_per_image_token input_cost_per_query input_cost_per_request",
    "target",
    '`facts: { prices: { tokens: { input: "2.5", output: "10" } } }`: for a million tokens',
  ),
  honoured(
    "input_cost_per_token_above_128k_tokens output_cost_per_token_above_128k_tokens input_cost_per_token_above_200k_tokens output_cost_per_token_above_200k_tokens cache_read_input_token_cost_above_200k_tokens cache_creation_input_token_cost_above_200k_tokens",
    "target",
    '`facts: { prices: { tokens: { input: "1" }, tiers: [{ above_input_tokens: 200000, tokens: { input: "2" } }] } }`',
  ),
  none(
    "input_cost_per_second output_cost_per_second input_cost_per_character output_cost_per_character input_cost_per_pixel output_cost_per_pixel output_cost_per_image input_cost_per_image",
    "prices are for tokens, requests and searches",
  ),
];

/** What stands for the keys of `model_info`. */
export const infoRows: readonly SettingRow[] = [
  notNeeded(
    "id db_model created_at updated_at created_by updated_by",
    "not needed: a target is known by its `provider/model`",
  ),
  honoured("base_model", "target", "`base_model: gpt-4o`"),
  honoured(
    "mode",
    "target",
    "`traits: { completions_only: true }` for `completion`; deployments for images, sound and the like are left out",
  ),
  honoured(
    "max_tokens max_input_tokens max_output_tokens",
    "target",
    "`facts: { max_input_tokens: 128000, max_output_tokens: 16384 }`",
  ),
  honoured(
    "supports_function_calling supports_parallel_function_calling supports_response_schema supports_reasoning supports_assistant_prefill supports_prompt_caching supports_vision supports_pdf_input supports_audio_input supports_audio_output supports_video_input",
    "target",
    "`facts: { tools: true, parallel_tools: true, structured_output: true, reasoning: true, input_modalities: [text, image] }`",
  ),
  notNeeded("supports_*", "not needed: what a model can is known, or found out by the call"),
  none(
    "tier team_id team_public_model_name access_groups supported_environments",
    "keys and teams have `models` of their own",
  ),
  honoured("blocked", "target", "not written: such a deployment is left out"),
  honoured(
    "disable_background_health_check health_check_timeout",
    "model",
    "`health_check: { timeout: 10s }`",
  ),
  none(
    "health_check_model health_check_max_tokens health_check_voice",
    "a target is checked by a short call of its own",
  ),
  honoured(
    "allowed_fails cooldown_time",
    "model",
    "`breaker: { consecutive_failures: 4, open_for: 5s }`",
  ),
  none("allowed_fails_policy adaptive_router_preferences", "failures are not counted by kind"),
  honoured("order", "target", "`order: 1`"),
  honoured("description", "model", "`description: for everything`"),
  notNeeded("litellm_provider key version name provider source", "not needed: words for people"),
];
