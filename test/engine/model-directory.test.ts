import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ModelService } from "../../gen/parlance/admin/v1/model_service_pb.js";
import { type RunningGateway, startGateway } from "../../src/serve.ts";

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

  const cases: readonly [model: string, dialect: string, operations: readonly string[], tables: readonly string[]][] = [
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
      const client = createClient(ModelService, createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" }));
      const { model, fidelity } = await client.describeModel({ name });
      expect(model?.deployments.map((each) => [each.dialect, each.operations])).toEqual([[dialect, operations]]);
      expect(fidelity.map((table) => [table.dialect, table.operation])).toEqual(tables.map((each) => [dialect, each]));
    });
  }
});
