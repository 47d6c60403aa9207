import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/loading/load-config.ts";

const noFiles = () => {
  throw new Error("no file is read");
};

function load(provider: object, env: Readonly<Record<string, string>> = {}) {
  const text = JSON.stringify({ providers: { p: { api_key: { value: "k" }, ...provider } } });
  return loadConfig({ text, filename: "config" }, env, noFiles);
}

const account = { kind: "cloudflare", variables: { account_id: "a1" } };

describe("a provider's variables", () => {
  const good: readonly (readonly [
    title: string,
    provider: object,
    env: Record<string, string>,
    address: string,
  ])[] = [
    ["stand in the address", account, {}, "https://api.cloudflare.com/client/v4/accounts/a1/ai/v1"],
    [
      "of the file go before those of the environment",
      account,
      { CLOUDFLARE_ACCOUNT_ID: "a2" },
      "https://api.cloudflare.com/client/v4/accounts/a1/ai/v1",
    ],
    [
      "come from the environment",
      { kind: "snowflake" },
      { SNOWFLAKE_ACCOUNT_ID: " org-a " },
      "https://org-a.snowflakecomputing.com/api/v2/cortex/v1",
    ],
    [
      "that are a host may be written as a URL",
      { kind: "databricks" },
      { DATABRICKS_HOST: "https://dbc.cloud.databricks.com/" },
      "https://dbc.cloud.databricks.com/serving-endpoints",
    ],
    [
      "of an address are not missed where the address is configured",
      { kind: "cloudflare", base_url: "http://127.0.0.1:9/x" },
      {},
      "http://127.0.0.1:9/x",
    ],
  ];
  for (const [title, provider, env, address] of good) {
    it(title, () => {
      const loaded = load(provider, env);
      const { origin, path } =
        (loaded.ok ? loaded.settings.providers.get("p")?.baseUrl : undefined) ?? {};
      expect(`${origin}${path}`).toBe(address);
    });
  }

  const bad: readonly (readonly [title: string, provider: object, violation: object])[] = [
    [
      "that are missing",
      { kind: "cloudflare" },
      {
        path: "providers.p.variables.account_id",
        hint: expect.stringContaining("CLOUDFLARE_ACCOUNT_ID"),
      },
    ],
    [
      "with a name that is nearly right",
      { kind: "cloudflare", variables: { account_id: "a", acount_id: "b" } },
      { path: "providers.p.variables.acount_id", hint: "did you mean `account_id`?" },
    ],
    [
      "of a vendor that has none",
      { kind: "openai", variables: { account_id: "a" } },
      { path: "providers.p.variables.account_id", hint: "leave it out" },
    ],
    [
      "that would change the address's path or host",
      { kind: "snowflake", variables: { account: "evil.example/x" } },
      { path: "providers.p.variables.account", message: "cannot stand in an address" },
    ],
  ];
  for (const [title, provider, violation] of bad) {
    it(`${title} are reported`, () =>
      expect(load(provider)).toMatchObject({ ok: false, violations: [violation] }));
  }

  it("make a vendor a provider without a config file, and leave it out where they are not there", () => {
    const names = (env: Record<string, string>) => {
      const loaded = loadConfig(undefined, env, noFiles);
      return loaded.ok ? [...loaded.settings.providers.keys()] : loaded.violations;
    };
    expect(names({ CLOUDFLARE_API_KEY: "k" })).toEqual(["sim"]);
    expect(names({ CLOUDFLARE_API_KEY: "k", CLOUDFLARE_ACCOUNT_ID: "a" })).toEqual([
      "sim",
      "cloudflare",
    ]);
  });
});
