import { honoured, none, notNeeded, type SettingRow } from "./setting-row.ts";

/** What stands for the keys of `general_settings`. */
export const generalRows: readonly SettingRow[] = [
  honoured(
    "master_key",
    "file",
    "`auth: { admin_key: { value: sk-admin } }`: it may call every model, and administer",
  ),
  honoured(
    "database_url",
    "file",
    '`store: { postgres: { url: { value: "postgres://127.0.0.1/parlance" } } }`: tables of our own, beside those of LiteLLM',
  ),
  notNeeded(
    "database_connection_pool_limit database_connection_timeout database_connection_pool_timeout database_type",
    "not needed: the store has one connection for writing and a few for reading",
  ),
  none(
    "max_parallel_requests global_max_parallel_requests",
    "`max_connections: 256`, `max_in_flight` of targets, and `limits: { concurrent: 10 }` of keys and teams",
    "provider",
  ),
  none(
    "token_rate_limit_type",
    "`tokens_per_minute: 100000`: input and output together; `limits` of keys have each alone too",
    "target",
  ),
  honoured(
    "completion_model",
    "file",
    '`aliases: [{ name: "*", model: m }]`: a model for every other name',
  ),
  none(
    "embedding_model moderation_model image_generation_model",
    "`aliases` do not go by operation: one name stands for one model",
  ),
  none(
    "infer_model_from_keys",
    "without a file, the vendors whose keys the environment has can be called",
  ),
  honoured(
    "background_health_checks health_check_interval health_check_details health_check_concurrency use_shared_health_check enable_health_check_routing",
    "model",
    "`health_check: { every: 60s, timeout: 10s }`; of threads and gateways that share a Redis one checks",
  ),
  notNeeded("user_api_key_cache_ttl", "not needed: keys are looked up in memory"),
  honoured("max_request_size_mb", "file", "`server: { limits: { max_body_bytes: 67108864 } }`"),
  notNeeded("max_response_size_mb", "answers are bounded by the gateway itself"),
  notNeeded("allow_client_side_credentials", "never: callers have keys of the gateway"),
  none(
    "forward_client_headers_to_llm_api forward_llm_provider_auth_headers forward_openai_org_id",
    "`headers: { X-Team: shop }`: what every call of the provider carries",
    "provider",
  ),
  notNeeded(
    "always_include_stream_usage",
    "not needed: usage is always known to the gateway, and clients get it where they want it",
  ),
  honoured(
    "use_x_forwarded_for trusted_proxy_ranges",
    "file",
    "`server: { trusted_proxies: [10.0.0.0/8] }`",
  ),
  none("allowed_ips", "each key has its own `allowed_ips`"),
  notNeeded(
    "store_model_in_db supported_db_objects disable_prisma_schema_update use_redis_transaction_buffer proxy_batch_write_at proxy_budget_rescheduler_min_time proxy_budget_rescheduler_max_time disable_reset_budget",
    "not needed: the store migrates and writes by itself",
  ),
  none(
    "disable_spend_logs disable_spend_updates disable_error_logs store_prompts_in_spend_logs maximum_spend_logs_retention_period maximum_spend_logs_retention_interval maximum_spend_logs_cleanup_cron",
    "what the ledger keeps is said under `ledger`",
  ),
  none("proxy_batch_polling_interval", "batches are not served"),
  none(
    "allow_requests_on_db_unavailable",
    "calls never wait for the store, so that it may be down",
  ),
  none(
    "custom_auth custom_auth_run_common_checks custom_key_generate custom_sso",
    "no code is loaded: callers have keys",
  ),
  none(
    "enable_jwt_auth litellm_jwtauth enforce_rbac role_permissions enable_oauth2_auth enable_oauth2_proxy_auth oauth2_config_mappings",
    "issuers of tokens, and what their claims mean, are written under `identity`",
  ),
  none(
    "allowed_routes public_routes admin_only_routes enforced_params enforce_user_param reject_clientside_metadata_tags service_account_settings default_team_disabled",
    "routes are not opened and closed one by one: keys have `models` and `targets`, and `rules` refuse calls",
  ),
  none(
    "litellm_key_header_name user_header_name user_header_mappings",
    "keys are read from the headers of the vendors' clients, and users from the request",
  ),
  none(
    "alerting alert_types alert_to_webhook_url",
    '`observe: { sinks: [{ slack: { url: { value: "https://hooks.slack.com/services/x" } }, events: [TARGET_DOWN] }] }`: also `email`, `pagerduty` and `webhook`',
    "file",
  ),
  none("alerting_threshold", "`observe: { alerts: { slow: { duration: 300s } } }`", "file"),
  none(
    "spend_report_frequency",
    "`observe: { alerts: { spend_report: { every: WEEK } } }`",
    "file",
  ),
  none("alerting_args", "when people are told is written under `observe.alerts`"),
  none(
    "key_management_system key_management_settings",
    "secrets are named one by one in their place, such as `{ vault: { path: openai, field: key } }`: see [secret managers](credentials.md#secret-managers). `os.environ/NAME` is looked up in the environment alone",
  ),
  none(
    "pass_through_endpoints use_client_credentials_pass_through_routes",
    "the vendors' other paths are not passed through",
  ),
  none(
    "ui_access_mode auto_redirect_ui_login_to_sso disable_env_credential_login block_robots proxy_logout_url",
    "there are no pages",
  ),
  none("mcp_* search_tools", "MCP servers and searches are not served"),
  none("control_plane_url", "gateways share a store and a Redis"),
  notNeeded("litellm_license", "not needed: nothing is behind a licence"),
  notNeeded(
    "dangerously_permit_weak_or_unset_master_key",
    "without a key the gateway listens on loopback alone",
  ),
  honoured(
    "set_verbose debug json_logs",
    "file",
    "`observe: { log: { format: JSON, level: DEBUG } }`",
  ),
  notNeeded("disable_telemetry telemetry", "nothing is sent anywhere"),
  none("allowed_origins allow_origins", '`server: { cors: { allowed_origins: ["*"] } }`', "file"),
];

/** What stands for the other blocks of a file. */
export const blockRows: readonly SettingRow[] = [
  honoured("model_list", "model", "its `targets`, of a model: see above"),
  honoured("litellm_settings router_settings general_settings", "file", "see the tables"),
  honoured(
    "environment_variables",
    "provider",
    "`api_key: { value: sk-of-the-vendor }` and other fields: the values stand where they are named",
  ),
  honoured(
    "credential_list",
    "provider",
    "`api_key: { value: sk-of-the-vendor }`: its values stand at the deployments that name it",
  ),
  honoured("include", "file", "the files are read as parts of this one"),
  honoured(
    "default_vertex_config",
    "provider",
    "its `google`, of a provider of kind `vertex_ai`",
    "`default_vertex_config`",
  ),
  honoured(
    "guardrails",
    "file",
    '`guards: [{ name: pii, presidio: { url: "http://127.0.0.1:5002" }, action: MASK }]`: see [guardrails](#guardrails)',
  ),
  none("policies", "guards are named by `models` and `keys`, or bind all by `default`"),
  none("mcp_servers mcp_tools", "MCP servers are not served"),
  none("search_tools vector_store_registry agent_list prompts", "not served"),
  none(
    "callback_settings",
    "no code is called; `observe.sinks` sends calls to warehouses, queues and others",
  ),
  none(
    "files_settings finetune_settings assistant_settings",
    "files, fine-tuning and assistants are not served",
  ),
];
