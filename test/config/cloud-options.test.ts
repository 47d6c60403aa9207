import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";

function load(provider: object) {
  const config = { providers: { p: { api_key: { value: "k" }, ...provider } } };
  return loadConfig({ text: JSON.stringify(config), filename: "config" }, {}, () => "");
}

describe("the version of Azure's API", () => {
  const azure = { kind: "azure_openai", base_url: "https://r.openai.azure.com" };
  for (const version of ["", "2024-10-21", "2025-04-01-preview", "v1", "preview", "latest"]) {
    it(`may be "${version}"`, () => {
      const loaded = load({ ...azure, azure: { api_version: version } });
      expect(loaded.ok && loaded.settings.providers.get("p")?.settings.azure?.apiVersion).toBe(
        version,
      );
    });
  }
  for (const version of ["2024-1-1", "20241021", "v2", "2024-10-21?x", "newest"]) {
    it(`is not "${version}"`, () => {
      expect(load({ ...azure, azure: { api_version: version } })).toMatchObject({
        ok: false,
        violations: [
          { path: "providers.p.azure.api_version", hint: expect.stringContaining("2024-10-21") },
        ],
      });
    });
  }
});

describe("an address of a cloud", () => {
  const google = { project: "p-1", location: "europe-west4" };
  const cases: readonly [kind: string, baseUrl: string, members: object, address: string][] = [
    ["azure_openai", "https://r.openai.azure.com/", {}, "https://r.openai.azure.com"],
    ["azure_openai", "https://r.openai.azure.com/openai", {}, "https://r.openai.azure.com"],
    ["azure", "https://r.openai.azure.com/openai/v1/", {}, "https://r.openai.azure.com"],
    ["azure_ai", "https://r.services.ai.azure.com/models", {}, "https://r.services.ai.azure.com"],
    [
      "azure_ai",
      "https://r.services.ai.azure.com/anthropic",
      {},
      "https://r.services.ai.azure.com",
    ],
    ["azure_openai", "https://apim.example/team-a", {}, "https://apim.example/team-a"],
    [
      "vertex_ai",
      "http://127.0.0.1:9",
      { google },
      "http://127.0.0.1:9/v1/projects/p-1/locations/europe-west4",
    ],
    [
      "vertex_ai",
      "http://127.0.0.1:9/v1",
      { google },
      "http://127.0.0.1:9/v1/projects/p-1/locations/europe-west4",
    ],
    ["vertex_ai", "http://127.0.0.1:9/v1beta1", {}, "http://127.0.0.1:9/v1"],
    [
      "vertex_ai",
      "https://vpc.example/x/v1/projects/a/locations/b",
      {},
      "https://vpc.example/x/v1/projects/a/locations/b",
    ],
    [
      "vertex_ai",
      "https://{location}-aiplatform.p.example",
      { google },
      "https://europe-west4-aiplatform.p.example/v1/projects/p-1/locations/europe-west4",
    ],
  ];
  for (const [kind, baseUrl, members, address] of cases) {
    it(`of ${kind} at ${baseUrl} is ${address}`, () => {
      const loaded = load({ kind, base_url: baseUrl, ...members });
      const { origin, path } =
        (loaded.ok ? loaded.settings.providers.get("p")?.baseUrl : undefined) ?? {};
      expect(`${origin}${path}`).toBe(address);
    });
  }
});
