import { describe, expect, it } from "vitest";
import type { CatalogRow } from "../../src/adapters/catalog/catalog-row.ts";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { createZeroConfig, describeZeroConfig } from "../../src/config/zero-config.ts";
import { testRow } from "./compile-with.ts";

const file = { GOOGLE_APPLICATION_CREDENTIALS: "key.json" };

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
    [
      "a blank credential does not count",
      { OPENAI_API_KEY: " ", ANTHROPIC_API_KEY: undefined },
      ["sim"],
    ],
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
    [
      "vendors on AWS are left out where there is a region alone",
      { AWS_REGION: "us-east-1" },
      ["sim"],
    ],
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
      expect(result.ok && [...result.settings.providers.keys()]).toEqual(providers);
      expect(result).toMatchObject({ warnings: [] });
    });
  }

  it("the credential is read and the simulator answers", () => {
    const result = loadConfig(undefined, { MISTRAL_API_KEY: "key" }, noFiles);
    expect(result.ok && result.settings.providers.get("mistral")?.credentials[0]?.reveal()).toBe(
      "key",
    );
    expect(result.ok && result.settings.resolve("sim/echo")?.targets).toEqual([
      { provider: "sim", model: "echo", weight: 1 },
    ]);
    expect(result.ok && result.settings.resolve("openai/gpt-5-mini")).toBe(undefined);
  });

  it("it is still refused to be open to the world", () => {
    const result = loadConfig(undefined, {}, noFiles, { host: "0.0.0.0" });
    expect(result).toMatchObject({
      ok: false,
      violations: [{ path: "server.host", line: 1, column: 1 }],
    });
  });

  it("it is said which variable a provider comes from", () => {
    expect(describeZeroConfig({ GROQ_API_KEY: "k" }).at(-1)).toEqual({
      name: "groq",
      vendor: "Groq",
      credentialEnv: "GROQ_API_KEY",
    });
  });
});

describe("without a config file, a vendor of a cloud", () => {
  const google = testRow({
    auth: { google: "scope" },
    baseUrl: "https://vendor.example/{project}",
  });
  const azure = testRow({ auth: { entra: "scope" } });
  const project = { GOOGLE_CLOUD_PROJECT: "p" };
  const application = { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: "c" };
  const cases: readonly [
    title: string,
    row: CatalogRow,
    env: Record<string, string>,
    shown: string | undefined,
  ][] = [
    [
      "of Google is a provider with a file and a project",
      google,
      { ...project, ...file },
      "GOOGLE_APPLICATION_CREDENTIALS",
    ],
    [
      "of Google is one with an API key and a project",
      google,
      { ...project, ...file, TEST_KEY: "k" },
      "TEST_KEY",
    ],
    ["of Google is none without a project", google, { ...file, TEST_KEY: "k" }, undefined],
    ["of Google is none with a project alone", google, project, undefined],
    [
      "of Azure is a provider with an application",
      azure,
      { ...application, AZURE_CLIENT_SECRET: "s" },
      "AZURE_CLIENT_SECRET",
    ],
    [
      "of Azure is one with a workload identity",
      azure,
      { ...application, AZURE_FEDERATED_TOKEN_FILE: "/t" },
      "AZURE_FEDERATED_TOKEN_FILE",
    ],
    [
      "of Azure is none with half an application",
      azure,
      { AZURE_CLIENT_ID: "c", AZURE_CLIENT_SECRET: "s" },
      undefined,
    ],
  ];
  for (const [title, row, env, shown] of cases) {
    it(title, () => {
      const catalog = new Map([[row.id, row]]);
      const [provider] = describeZeroConfig(env, catalog);
      expect(provider?.credentialEnv).toBe(shown);
      const given = createZeroConfig(env, catalog).providers.test?.apiKey?.source.value;
      expect(given).toBe(shown === "TEST_KEY" ? shown : undefined);
    });
  }
});
