import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";

/** Where a provider's models of a name are ranked. */
function addressOf(provider: object, model: string): string {
  const config = { providers: { p: { api_key: { value: "k" }, ...provider } } };
  const loaded = loadConfig({ text: JSON.stringify(config), filename: "config" }, {}, () => "");
  if (!loaded.ok) return JSON.stringify(loaded.violations);
  const { baseUrl } =
    loaded.settings.providers.get("p")?.families.find(({ models }) => models.test(model)) ?? {};
  return `${baseUrl?.origin}${baseUrl?.path}`;
}

describe("a family at an address of its own", () => {
  const ranker = "semantic-ranker-default-004";
  const cases: readonly [title: string, provider: object, model: string, address: string][] = [
    ["is there", { kind: "dashscope" }, "gte-rerank-v2", "https://dashscope.aliyuncs.com/api/v1"],
    [
      "is at its own path of another host",
      { kind: "dashscope", base_url: "https://dashscope-us.aliyuncs.com/compatible-mode/v1/" },
      "gte-rerank-v2",
      "https://dashscope-us.aliyuncs.com/api/v1",
    ],
    [
      "is at a path that is configured",
      { kind: "dashscope", base_url: "http://127.0.0.1:9/other" },
      "gte-rerank-v2",
      "http://127.0.0.1:9/other",
    ],
    [
      "is at another host",
      { kind: "nvidia_nim" },
      "nvidia/x-rerank",
      "https://ai.api.nvidia.com/v1",
    ],
    [
      "is in the region",
      { kind: "bedrock", aws: { region: "eu-west-3" } },
      "amazon.rerank-v1:0",
      "https://bedrock-agent-runtime.eu-west-3.amazonaws.com",
    ],
    [
      "is at a private endpoint",
      { kind: "bedrock", base_url: "https://vpce-1.example" },
      "amazon.rerank-v1:0",
      "https://vpce-1.example",
    ],
    [
      "is in its own location of the project",
      { kind: "vertex_ai", google: { project: "p-1", location: "europe-west4" } },
      ranker,
      "https://discoveryengine.googleapis.com/v1/projects/p-1/locations/global",
    ],
    [
      "is there for the location that has no name in the host",
      { kind: "vertex_ai", google: { project: "p-1", location: "global" } },
      ranker,
      "https://discoveryengine.googleapis.com/v1/projects/p-1/locations/global",
    ],
  ];
  for (const [title, provider, model, address] of cases) {
    it(`${title}: ${address}`, () => {
      expect(addressOf(provider, model)).toBe(address);
    });
  }
});
