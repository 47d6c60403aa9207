import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { describeZeroConfig } from "../../src/config/zero-config.ts";

const noFiles = () => {
  throw new Error("no file is read");
};

describe("without a config file", () => {
  const cases: readonly [
    title: string,
    env: Readonly<Record<string, string | undefined>>,
    providers: readonly string[],
  ][] = [
    ["there is the simulator", {}, ["sim"]],
    ["a vendor whose credential is set is a provider", { OPENAI_API_KEY: "k" }, ["sim", "openai"]],
    ["a second name of the credential counts too", { OR_API_KEY: "k" }, ["sim", "openrouter"]],
    ["a blank credential does not count", { OPENAI_API_KEY: " ", ANTHROPIC_API_KEY: undefined }, ["sim"]],
    ["a vendor without an address of its own is left out", { HOSTED_VLLM_API_KEY: "k" }, ["sim"]],
    [
      "vendors on AWS are providers with an API key and a region",
      { AWS_BEARER_TOKEN_BEDROCK: "k", AWS_REGION: "us-east-1" },
      ["sim", "bedrock", "bedrock_invoke", "bedrock_mantle"],
    ],
    [
      "vendors on AWS are providers with an access key and a region",
      { AWS_ACCESS_KEY_ID: "k", AWS_SECRET_ACCESS_KEY: "s", AWS_DEFAULT_REGION: "us-east-1" },
      ["sim", "bedrock", "bedrock_invoke", "sagemaker", "sagemaker_chat"],
    ],
    [
      "vendors on AWS are left out without a region",
      { AWS_ACCESS_KEY_ID: "k", AWS_BEARER_TOKEN_BEDROCK: "k" },
      ["sim"],
    ],
    ["vendors on AWS are left out where there is a region alone", { AWS_REGION: "us-east-1" }, ["sim"]],
    [
      "several are listed in the catalog's order",
      { GROQ_API_KEY: "k", ANTHROPIC_API_KEY: "k" },
      ["sim", "anthropic", "groq"],
    ],
  ];
  for (const [title, env, providers] of cases) {
    it(title, () => {
      expect(describeZeroConfig(env).map((provider) => provider.name)).toEqual(providers);
      const result = loadConfig(undefined, env, noFiles);
      expect(result.ok && [...result.plan.providers.keys()]).toEqual(providers);
      expect(result).toMatchObject({ warnings: [] });
    });
  }

  it("the credential is read and the simulator answers", () => {
    const result = loadConfig(undefined, { MISTRAL_API_KEY: "key" }, noFiles);
    expect(result.ok && result.plan.providers.get("mistral")?.credentials[0]?.reveal()).toBe("key");
    expect(result.ok && result.plan.resolve("sim/echo")?.targets).toEqual([
      { provider: "sim", model: "echo", weight: 1 },
    ]);
    expect(result.ok && result.plan.resolve("openai/gpt-5-mini")).toBe(undefined);
  });

  it("it is still refused to be open to the world", () => {
    const result = loadConfig(undefined, {}, noFiles, { host: "0.0.0.0" });
    expect(result).toMatchObject({ ok: false, violations: [{ path: "server.host", line: 1, column: 1 }] });
  });

  it("it is said which variable a provider comes from", () => {
    expect(describeZeroConfig({ GROQ_API_KEY: "k" }).at(-1)).toEqual({
      name: "groq",
      vendor: "Groq",
      credentialEnv: "GROQ_API_KEY",
    });
  });
});
