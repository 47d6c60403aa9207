import { afterAll, beforeAll, describe, it } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { createAnthropicClient } from "../../matrix/anthropic-client.ts";
import { createCohereClient } from "../../matrix/cohere-client.ts";
import { createConnectClient } from "../../matrix/connect-clients.ts";
import { createGeminiClient } from "../../matrix/gemini-client.ts";
import { createOllamaClient } from "../../matrix/ollama-client.ts";
import { createOpenAiClient } from "../../matrix/openai-client.ts";
import { createResponsesClient } from "../../matrix/responses-client.ts";
import type { Json } from "../../vendors/json-value.ts";
import type { DeviantAnswer } from "./chat-deviations.ts";
import { expectOutcome } from "./expect-outcome.ts";
import { messagesDeviations } from "./messages-deviations.ts";
import { responsesDeviations } from "./responses-deviations.ts";
import { type ScriptedVendor, startScriptedVendor } from "./start-scripted-vendor.ts";

/** Vendors by their dialects, the answers that deviate from it. */
const vendors: readonly (readonly [
  kind: string,
  basePath: string,
  deviations: readonly DeviantAnswer[],
])[] = [
  ["anthropic", "", messagesDeviations],
  ["openai_responses_compatible", "/v1", responsesDeviations],
];

const clients = [
  createAnthropicClient,
  createResponsesClient,
  createCohereClient,
  createGeminiClient,
  createOllamaClient,
  createOpenAiClient,
  createConnectClient,
];

const running = new Map<string, ScriptedVendor>();
let gateway: { readonly url: string; close(): Promise<unknown> };

beforeAll(async () => {
  const providers: Record<string, Json> = {};
  for (const [kind, basePath] of vendors) {
    const vendor = await startScriptedVendor();
    running.set(kind, vendor);
    providers[kind] = { kind, base_url: `${vendor.url}${basePath}`, api_key: { value: "k" } };
  }
  const text = JSON.stringify({ server: { port: 0 }, providers });
  gateway = await startGateway({ config: { text, filename: "test" } });
});
afterAll(async () => {
  await gateway.close();
  for (const vendor of running.values()) await vendor.close();
});

for (const [kind, , deviations] of vendors)
  for (const create of clients)
    describe(`${create.name} of ${kind}`, () => {
      for (const { title, script, stream, expected } of deviations) {
        it(`reads ${title}, ${stream ? "streamed" : "whole"}`, async () => {
          running.get(kind)?.answer(script);
          const client = create(gateway.url, "k");
          const question = { model: `${kind}/m`, system: "s", text: "t" };
          const outcome = await client.open(question).ask({ stream });
          client.close();
          expectOutcome(client, outcome, expected);
        });
      }
    });
