import OpenAI from "openai";
import { expect, it, onTestFinished } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { startTokenServer } from "../../upstream/token-server.ts";
import { type RecordedRequest, startVendorServer } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { jsonReply } from "../catalog/drive.ts";
import { driveAnthropicMessages } from "../catalog/drive-anthropic-messages.ts";
import { driveOpenAiChat } from "../catalog/drive-openai-chat.ts";

const messages = [{ role: "user" as const, content: "hi" }];

function answer(request: RecordedRequest): VendorReply {
  const { path, headers } = request;
  if (headers.authorization !== "Bearer token-2") {
    return jsonReply({ error: { code: "401", message: "The access token is invalid" } }, 401);
  }
  return path.startsWith("/anthropic/")
    ? driveAnthropicMessages.answer(request)
    : driveOpenAiChat.answer(request);
}

it("calls all models of a resource with one token of Entra ID, which a refusal renews", async () => {
  const tokens = await startTokenServer();
  const vendor = await startVendorServer(answer, {});
  onTestFinished(vendor.close);
  const azure = { tenant_id: "my-tenant", client_id: "my-app", client_secret: { env: "SECRET" } };
  const providers = { foundry: { kind: "azure_ai", base_url: vendor.url, azure } };
  const env = { SECRET: "s3cret", AZURE_AUTHORITY_HOST: tokens.origin };
  const gateway = await startGateway({ config: JSON.stringify({ providers }), env, port: 0 });
  onTestFinished(gateway.close);

  const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "none", maxRetries: 0 });
  for (const model of ["foundry/gpt", "foundry/claude-haiku-4-5"]) {
    const { choices } = await openai.chat.completions.create({ model, messages });
    expect(choices[0]?.message.content).toBe("driven");
  }

  expect(tokens.asked.map(({ path, form }) => [path, Object.fromEntries(form)])).toEqual(
    Array.from({ length: 2 }, () => [
      "/my-tenant/oauth2/v2.0/token",
      {
        grant_type: "client_credentials",
        client_id: "my-app",
        client_secret: "s3cret",
        scope: "https://cognitiveservices.azure.com/.default",
      },
    ]),
  );
  expect(vendor.requests.map(({ path, headers }) => [headers.authorization, path])).toEqual([
    ["Bearer token-1", "/openai/v1/chat/completions"],
    ["Bearer token-2", "/openai/v1/chat/completions"],
    ["Bearer token-2", "/anthropic/v1/messages"],
  ]);
  expect(vendor.requests.every(({ headers }) => headers["api-key"] === undefined)).toBe(true);
});
