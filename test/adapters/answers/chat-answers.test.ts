import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { createAnthropicClient } from "../../matrix/anthropic-client.ts";
import type { Client, Outcome } from "../../matrix/client.ts";
import { createCohereClient } from "../../matrix/cohere-client.ts";
import { createConnectClient } from "../../matrix/connect-clients.ts";
import { createGeminiClient } from "../../matrix/gemini-client.ts";
import { createOllamaClient } from "../../matrix/ollama-client.ts";
import { createOpenAiClient } from "../../matrix/openai-client.ts";
import { createResponsesClient } from "../../matrix/responses-client.ts";
import { chatDeviations, type Expected } from "./chat-deviations.ts";
import { type ScriptedVendor, startScriptedVendor } from "./start-scripted-vendor.ts";

const clients = [
  createOpenAiClient,
  createResponsesClient,
  createAnthropicClient,
  createGeminiClient,
  createCohereClient,
  createOllamaClient,
  createConnectClient,
];

let vendor: ScriptedVendor;
let gateway: { readonly url: string; close(): Promise<unknown> };

beforeAll(async () => {
  vendor = await startScriptedVendor();
  const provider = {
    kind: "openai_compatible",
    base_url: `${vendor.url}/v1`,
    api_key: { value: "k" },
  };
  gateway = await startGateway({
    config: {
      text: JSON.stringify({ server: { port: 0 }, providers: { v: provider } }),
      filename: "test",
    },
  });
});
afterAll(async () => {
  await gateway.close();
  await vendor.close();
});

for (const create of clients)
  describe(create.name, () => {
    for (const { title, script, stream, expected } of chatDeviations) {
      it(`reads ${title}, ${stream ? "streamed" : "whole"}`, async () => {
        vendor.answer(script);
        const client = create(gateway.url, "k");
        const question = { model: "v/m", system: "s", text: "t" };
        const outcome = await client.open(question).ask({ stream });
        client.close();
        check(client, outcome, expected);
      });
    }
  });

function check({ family }: Client, outcome: Outcome, expected: Expected): void {
  if (expected.fails === true) {
    expect(outcome.failure).toBeDefined();
    return;
  }
  // This client takes no stream that does not end with response.completed.
  if (family === "responses" && expected.finish === "other" && outcome.failure !== undefined) {
    expect(outcome.failure.message).toContain("response.incomplete");
    return;
  }
  expect(outcome.failure?.message).toBeUndefined();
  expect(outcome.text).toBe(expected.text ?? "");
  expect(outcome.toolCalls.map((call) => [call.name, call.argumentsJson])).toEqual(
    expected.calls ?? [],
  );
  if (outcome.toolCalls.length > 0 && family !== "ollama" && family !== "gemini") {
    expect(new Set(outcome.toolCalls.map(({ id }) => id)).size).toBe(outcome.toolCalls.length);
    expect(outcome.toolCalls.every(({ id }) => id !== "")).toBe(true);
  }
  // Ollama has no word for what a filter ended.
  if (family !== "ollama" || expected.finish !== "other")
    expect(outcome.finish).toBe(expected.finish);
  if (expected.reasoning !== undefined) expect(outcome.reasoning?.text).toBe(expected.reasoning);
  if (expected.usage !== undefined)
    expect([outcome.usage?.input, outcome.usage?.output]).toEqual(expected.usage);
}
