import { honoured, none, notNeeded, type SettingRow } from "./setting-row.ts";

/** What stands for the keys of `router_settings`. */
export const routerRows: readonly SettingRow[] = [
  honoured(
    "routing_strategy",
    "model",
    "`strategy: WEIGHTED`, the default; `weight` of a target stands for `weight`, `rpm` or `tpm`",
    "`routing_strategy: simple-shuffle`",
  ),
  honoured("routing_strategy", "model", "`strategy: LEAST_BUSY`", "`routing_strategy: least-busy`"),
  honoured(
    "routing_strategy",
    "model",
    "`strategy: LOWEST_LATENCY`",
    "`routing_strategy: latency-based-routing`",
  ),
  honoured(
    "routing_strategy",
    "model",
    "`strategy: USAGE`",
    "`routing_strategy: usage-based-routing`, `usage-based-routing-v2`",
  ),
  honoured(
    "routing_strategy",
    "model",
    "`strategy: LOWEST_COST`: by the tokens of the call, an average answer and the prices of each target",
    "`routing_strategy: cost-based-routing`",
  ),
  notNeeded(
    "routing_strategy_args",
    "not needed: latency decays in 10 s and slow calls count at once, so that there is no `ttl`, list or buffer to set",
  ),
  honoured("routing_groups", "model", "`strategy: LEAST_BUSY`: each model has its own"),
  honoured(
    "redis_url redis_host redis_port redis_password redis_db",
    "file",
    '`state: { redis: { url: { value: "redis://:secret@127.0.0.1:6379/0" } } }`',
  ),
  honoured("cache_responses cache_kwargs", "model", "`cache: { ttl: 3600s }`"),
  none("caching_groups", "models do not share answers: name one model, and call it by `aliases`"),
  honoured("model_group_alias", "file", "`aliases: [{ name: gpt-4, model: m, hidden: true }]`"),
  honoured(
    "num_retries",
    "model",
    "`retry: { attempts: 3 }`, which counts the first try: LiteLLM's number and one. In a file of LiteLLM its default holds, two retries",
  ),
  honoured("max_fallbacks", "file", "`routing: { max_fallbacks: 5 }`"),
  honoured("timeout", "model", "`timeouts: { total: 600s }` for each try; `timeout` for the call"),
  honoured(
    "stream_timeout",
    "model",
    "`timeouts: { first_token: 10s }`; of an answer that comes whole it bounds the wait for its head, which is all of the wait at vendors who send it last. Streams have `idle` too",
  ),
  notNeeded(
    "retry_after",
    "not needed: a vendor's `Retry-After` is the least of a pause, and `retry.max_delay` bounds it",
  ),
  honoured(
    "retry_policy",
    "file",
    "`routing: { failures: [{ reason: UPSTREAM_TIMEOUT, retry: false }] }`: whether a kind of failure is tried again, by the number of the model",
  ),
  honoured(
    "model_group_retry_policy",
    "model",
    "`retry: { attempts: 5 }`: each model has its own number, the largest of its policy, and all have one list of failures",
  ),
  honoured(
    "allowed_fails",
    "model",
    "`breaker: { consecutive_failures: 4 }`: LiteLLM's number and one",
  ),
  none(
    "allowed_fails_policy",
    "failures are not counted by kind: `breaker.consecutive_failures` counts all, and `cool: false` in `routing.failures` leaves a kind out",
  ),
  honoured(
    "cooldown_time",
    "model",
    "`breaker: { open_for: 5s }`, or for as long as the vendor says",
  ),
  honoured("disable_cooldowns", "model", "`breaker: { disabled: true }`"),
  honoured("fallbacks", "model", "`fallbacks: [other]`"),
  honoured(
    "context_window_fallbacks",
    "model",
    "`context_fallbacks: [other]`; without an entry the general ones are tried, where LiteLLM gives up",
  ),
  honoured(
    "content_policy_fallbacks",
    "model",
    "`content_fallbacks: [other]`; finishes count by `failures_in_answers`",
  ),
  honoured("default_fallbacks", "file", "`routing: { default_fallbacks: [other] }`"),
  honoured(
    "enable_pre_call_checks",
    "file",
    "`routing: { skip_context_check: false, skip_capability_check: false }`: on by default",
  ),
  honoured(
    "optional_pre_call_checks",
    "model",
    "`strategy: STICKY` for `prompt_caching` and the kinds of affinity, where `routing_strategy` is the default; `enforce_model_rate_limits` is `requests_per_minute` of a target, which always holds",
  ),
  honoured(
    "deployment_affinity_ttl_seconds",
    "model",
    "`strategy: STICKY, sticky: { on: KEY, ttl: 3600s }`",
  ),
  honoured(
    "model_group_affinity_config",
    "model",
    "`strategy: STICKY, sticky: { on: SESSION }`: each model has its own, by `PREFIX`, `SESSION`, `USER` or `KEY`",
  ),
  honoured("enable_tag_filtering", "target", "`tags: [paid]`: on where targets have tags"),
  honoured("tag_filtering_match_any", "file", "`routing: { tag_match: ANY }`"),
  notNeeded(
    "enable_weighted_failover",
    "always: after a failure the next target is drawn by weight among the others",
  ),
  none("default_litellm_params", "write them where they belong; `max_retries: 0` is what is done"),
  honoured("default_max_parallel_requests", "target", "`max_in_flight: 100`, for each target"),
  none("default_priority", "`priority: NORMAL`", "key"),
  notNeeded(
    "polling_interval",
    "not needed: a call that waits in a `queue` is woken when a target is free",
  ),
  none("provider_budget_config", "keys and teams have budgets, providers have none"),
  notNeeded(
    "client_ttl",
    "not needed: connections are pooled for each provider, and a reload keeps them",
  ),
  notNeeded(
    "ignore_invalid_deployments",
    "a mistake in the file is refused with its line, and on a reload the file before stays in force",
  ),
  none(
    "alerting_config",
    '`observe: { sinks: [{ slack: { url: { value: "https://hooks.slack.com/services/x" } } }] }`',
    "file",
  ),
  none("assistants_config", "assistants are not served"),
  none("search_tools", "not served"),
  none("guardrail_list", "write them as `guardrails`, of which `guards` are made"),
  honoured(
    "enable_health_check_routing health_check_staleness_threshold health_check_ignore_transient_errors",
    "model",
    "`health_check: { every: 30s }`, which opens and closes circuits; they learn from calls too, on by default",
  ),
  honoured("set_verbose debug_level", "file", "`observe: { log: { level: DEBUG } }`"),
];
