import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { catalogRows } from "../../src/adapters/catalog/catalog.ts";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { createRouteMatcher } from "../../src/edge/rest/rest-route.ts";

const page = readFileSync("docs/migrating-from-litellm.md", "utf8");

/** What a line of the page is put into, by the place that it belongs to. */
const around: Readonly<Record<string, (line: string) => string>> = {
  file: (line) => withRest(line, "", ""),
  model: (line) => withRest("", `, ${line}`, ""),
  target: (line) => withRest("", "", `, ${line}`),
  provider: (line) =>
    `providers: { p: { kind: sim }, q: { kind: openai_compatible, base_url: "http://127.0.0.1:9/v1", ${line} } }\n`,
  key: (line) =>
    withRest(`keys: [{ name: k, value: { value: a-key-of-the-page }, ${line} }]`, "", ""),
};

/** A config with lines of its own, and those of its model and its target. */
function withRest(file: string, model: string, target: string): string {
  const targets = `targets: [{ model: p/echo${target} }]`;
  const models = `models: [{ name: m, ${targets}${model} }, { name: other, targets: [{ model: p/x }] }]`;
  const providers = file.startsWith("providers:") ? "" : "providers: { p: { kind: sim } }\n";
  return `${providers}${file.startsWith("providers:") ? "" : `${models}\n`}${file}\n`;
}

/** The keys of LiteLLM's `router_settings`, `litellm_settings` and, in part, `general_settings`. */
const litellmKeys =
  `routing_strategy routing_strategy_args routing_groups redis_url redis_host redis_port redis_password
redis_db cache_responses cache_kwargs caching_groups model_group_alias num_retries max_fallbacks
timeout stream_timeout retry_after retry_policy model_group_retry_policy allowed_fails
allowed_fails_policy cooldown_time disable_cooldowns fallbacks context_window_fallbacks
content_policy_fallbacks default_fallbacks enable_pre_call_checks optional_pre_call_checks
deployment_affinity_ttl_seconds model_group_affinity_config enable_tag_filtering
tag_filtering_match_any enable_weighted_failover default_litellm_params default_max_parallel_requests
default_priority polling_interval provider_budget_config client_ttl ignore_invalid_deployments
alerting_config assistants_config search_tools guardrail_list enable_health_check_routing
health_check_staleness_threshold health_check_ignore_transient_errors callbacks success_callback
failure_callback service_callbacks drop_params modify_params request_timeout cache cache_params
enable_caching_on_provider_specific_optional_params enable_redis_auth_cache turn_off_message_logging
redact_user_api_key_info json_logs set_verbose max_budget budget_duration timezone
budget_exceeded_status_code max_end_user_budget max_end_user_budget_id max_internal_user_budget
internal_user_budget_duration default_internal_user_params default_team_params default_team_settings
default_key_generate_params upperbound_key_generate_params key_generation_settings
priority_reservation priority_reservation_settings cost_discount_config cost_margin_config
custom_provider_map force_ipv4 ssl_verify ssl_certificate enable_json_schema_validation
enable_key_alias_format_validation route_all_chat_openai_to_responses
use_chat_completions_url_for_anthropic_messages skip_system_message_in_guardrail
disable_end_user_cost_tracking disable_end_user_cost_tracking_prometheus_only
prometheus_metrics_config custom_prometheus_metadata_labels custom_prometheus_tags
require_auth_for_metrics_endpoint langfuse_default_tags mcp_aliases tag_budget_config
public_model_groups network_mock disable_hf_tokenizer_download suppress_debug_info max_parallel_requests
global_max_parallel_requests token_rate_limit_type background_health_checks health_check_interval
use_shared_health_check max_request_size_mb type host port password namespace ttl
default_in_memory_ttl default_in_redis_ttl max_connections mode supported_call_types
similarity_threshold redis_startup_nodes sentinel_nodes service_name ssl gcp_service_account
redis_semantic_cache_embedding_model`.split(/\s+/);

/** What LiteLLM's clients send beside a request: members of its body, and headers. */
const litellmWords =
  `metadata tags guardrails caching cache num_retries fallbacks context_window_fallback_dict
disable_fallbacks mock_response mock_testing_fallbacks mock_testing_context_fallbacks
mock_testing_content_policy_fallbacks mock_testing_rate_limit_error mock_timeout drop_params
allowed_openai_params additional_drop_params priority timeout stream_timeout max_retries user
context_window_fallbacks content_policy_fallbacks litellm_session_id litellm_metadata no-log api_base
api_key model_list x-litellm-api-key x-litellm-tags x-litellm-timeout x-litellm-stream-timeout
x-litellm-num-retries x-litellm-spend-logs-metadata x-litellm-enable-message-redaction
x-litellm-disable-callbacks x-litellm-end-user-id x-litellm-customer-id x-litellm-user-id
x-litellm-team-id x-litellm-session-id x-litellm-trace-id x-litellm-min-quality-tier`.split(/\s+/);

describe("the page for LiteLLM's users", () => {
  const [text = "", ...others] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, block]) => block,
  );

  it("shows a config that can be used", () => {
    const names = [...text.matchAll(/env: (\w+)/g)].map(([, name]) => [
      name,
      `the-value-of-${name}`,
    ]);
    const environment = {
      ...Object.fromEntries(names),
      AWS_ACCESS_KEY_ID: "AKIA",
      AWS_SECRET_ACCESS_KEY: "s",
    };
    const loaded = loadConfig({ text, filename: "page.md" }, environment, () => "");
    expect(loaded).toMatchObject({ ok: true, warnings: [] });
    expect(loaded.ok && [...loaded.settings.models.keys()]).toEqual(["gpt-4o", "claude"]);
    expect(others).toEqual([]);
  });

  it("says truly that a budget of a key is held", () => {
    const budget = text.replace(
      "models: [gpt-4o, claude] }",
      'budget: { usd: "5", window: MONTH } }',
    );
    const names = [...text.matchAll(/env: (\w+)/g)].map(([, name]) => [
      name,
      `the-value-of-${name}`,
    ]);
    const loaded = loadConfig(
      { text: budget, filename: "page.md" },
      Object.fromEntries(names),
      () => "",
    );
    expect(loaded.ok && loaded.warnings).toEqual([]);
  });

  it("names every key of LiteLLM's settings for routing, caching and fallbacks", () => {
    const tables = page.slice(page.indexOf("## Every setting"), page.indexOf("## `drop_params`"));
    const named = new Set([...tables.matchAll(/`([a-z][a-z0-9_*]+)/g)].map(([, name]) => name));
    expect(litellmKeys.filter((key) => !named.has(key))).toEqual([]);
  });

  it("names what LiteLLM's clients send beside a request", () => {
    const [tables = ""] = /## What requests say\n[\s\S]*?\n## /.exec(page) ?? [];
    const named = new Set([...tables.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    expect(litellmWords.filter((word) => !named.has(word))).toEqual([]);
  });

  const rows = [...page.matchAll(/^\| (.+) \| (\w+) \| `([^`]+)`/gm)].filter(
    ([, , place = ""]) => place in around,
  );

  it("shows lines of a config", () => expect(rows.length).toBeGreaterThan(50));

  for (const [, key = "", place = "", line = ""] of rows)
    it(`shows a line that loads: ${place} ${line} for ${key}`, () => {
      const filled = around[place]?.(line) ?? "";
      const loaded = loadConfig({ text: filled, filename: "row.yaml" }, {}, () => "");
      expect(loaded.ok ? [] : loaded.violations).toEqual([]);
    });

  it("names credentials that are read", () => {
    const read = catalogRows.flatMap((row) => row.credentialEnv);
    expect(read).toEqual(
      expect.arrayContaining([
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "AZURE_API_KEY",
        "GEMINI_API_KEY",
      ]),
    );
  });

  it("names endpoints that are served, and others that are not", () => {
    const match = createRouteMatcher();
    const [, served = "", refused = ""] =
      /The same: ([\s\S]*?)\n\nNot served: ([\s\S]*?)\n\n/.exec(page) ?? [];
    const paths = (words: string) =>
      [...words.matchAll(/`(\/[\w/]+)`/g)].map(([, path = ""]) => path);
    const asking = paths(served).filter(
      (path) => path !== "/v1/models" && !path.startsWith("/health"),
    );
    expect(asking.length).toBeGreaterThan(5);
    expect(asking.filter((path) => match(path) === undefined)).toEqual([]);
    expect(paths(refused).filter((path) => match(path) !== undefined)).toEqual([]);
  });

  it("links to pages that exist", () => {
    const links = [...page.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => `docs/${path}`);
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
  });
});
