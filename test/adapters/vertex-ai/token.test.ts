import { generateKeyPairSync } from "node:crypto";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { startTokenServer } from "../../upstream/token-server.ts";
import { type RecordedRequest, startVendorServer } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { jsonReply } from "../catalog/drive.ts";
import { driveAnthropicMessages } from "../catalog/drive-anthropic-messages.ts";
import { driveOpenAiChat } from "../catalog/drive-openai-chat.ts";
import { driveVertexGemini } from "../catalog/drive-vertex-ai.ts";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const messages = [{ role: "user" as const, content: "hi" }];
const place = "/v1/projects/of-the-file/locations/europe-west1";

/** Knows every token but the first, which it says has ended. */
function answer(request: RecordedRequest): VendorReply {
  const { path, headers } = request;
  if (headers.authorization !== "Bearer token-2") {
    const error = {
      code: 401,
      message: "Request had invalid credentials",
      status: "UNAUTHENTICATED",
    };
    return jsonReply({ error }, 401);
  }
  if (path.includes("/publishers/anthropic/")) return driveAnthropicMessages.answer(request);
  return path.includes("/endpoints/openapi/")
    ? driveOpenAiChat.answer(request)
    : driveVertexGemini.answer(request);
}

it("calls all models of a project with one token of its service account, which a refusal renews", async () => {
  const tokens = await startTokenServer();
  const vendor = await startVendorServer(answer, {});
  onTestFinished(vendor.close);
  const file = {
    type: "service_account",
    project_id: "of-the-file",
    private_key_id: "k1",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    client_email: "sa@of-the-file.iam.gserviceaccount.com",
    token_uri: `${tokens.origin}/token`,
  };
  const google = { location: "europe-west1", credentials: { value: JSON.stringify(file) } };
  const providers = { vertex: { kind: "vertex_ai", base_url: vendor.url, google } };
  const gateway = await startGateway({ config: JSON.stringify({ providers }), port: 0 });
  onTestFinished(gateway.close);

  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries: 0 });
  for (const model of [
    "vertex/claude-sonnet-4-5",
    "vertex/gemini-2.5-flash",
    "vertex/meta/llama-maas",
  ]) {
    const { choices } = await openai.chat.completions.create({ model, messages });
    expect(choices[0]?.message.content).toBe("driven");
  }
  const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: "none", maxRetries: 0 });
  const stream = anthropic.messages.stream({
    model: "vertex/claude-sonnet-4-5",
    messages,
    max_tokens: 9,
  });
  expect((await stream.finalMessage()).content).toMatchObject([{ text: "driven" }]);

  expect(tokens.asked).toHaveLength(2);
  expect(vendor.requests.map(({ path, headers }) => [headers.authorization, path])).toEqual([
    ["Bearer token-1", `${place}/publishers/anthropic/models/claude-sonnet-4-5:rawPredict`],
    ["Bearer token-2", `${place}/publishers/anthropic/models/claude-sonnet-4-5:rawPredict`],
    ["Bearer token-2", `${place}/publishers/google/models/gemini-2.5-flash:generateContent`],
    ["Bearer token-2", `${place}/endpoints/openapi/chat/completions`],
    ["Bearer token-2", `${place}/publishers/anthropic/models/claude-sonnet-4-5:streamRawPredict`],
  ]);
  expect(vendor.requests.every(({ headers }) => headers["x-goog-api-key"] === undefined)).toBe(
    true,
  );
});
