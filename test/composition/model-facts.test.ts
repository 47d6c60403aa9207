import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import OpenAI from "openai";
import { describe, expect, it, onTestFinished } from "vitest";
import { ModelService } from "../../gen/parlance/admin/v1/model_service_pb.js";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { readFactFile } from "../../src/composition/fact-book.ts";
import { isObject } from "../../src/json/json.ts";
import { startGateway } from "../../src/serve.ts";
import { type RecordedRequest, startVendorServer } from "../vendors/start-vendor-server.ts";
import type { VendorReply } from "../vendors/vendor-reply.ts";

const messagesAnswer = {
  ...{
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    stop_reason: "end_turn",
    stop_sequence: null,
  },
  content: [{ type: "text", text: "Hello" }],
  usage: { input_tokens: 3, output_tokens: 2 },
};
const converseAnswer = {
  output: { message: { role: "assistant", content: [{ text: "Hello" }] } },
  stopReason: "end_turn",
  usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
};

function answer({ path }: RecordedRequest): VendorReply {
  const body = path.endsWith("/converse") ? converseAnswer : messagesAnswer;
  const headers = { "content-type": "application/json" };
  return { status: 200, headers, frames: [Buffer.from(JSON.stringify(body))], ending: "end" };
}

const arn = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/x";
const known = "claude-sonnet-4-5";

/** A gateway whose vendors are one server, and the files of facts that it has read. */
async function start() {
  const vendor = await startVendorServer(answer, {});
  onTestFinished(vendor.close);
  const reads: string[] = [];
  const readFacts = (file: string) => {
    reads.push(file);
    return readFactFile(file);
  };
  const aws = {
    region: "eu-west-1",
    access_key_id: { value: "AKID" },
    secret_access_key: { value: "secret" },
  };
  const key = { api_key: { value: "key" } };
  const config = {
    providers: {
      claude: { kind: "anthropic", base_url: vendor.url, ...key },
      cloud: { kind: "bedrock", base_url: vendor.url, aws },
      invoke: { kind: "bedrock_invoke", base_url: vendor.url, aws },
      far: { kind: "openai_compatible", base_url: `${vendor.url}/v1` },
    },
    models: [
      { name: "short", targets: [{ model: `claude/${known}`, facts: { max_output_tokens: 123 } }] },
      { name: "aliased", targets: [{ model: "claude/my-name", base_model: known }] },
      {
        name: "profile",
        targets: [{ model: `invoke/${arn}`, base_model: "anthropic.claude-opus-4-6-v1" }],
      },
      {
        name: "converse",
        targets: [{ model: `cloud/${arn}`, base_model: "anthropic.claude-opus-4-6-v1" }],
      },
      { name: "mix", targets: [{ model: `claude/${known}` }, { model: "claude/claude-opus-4-1" }] },
      { name: "partly", targets: [{ model: `claude/${known}` }, { model: "far/x" }] },
      {
        name: "told",
        facts: { context_window: 500_000 },
        targets: [{ model: `claude/${known}`, facts: { prices: { tokens: { output: "14.5" } } } }],
      },
    ],
  };
  const gateway = await startGateway({
    config: JSON.stringify(config),
    port: 0,
    world: { readFacts },
  });
  onTestFinished(gateway.close);
  const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
  const clients = {
    chat: createClient(ChatService, transport),
    models: createClient(ModelService, transport),
  };
  return { ...clients, url: gateway.url, vendor, reads };
}

const user = {
  role: Role.USER,
  parts: [{ content: { case: "text", value: { text: "hi" } } } as const],
};

function bodyOf(request: RecordedRequest | undefined) {
  const body = request?.json;
  if (!isObject(body)) throw new Error("the vendor got no JSON object");
  return body;
}

describe("a bound that the vendor demands and the caller does not say", () => {
  const cases: readonly (readonly [
    title: string,
    model: string,
    bound: number,
    reads: readonly string[],
  ])[] = [
    ["is the model's own", `claude/${known}`, 64_000, ["anthropic"]],
    ["is what the config says", "short", 123, ["anthropic"]],
    ["is that of the base model", "aliased", 64_000, ["anthropic"]],
    ["is that of the base model behind an ARN", "profile", 128_000, ["amazon-bedrock"]],
    [
      "is the dialect's where nothing is known of the model",
      "claude/claude-sonnet-77",
      32_000,
      ["anthropic"],
    ],
  ];
  for (const [title, model, bound, expected] of cases) {
    it(title, async () => {
      const { chat, vendor, reads } = await start();
      expect(reads).toEqual([]);
      for (let call = 1; call <= 2; call += 1) {
        const { report } = await chat.complete({ chat: { model, messages: [user] } });
        expect(bodyOf(vendor.requests[call - 1]).max_tokens).toBe(bound);
        expect(report?.fidelity.find(({ field }) => field === "max_output_tokens")?.note).toContain(
          String(bound),
        );
      }
      expect(reads).toEqual(expected);
      // Explain looks up prices beside, so it comes after.
      const { targets } = await chat.explain({ chat: { model, messages: [user] } });
      expect(JSON.parse(targets[0]?.bodyJson ?? "")).toMatchObject({ max_tokens: bound });
    });
  }

  it("is not looked for where the caller says one, nor in a dialect that needs none", async () => {
    const { chat, vendor } = await start();
    await chat.complete({
      chat: { model: `claude/${known}`, messages: [user], maxOutputTokens: 9 },
    });
    await chat.complete({ chat: { model: "converse", messages: [user] } });
    expect(bodyOf(vendor.requests[0]).max_tokens).toBe(9);
    expect(bodyOf(vendor.requests[1]).inferenceConfig).toBeUndefined();
  });
});

it("a base model tells what a deployment takes, and the deployment is called by its own name", async () => {
  const { chat, vendor } = await start();
  const asked = { model: "converse", messages: [user], reasoning: { effort: 4 } };
  await chat.complete({ chat: asked });
  expect(vendor.requests[0]?.path).toBe(`/model/${encodeURIComponent(arn)}/converse`);
  expect(bodyOf(vendor.requests[0]).additionalModelRequestFields).toMatchObject({
    thinking: { type: "adaptive" },
  });
});

describe("GetModel", () => {
  it("tells what is known of each deployment, and what holds for all", async () => {
    const { models } = await start();
    const { model } = await models.getModel({ name: "mix" });
    expect(model?.deployments.map(({ facts }) => facts?.maxOutputTokens)).toEqual([64_000, 32_000]);
    expect(model?.facts).toMatchObject({
      contextWindow: 200_000,
      maxOutputTokens: 32_000,
      tools: true,
    });
    expect(model?.facts?.prices).toBeUndefined();
    expect(model?.facts?.sources.length).toBeGreaterThan(0);
  });

  it("relies on nothing where nothing is known of a deployment", async () => {
    const { models } = await start();
    const { model } = await models.getModel({ name: "partly" });
    expect(model?.deployments.map(({ facts }) => facts?.contextWindow)).toEqual([
      200_000,
      undefined,
    ]);
    expect(model?.deployments[1]?.facts).toBeUndefined();
    expect(model?.facts).toBeUndefined();
  });

  it("tells the config's word over the data's", async () => {
    const { models } = await start();
    const { model } = await models.getModel({ name: "told" });
    expect(model?.facts).toMatchObject({ contextWindow: 500_000, maxOutputTokens: 64_000 });
    expect(model?.facts?.prices?.tokens).toMatchObject({
      input: 3_000_000_000n,
      output: 14_500_000_000n,
    });
    expect(model?.facts?.sources).toContain("config");
  });

  it("knows models that are named by their provider", async () => {
    const { models } = await start();
    const { model } = await models.getModel({ name: `claude/${known}` });
    expect(model?.facts).toMatchObject({ contextWindow: 200_000 });
  });
});

it("ListModels tells the same as GetModel", async () => {
  const { models } = await start();
  const { models: listed } = await models.listModels({});
  for (const name of ["mix", "partly", "told"]) {
    const { model } = await models.getModel({ name });
    expect(listed.find((each) => each.name === name)).toEqual(model);
  }
});

it("a list of models for OpenAI's SDK, and Mistral's, reads no facts", async () => {
  const { url, reads } = await start();
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none" });
  const { data } = await openai.models.list();
  expect(data.find(({ id }) => id === "mix")).toEqual({
    id: "mix",
    object: "model",
    created: 0,
    owned_by: "claude",
    type: "base",
    name: "mix",
    aliases: [],
    capabilities: {
      completion_chat: true,
      completion_fim: false,
      function_calling: true,
      fine_tuning: false,
    },
  });
  expect(reads).toEqual([]);
});
