import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ModelService } from "../../../gen/parlance/admin/v1/model_service_pb.js";
import { createModelDirectory } from "../../../src/composition/directories/model-directory.ts";
import { loadConfig } from "../../../src/config/loading/load-config.ts";
import { createRoutingState } from "../../../src/policies/routing/routing-state.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { createLocalRateWindows } from "../../../src/state/local-rate-window.ts";
import { createMemoryState } from "../../../src/state/state.ts";
import { expectLinear } from "../../cpu-growth.ts";

describe("a model of a provider that serves several makers", () => {
  let gateway: RunningGateway;
  beforeAll(async () => {
    gateway = await startGateway({
      port: 0,
      config: `
providers:
  foundry: { kind: azure_ai, base_url: "http://127.0.0.1:9", api_key: { value: k } }
  vertex: { kind: vertex_ai, google: { project: p, location: global }, api_key: { value: k } }
  aws: { kind: bedrock, aws: { region: us-east-1 }, api_key: { value: k } }
`,
    });
  });
  afterAll(() => gateway.close());

  const cases: readonly [
    model: string,
    dialect: string,
    operations: readonly string[],
    tables: readonly string[],
  ][] = [
    ["foundry/gpt-5-mini", "azure-openai", ["chat", "embed"], ["chat", "embed"]],
    ["foundry/claude-sonnet-4-5", "anthropic-messages", ["chat", "count_tokens"], ["chat"]],
    ["foundry/Cohere-rerank-v4.0-pro", "cohere", ["rerank"], ["rerank"]],
    ["vertex/gemini-2.5-pro", "gemini", ["chat", "embed", "count_tokens"], ["chat", "embed"]],
    ["vertex/claude-sonnet-4-5@20250929", "vertex-messages", ["chat", "count_tokens"], ["chat"]],
    ["vertex/semantic-ranker-default-004", "vertex-rerank", ["rerank"], ["rerank"]],
    ["aws/amazon.rerank-v1:0", "bedrock-rerank", ["rerank"], ["rerank"]],
  ];
  for (const [name, dialect, operations, tables] of cases) {
    it(`is told in the dialect that serves it: ${name} in ${dialect}`, async () => {
      const client = createClient(
        ModelService,
        createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" }),
      );
      const { model, fidelity } = await client.describeModel({ name });
      expect(model?.deployments.map((each) => [each.dialect, each.operations])).toEqual([
        [dialect, operations],
      ]);
      expect(fidelity.map((table) => [table.dialect, table.operation])).toEqual(
        tables.map((each) => [dialect, each]),
      );
    });
  }
});

it("all models are listed page by page in linear time, to keys with and without a list", async () => {
  const everybody = { name: "a", admin: false, models: undefined, strict: false };
  expectLinear(
    "lists of models",
    (size) => {
      const lines = Array.from(
        { length: size },
        (_, index) => `  - { name: m-${index}, targets: [{ model: sim/echo }] }\n`,
      );
      const text = `providers: { sim: { kind: sim } }\nmodels:\n${lines.join("")}`;
      const loaded = loadConfig({ text, filename: "c" }, {}, () => "");
      if (!loaded.ok) throw new Error("the config is not good");
      const { settings } = loaded;
      const facts = {
        facts: async () => undefined,
        maxOutput: () => undefined,
        prices: () => ({ prices: undefined, sources: [] }),
      };
      const state = createMemoryState();
      const rates = createLocalRateWindows(state, () => 0);
      return () => {
        const directory = createModelDirectory(
          () => settings,
          createRoutingState({ state, rates, nowMs: () => 0, wallMs: () => 0 }),
          facts,
          new Map(),
        );
        const listed = new Set<string>();
        for (let start = 0; start < size; start += 20) {
          const page = directory.list(everybody).slice(start, start + 20);
          for (const model of page) listed.add(model.describe().name);
        }
        expect(listed.size).toBe(size);
        const limited = { ...everybody, models: new Set(["m-1", "m-2", "other"]) };
        expect(directory.list(limited).map(({ name }) => name)).toEqual(["m-1", "m-2"]);
      };
    },
    { size: 300 },
  );
});
