import { describe, expect, it } from "vitest";
import { openAiChat } from "../../../src/adapters/openai-chat/index.ts";
import { createVertexChat } from "../../../src/adapters/vertex-ai/chat.ts";

const chat = createVertexChat(openAiChat);

describe("a request to Vertex AI in OpenAI's dialect", () => {
  const openapi = "/endpoints/openapi/chat/completions";
  const mistral = "/publishers/mistralai/models";
  const cases: readonly [model: string, stream: boolean, path: string, inBody: string][] = [
    ["meta/llama-3.3-70b-instruct-maas", false, openapi, "meta/llama-3.3-70b-instruct-maas"],
    ["deepseek-ai/deepseek-v3.1-maas", true, openapi, "deepseek-ai/deepseek-v3.1-maas"],
    ["mistral-medium-3", false, `${mistral}/mistral-medium-3:rawPredict`, "mistral-medium-3"],
    [
      "mistralai/mistral-medium-3",
      true,
      `${mistral}/mistral-medium-3:streamRawPredict`,
      "mistral-medium-3",
    ],
    ["codestral-2", true, `${mistral}/codestral-2:streamRawPredict`, "codestral-2"],
    ["mistral-large@2407", false, `${mistral}/mistral-large@2407:rawPredict`, "mistral-large@2407"],
    ["mistral/../x", false, openapi, "mistral/../x"],
  ];
  for (const [model, stream, path, inBody] of cases) {
    it(`asks ${model} at ${path}`, () => {
      const body = Buffer.from('{"model":"m", "temperature":1.0}');
      const request = chat.passthrough.request("chat", body, {
        model,
        stream,
        quirks: { streamUsage: false },
      });
      expect(request.path).toBe(path);
      expect(Buffer.from(request.body).toString()).toBe(
        `{"model":${JSON.stringify(inBody)}, "temperature":1.0}`,
      );
    });
  }
});
