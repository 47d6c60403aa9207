import { honoured, none, notNeeded, type SettingRow } from "./setting-row.ts";

/** What stands for the keys of `litellm_settings`. */
export const litellmRows: readonly SettingRow[] = [
  none(
    "callbacks success_callback failure_callback service_callbacks input_callback",
    "no code is called; `observe.sinks` sends calls to warehouses, queues and others",
  ),
  honoured("drop_params", "model", "`strict: true` for `false`; see [below](#drop_params)"),
  notNeeded(
    "modify_params",
    "not needed: requests are fitted to each model, and the reply says how",
  ),
  honoured("request_timeout", "model", "`timeouts: { total: 600s }`"),
  honoured("num_retries", "model", "`retry: { attempts: 3 }`"),
  honoured(
    "allowed_fails cooldown_time max_fallbacks model_group_alias",
    "model",
    "`breaker: { consecutive_failures: 4, open_for: 5s }` and the others as in `router_settings`",
  ),
  honoured("fallbacks", "model", "`fallbacks: [other]`"),
  honoured("default_fallbacks", "file", "`routing: { default_fallbacks: [other] }`"),
  honoured("context_window_fallbacks", "model", "`context_fallbacks: [other]`"),
  honoured("content_policy_fallbacks", "model", "`content_fallbacks: [other]`"),
  honoured("cache", "model", "`cache: { ttl: 600s }`; callers' `cache` in the body is read"),
  honoured("cache_params", "model", "`cache: { ttl: 600s }`: its keys are the next table"),
  notNeeded(
    "enable_caching_on_provider_specific_optional_params",
    "always: all of a call is in its key",
  ),
  notNeeded("enable_redis_auth_cache", "not needed: keys are looked up in memory"),
  notNeeded(
    "turn_off_message_logging redact_user_api_key_info redact_messages_in_exceptions",
    "always: logs hold no content and no keys",
  ),
  honoured("json_logs", "file", "`observe: { log: { format: JSON } }`"),
  honoured(
    "set_verbose",
    "file",
    "`observe: { log: { level: DEBUG } }`: each call with its attempts, and no content; `LITELLM_LOG` in the environment or in `environment_variables` is read as a level too",
  ),
  notNeeded(
    "suppress_debug_info log_raw_request_response",
    "never: the log holds no requests and no hints",
  ),
  none(
    "max_budget budget_duration timezone budget_exceeded_status_code",
    '`budget: { usd: "100", window: MONTH }`, in windows of the calendar in UTC; there is none of the whole gateway',
    "key",
  ),
  none(
    "max_end_user_budget max_end_user_budget_id max_internal_user_budget internal_user_budget_duration tag_budget_config",
    "keys, users, teams and end users have budgets where they are made; `budgets` bound all end users, and tags",
  ),
  none(
    "default_internal_user_params default_team_params default_team_settings",
    "what users and teams get is said where they are made",
  ),
  none(
    "default_key_generate_params upperbound_key_generate_params key_generation_settings",
    "what a key gets is said where it is made",
  ),
  none(
    "priority_reservation priority_reservation_settings",
    "`queue_weight: 3`, its share of the turns in a `queue`",
    "key",
  ),
  none(
    "cost_discount_config cost_margin_config",
    '`prices: [{ target: "sim/*", discount_percent: "5" }]`',
    "file",
  ),
  none(
    "custom_provider_map",
    "no code is loaded: a vendor that speaks a known dialect is a `provider`",
  ),
  notNeeded("force_ipv4 aiohttp_trust_env", "not needed: addresses of both kinds are tried"),
  none(
    "ssl_verify ssl_certificate",
    "certificates are always checked; `NODE_EXTRA_CA_CERTS` names further roots",
  ),
  none("enable_json_schema_validation", "answers are not checked against a schema"),
  notNeeded("enable_key_alias_format_validation", "names of keys are always checked"),
  none(
    "route_all_chat_openai_to_responses use_chat_completions_url_for_anthropic_messages",
    "the provider's `kind` says which API is called",
  ),
  none(
    "skip_system_message_in_guardrail",
    "guards check all that a caller sends, system messages too",
  ),
  none("guardrails", "write them as `guardrails` of the file, of which `guards` are made"),
  notNeeded(
    "disable_end_user_cost_tracking disable_end_user_cost_tracking_prometheus_only",
    "what end users cost is no series of a metric",
  ),
  none(
    "prometheus_metrics_config custom_prometheus_metadata_labels custom_prometheus_tags require_auth_for_metrics_endpoint prometheus_initialize_budget_metrics langfuse_default_tags",
    "there are no metrics of Prometheus yet, and nothing is sent to Langfuse",
  ),
  none("mcp_aliases", "MCP servers are not served"),
  honoured("public_model_groups", "model", "`hidden: true` leaves the others out of lists"),
  none(
    "network_mock",
    "`providers: { fake: { kind: sim } }`: a simulated vendor, see [sim](sim.md)",
    "file",
  ),
  notNeeded(
    "disable_hf_tokenizer_download",
    "nothing is downloaded: the tokenizer is part of the package",
  ),
  notNeeded("telemetry", "nothing is sent anywhere"),
  none(
    "s3_callback_params gcs_pubsub_use_v1 langfuse_params datadog_params generic_api_compatible_callbacks callback_settings",
    "no code is called; `observe.sinks` sends calls to warehouses, queues and others",
  ),
  none(
    "api_base api_key openai_key azure_key anthropic_key organization",
    "write it at the deployments of the vendor",
  ),
];

/** What stands for the keys of `cache_params`. */
export const cacheRows: readonly SettingRow[] = [
  honoured(
    "type ttl default_in_memory_ttl default_in_redis_ttl",
    "model",
    "`cache: { ttl: 600s }`, and `scope: PUBLIC` to share answers among keys as LiteLLM does: keys have answers of their own otherwise, in an imported file too",
    "`type: local`, `type: redis`, `ttl`, `default_in_memory_ttl`, `default_in_redis_ttl`",
  ),
  honoured("mode", "model", "`cache: { ttl: 600s, opt_in: true }`", "`mode: default_off`"),
  notNeeded("max_connections", "not needed: a thread has one connection to Redis"),
  honoured(
    "host port password username url db namespace redis_startup_nodes ssl",
    "file",
    '`state: { redis: { url: { value: "rediss://:secret@127.0.0.1:6379" }, prefix: parlance, cluster: true } }`',
  ),
  honoured(
    "sentinel_nodes service_name sentinel_password",
    "file",
    '`state: { redis: { url: { value: "redis://127.0.0.1:26379" }, sentinel: { name: main } } }`',
  ),
  honoured(
    "similarity_threshold redis_semantic_cache_embedding_model qdrant_semantic_cache_embedding_model valkey_semantic_cache_embedding_model",
    "model",
    "`cache: { ttl: 600s }, semantic_cache: { threshold: 0.95, embed_model: other }`: vectors are kept in memory, with `type: redis-semantic` and `qdrant-semantic` too",
  ),
  none(
    "qdrant_* redis_semantic_cache_* gcp_service_account",
    "vectors and answers are kept in memory and in Redis alone",
  ),
  none(
    "s3_* gcs_* azure_* disk_cache_dir",
    "answers are not kept in files or buckets: they are worth little beyond their `ttl`",
  ),
  honoured(
    "supported_call_types",
    "model",
    "`cache: { ttl: 600s }`: every operation of a model; models whose `mode` is not among the types have none",
  ),
  none(
    "ssl_* max_connections_per_node redis_connection_pool_class socket_timeout",
    "certificates are always checked; `NODE_EXTRA_CA_CERTS` names further roots",
  ),
];
