import { describe, expect, it } from "vitest";
import { parseModelName } from "../../../src/adapters/traits/model-name.ts";

/** Names as vendors spell them, and the model that each is. */
const names: readonly (readonly [name: string, model: string])[] = [
  ["gpt-5", "openai gpt 500"],
  ["openai/gpt-5-mini", "openai gpt 500 mini"],
  ["gpt-5-2025-08-07", "openai gpt 500 2025-08-07"],
  ["databricks-gpt-5-1", "openai gpt 501"],
  ["gpt-5-1-2025-11-13", "openai gpt 501 2025-11-13"],
  ["gpt-5.1-codex-max", "openai gpt 501 codex-max"],
  ["openai-gpt-5.2-chat-latest", "openai gpt 502 chat-latest"],
  ["my-gpt-5-mini-deployment", "openai gpt 500 mini-deployment"],
  ["ft:gpt-4o-mini-2024-07-18:acme::id", "openai gpt-4o 0 mini-2024-07-18-acme-id"],
  ["chatgpt-4o-latest", "openai gpt-4o 0 latest"],
  ["gpt-4-0613", "openai gpt 400 0613"],
  ["gpt-4-32k", "openai gpt 400 32k"],
  ["gpt-35-turbo", "openai gpt 305 turbo"],
  ["gpt-3.5-turbo-16k", "openai gpt 305 turbo-16k"],
  ["o3", "openai o 300"],
  ["openai/o4-mini:online", "openai o 400 mini-online"],
  ["openai.gpt-oss-120b-1:0", "openai gpt-oss 0 120b-1-0"],
  ["@cf/openai/gpt-oss-20b", "openai gpt-oss 0 20b"],
  ["codex-mini-latest", "openai codex 0 mini-latest"],
  ["marco-o1", ""],
  ["claude-sonnet-4-5-20250929", "anthropic sonnet 405 20250929"],
  ["claude-3-7-sonnet-latest", "anthropic sonnet 307 latest"],
  ["claude-4-sonnet", "anthropic sonnet 400"],
  ["us.anthropic.claude-opus-4-6-v1:0", "anthropic opus 406 v1-0"],
  ["anthropic/claude-opus-4.7", "anthropic opus 407"],
  ["databricks-claude-sonnet-4-6", "anthropic sonnet 406"],
  ["claude-opus-4-1@20250805", "anthropic opus 401 20250805"],
  [
    "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
    "anthropic haiku 405 20251001-v1-0",
  ],
  ["claude-mythos-preview", "anthropic mythos 406 preview"],
  ["publishers/google/models/gemini-2.5-pro", "google gemini 205 pro"],
  ["databricks-gemini-2-5-flash", "google gemini 205 flash"],
  ["gemini-flash-latest", "google gemini 0 flash-latest"],
  ["grok-4-0709", "xai grok 400 0709"],
  ["grok-4-1-fast-non-reasoning", "xai grok 401 fast-non-reasoning"],
  ["x-ai/grok-4.20-multi-agent", "xai grok 420 multi-agent"],
  ["grok-code-fast-1", "xai grok-code 0 fast-1"],
  ["grok-latest", "xai grok 0 latest"],
  ["deepseek-chat", "deepseek chat 0"],
  ["deepseek-ai/DeepSeek-V3.1-Terminus", "deepseek v 301 terminus"],
  ["accounts/fireworks/models/deepseek-v3p2", "deepseek v 302"],
  ["deepseek/deepseek-chat-v3-0324", "deepseek v 300 0324"],
  ["us.deepseek.r1-v1:0", "deepseek r 100 v1-0"],
  ["deepseek-r1:7b", "deepseek r 100 7b"],
  ["Qwen/Qwen3-235B-A22B-Thinking-2507", "qwen qwen 300 235b-a22b-thinking-2507"],
  ["qwen3.5-plus", "qwen qwen 305 plus"],
  ["qwen2-5-7b-instruct", "qwen qwen 205 7b-instruct"],
  ["qwen3:8b", "qwen qwen 300 8b"],
  ["qwen-plus", "qwen qwen 0 plus"],
  ["zai-org/GLM-4.6", "zhipu glm 406"],
  ["accounts/fireworks/models/glm-4p7", "zhipu glm 407"],
  ["glm-4.5v", "zhipu glm 405 v"],
  ["moonshotai/kimi-k2-thinking", "moonshot kimi-k 200 thinking"],
  ["kimi-k2.5", "moonshot kimi-k 205"],
  ["kimi-k2-0905-preview", "moonshot kimi-k 200 0905-preview"],
  ["mistral.magistral-small-2509", "mistral magistral 0 small-2509"],
  ["mistral-small-2603", "mistral mistral-small 0 2603"],
  ["my-deployment", ""],
  ["x".repeat(100_000), ""],
];

describe("the name of a model", () => {
  for (const [name, model] of names) {
    it(`is read in any spelling: ${name.slice(0, 90)}`, () => {
      const { maker, line, number, tail } = parseModelName(name);
      const words = maker === "" ? [] : [maker, line, String(number), tail];
      expect(words.filter((word) => word !== "").join(" ")).toBe(model);
    });
  }
});
