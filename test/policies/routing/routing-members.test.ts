import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { RerankSpecSchema } from "../../../gen/parlance/rerank/v1/ranking_pb.js";
import { routingMemberPaths } from "../../../src/adapters/catalog/routing-member-paths.ts";
import {
  chat as chatOperation,
  countTokens,
  embed as embedOperation,
  rerank as rerankOperation,
} from "../../../src/core/operation.ts";
import type { JsonObject } from "../../../src/json/json.ts";
import { createRoutingMembers } from "../../../src/policies/routing/routing-members.ts";
import { callOf, chatOf, requestOf } from "../../calls.ts";
import { expectLinear } from "../../cpu-growth.ts";

const routingMembers = createRoutingMembers(Object.values(routingMemberPaths).flat());

function inBody(json: JsonObject): readonly string[] {
  const origin = { dialect: "d", body: new Uint8Array(), json, wantsUsage: true };
  return routingMembers(
    callOf({
      origin,
      request: requestOf(chatOperation, (): never => expect.unreachable()),
    }),
  );
}

function inExtras(extras: JsonObject): readonly string[] {
  const chat = { ...chatOf("hi"), extrasJson: { "openai-chat": JSON.stringify(extras) } };
  return routingMembers(callOf({ request: requestOf(chatOperation, chat) }));
}

/** Members that choose, with the paths that are named. */
const choosing: readonly (readonly [json: JsonObject, paths: readonly string[]])[] = [
  ...[
    ...[
      "models",
      "route",
      "provider",
      "preset",
      "plugins",
      "fallbacks",
      "context_window_fallbacks",
    ],
    ...[
      "content_policy_fallbacks",
      "specific_deployment",
      "user_config",
      "api_base",
      "base_url",
      "api_key",
    ],
    ...[
      "model_list",
      "api_version",
      "organization",
      "deployment_id",
      "custom_llm_provider",
      "extra_headers",
    ],
    ...[
      "azure_ad_token",
      "aws_bedrock_runtime_endpoint",
      "vertex_credentials",
      "providers",
      "fallback_providers",
    ],
    ...["adapter_id", "lora_path", "version", "model_id"],
  ].map((name) => [{ [name]: "x" }, [name]] as const),
  [{ models: null }, ["models"]],
  [{ providerOptions: { gateway: { models: ["x"] } } }, ["providerOptions.gateway"]],
  [{ compound_custom: { models: {} } }, ["compound_custom.models"]],
  [{ parameters: { adapter_id: "x" } }, ["parameters.adapter_id"]],
  [
    { tools: [{ type: "web_search" }, { type: "image_generation", model: "x" }] },
    ["tools[1].model"],
  ],
  [
    { tools: [{ type: "openrouter:advisor", parameters: { model: "x" } }] },
    ["tools[0].parameters.model"],
  ],
  [
    { data_sources: [{ parameters: { embedding_dependency: {} } }] },
    ["data_sources[0].parameters.embedding_dependency"],
  ],
  [{ extra_body: { top_k: 1, models: ["x"] } }, ["extra_body.models"]],
  [{ extra_body: { model: "x" } }, ["extra_body.model"]],
  [{ extra_body: { extra_body: { route: "x" } } }, ["extra_body.extra_body.route"]],
  [{ Models: [], MODEL: "x", api_Base: "x" }, ["Models", "api_Base", "MODEL"]],
  [{ "model\u017f": [], "\u212AEY": 1 }, ["model\u017f"]],
];

describe("members that choose models or upstreams", () => {
  it("are found in the body of every client", () => {
    for (const [json, paths] of choosing)
      expect(inBody({ model: "m", ...json }), JSON.stringify(json)).toEqual(paths);
  });

  it("are found among the extras of a typed call", () => {
    for (const [json, paths] of choosing) {
      const named = paths.map((path) => `extras_json["openai-chat"].${path}`);
      expect(inExtras(json), JSON.stringify(json)).toEqual(named);
    }
  });

  it("are found among the extras of every operation and of every dialect", () => {
    const extrasJson = { "my-own": '{"models":["x"]}', b: "not JSON", c: "[1]" };
    const embed = create(EmbedSpecSchema, { model: "m", extrasJson });
    const rerank = create(RerankSpecSchema, { model: "m", extrasJson });
    const chat = create(ChatSchema, { model: "m", extrasJson });
    const requests = [
      requestOf(embedOperation, embed),
      requestOf(rerankOperation, rerank),
      requestOf(countTokens, chat),
    ];
    for (const request of requests)
      expect(routingMembers(callOf({ request }))).toEqual(['extras_json["my-own"].models']);
  });

  it("are `model` itself where a dialect puts its extras over its body", () => {
    expect(inExtras({ model: "x" })).toEqual(['extras_json["openai-chat"].model']);
  });

  it("are found in the tools of a typed call", () => {
    const chat = create(ChatSchema, {
      model: "m",
      tools: [
        {
          tool: {
            case: "builtin",
            value: { dialect: "d", json: '{"type":"advisor","model":"x"}' },
          },
        },
        { tool: { case: "function", value: { name: "f", extrasJson: { d: '{"model":"x"}' } } } },
        { tool: { case: "custom", value: { name: "c" } } },
      ],
    });
    expect(routingMembers(callOf({ request: requestOf(chatOperation, chat, true) }))).toEqual([
      "tools[0].builtin.json.model",
      'tools[1].function.extras_json["d"].model',
    ]);
  });

  it("are not found where there are none", () => {
    const schema = {
      type: "object",
      properties: { model: { type: "string" }, provider: {}, models: {} },
    };
    const bodies: readonly JsonObject[] = [
      {
        model: "m",
        messages: [{ role: "user", content: "models, route, provider", name: "api_key" }],
      },
      {
        model: "m",
        tools: [{ type: "function", function: { name: "model", parameters: schema } }],
      },
      { model: "m", tools: [{ type: "function", name: "models", parameters: schema }] },
      {
        model: "m",
        tools: [{ name: "route", input_schema: schema }],
        metadata: { model: "x", models: "y" },
      },
      {
        contents: [{ parts: [{ text: "x" }] }],
        tools: [{ functionDeclarations: [{ name: "f", parameters: schema }] }],
      },
      {
        model: "m",
        extra_body: { top_k: 4 },
        providerOptions: { anthropic: { models: 1 } },
        web_search_options: {},
      },
      {
        model: "m",
        response_format: { type: "json_schema", json_schema: { schema } },
        stream_options: {},
      },
      {
        model: "m",
        input: [{ models: 1 }],
        prompt: { id: "p", version: "2" },
        mcp_servers: [{ url: "https://a" }],
      },
    ];
    for (const body of bodies) expect(inBody(body), JSON.stringify(body)).toEqual([]);
    expect(inExtras({ top_k: 4, metadata: { model: "x" } })).toEqual([]);
  });

  it("are named up to ten", () => {
    const tools = Array.from({ length: 1000 }, () => ({ model: "x" }));
    expect(inBody({ model: "m", tools })).toHaveLength(10);
  });

  it("are looked for in linear time", () => {
    expectLinear("members and tools that choose nothing", (size) => {
      const members = Object.fromEntries(
        Array.from({ length: size }, (_, index) => [`member_${index}`, index]),
      );
      const tools = Array.from({ length: size }, () => ({
        type: "function",
        parameters: { type: "object" },
      }));
      return () => inBody({ ...members, tools });
    });
    expectLinear(
      "bodies within bodies",
      (size) => {
        let body: JsonObject = {};
        for (let depth = 0; depth < Math.min(size, 400); depth++)
          body = { extra_body: body, [`m${depth}`]: 1 };
        return () => inBody(body);
      },
      { size: 100 },
    );
  });
});
