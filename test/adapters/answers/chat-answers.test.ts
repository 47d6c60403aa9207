import { afterAll, beforeAll, describe, it } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { createAnthropicClient } from "../../matrix/anthropic-client.ts";
import { createCohereClient } from "../../matrix/cohere-client.ts";
import { createConnectClient } from "../../matrix/connect-clients.ts";
import { createGeminiClient } from "../../matrix/gemini-client.ts";
import { createOllamaClient } from "../../matrix/ollama-client.ts";
import { createOpenAiClient } from "../../matrix/openai-client.ts";
import { createResponsesClient } from "../../matrix/responses-client.ts";
import { chatDeviations } from "./chat-deviations.ts";
import { expectOutcome } from "./expect-outcome.ts";
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
        expectOutcome(client, outcome, expected);
      });
    }
  });
