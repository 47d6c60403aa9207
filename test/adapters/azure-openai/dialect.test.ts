import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { EmbedSpecSchema } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { createAzureDialect } from "../../../src/adapters/azure-openai/index.ts";
import { openAiChat as openAiChatDialect } from "../../../src/adapters/openai-chat/index.ts";
import { openAiResponses as openAiResponsesDialect } from "../../../src/adapters/openai-responses/index.ts";
import type { Decoded, Encoded } from "../../../src/core/dialect.ts";
import { staysInPlace } from "../../../src/core/dispatch/url-path.ts";
import { vendorSide } from "../sides.ts";

const openAiChat = vendorSide(openAiChatDialect);
const openAiResponses = vendorSide(openAiResponsesDialect);

const azure = vendorSide(createAzureDialect(openAiChat));
const azureResponses = vendorSide(createAzureDialect(openAiResponses));
const rowQuirks = {
  maxTokensField: "max_completion_tokens" as const,
  streamUsage: true,
  parallelToolCalls: true,
};

const chat = create(ChatSchema, {
  messages: [{ role: Role.USER, parts: [{ content: { case: "text", value: { text: "hi" } } }] }],
  tools: [{ tool: { case: "function", value: { name: "look", parametersJson: "{}" } } }],
  parallelToolCalls: false,
  maxOutputTokens: 9,
});
const spec = create(EmbedSpecSchema, { inputs: [{ input: { case: "text", value: "one" } }] });

function sent(encoded: Decoded<Encoded>): { path: string; body: Record<string, unknown> } {
  if (!encoded.ok) throw new Error(encoded.fault.message);
  const { path, body } = encoded.value.request;
  return { path, body: JSON.parse(Buffer.from(body).toString()) };
}

function options(apiVersion: string | undefined, more: object = {}, model = "my-gpt") {
  return {
    model,
    stream: true,
    quirks: { ...rowQuirks, ...more, ...(apiVersion === undefined ? {} : { apiVersion }) },
  };
}

describe("Azure's path", () => {
  const foundry = { datedPath: "models" as const };
  const cases: readonly [
    version: string | undefined,
    quirks: object,
    chat: string,
    embed: string,
    responses: string,
  ][] = [
    [undefined, {}, "/openai/v1/chat/completions", "/openai/v1/embeddings", "/openai/v1/responses"],
    ["", {}, "/openai/v1/chat/completions", "/openai/v1/embeddings", "/openai/v1/responses"],
    ["v1", {}, "/openai/v1/chat/completions", "/openai/v1/embeddings", "/openai/v1/responses"],
    [
      "preview",
      {},
      "/openai/v1/chat/completions?api-version=preview",
      "/openai/v1/embeddings?api-version=preview",
      "/openai/v1/responses?api-version=preview",
    ],
    [
      "2024-10-21",
      {},
      "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21",
      "/openai/deployments/my-gpt/embeddings?api-version=2024-10-21",
      "/openai/v1/responses",
    ],
    [
      "2025-04-01-preview",
      {},
      "/openai/deployments/my-gpt/chat/completions?api-version=2025-04-01-preview",
      "/openai/deployments/my-gpt/embeddings?api-version=2025-04-01-preview",
      "/openai/responses?api-version=2025-04-01-preview",
    ],
    [
      "2024-05-01-preview",
      foundry,
      "/models/chat/completions?api-version=2024-05-01-preview",
      "/models/embeddings?api-version=2024-05-01-preview",
      "/openai/v1/responses",
    ],
    ["v1", foundry, "/openai/v1/chat/completions", "/openai/v1/embeddings", "/openai/v1/responses"],
  ];
  for (const [version, quirks, chatPath, embedPath, responsesPath] of cases) {
    it(`of version ${version ?? "none"} is ${chatPath}`, () => {
      const asked = options(version, quirks);
      expect(sent(azure.encodeRequest(chat, asked)).path).toBe(chatPath);
      expect(sent(azure.embed.encodeRequest(spec, asked)).path).toBe(embedPath);
      expect(sent(azureResponses.encodeRequest(chat, asked)).path).toBe(responsesPath);
      const body = Buffer.from('{"model":"m"}');
      expect(azure.passthrough.request("chat", body, asked).path).toBe(chatPath);
      expect(azure.passthrough.request("embed", body, asked).path).toBe(embedPath);
      expect(azureResponses.passthrough.request("chat", body, asked).path).toBe(responsesPath);
    });
  }

  it("is not left by the name of a deployment or the word of a version, or is seen to be", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (model, word) => {
        const { path } = azure.passthrough.request(
          "chat",
          Buffer.from("{}"),
          options(`2024-10-21${word}`, {}, model),
        );
        if (!staysInPlace(path)) return;
        const url = new URL(path, "https://a.example");
        expect(url.pathname).toMatch(/^\/openai\/deployments\/[^/]*\/chat\/completions$/);
        expect([...url.searchParams.keys()]).toEqual(["api-version"]);
        expect(url.hash).toBe("");
      }),
    );
  });
});

describe("a request to Azure", () => {
  it("has the members that the version knows", () => {
    const older = sent(azure.encodeRequest(chat, options("2024-06-01"))).body;
    expect(older).toMatchObject({ model: "my-gpt", max_tokens: 9, stream: true });
    expect(Object.keys(older)).not.toContain("stream_options");
    expect(Object.keys(older)).not.toContain("parallel_tool_calls");
    for (const version of ["2024-09-01-preview", "2024-10-21", "v1", undefined]) {
      expect(sent(azure.encodeRequest(chat, options(version))).body).toMatchObject({
        max_completion_tokens: 9,
        parallel_tool_calls: false,
        stream_options: { include_usage: true },
      });
    }
    expect(
      sent(azure.encodeRequest(chat, options("2024-05-01-preview", { datedPath: "models" }))).body,
    ).toMatchObject({
      max_tokens: 9,
      stream_options: { include_usage: true },
    });
  });

  it("tells what an older version does not take", () => {
    const encoded = azure.encodeRequest(chat, options("2024-06-01"));
    expect(encoded.ok && encoded.value.report.map(({ field }) => field)).toEqual([
      "parallel_tool_calls",
    ]);
  });

  it("keeps every other byte of a client's body", () => {
    const body = Buffer.from('{"model":"m", "max_tokens":5.0,"data_sources":[ 1 ]}');
    const request = azure.passthrough.request("chat", body, {
      ...options("2024-06-01"),
      stream: false,
    });
    expect(Buffer.from(request.body).toString()).toBe(
      '{"model":"my-gpt", "max_tokens":5.0,"data_sources":[ 1 ]}',
    );
  });
});

describe("an error of Azure", () => {
  const filtered = {
    message:
      "The response was filtered due to the prompt triggering the content management policy.",
    type: null,
    param: "prompt",
    code: "content_filter",
    status: 400,
    innererror: {
      code: "ResponsibleAIPolicyViolation",
      content_filter_result: { hate: { filtered: true, severity: "high" } },
    },
  };
  const cases: readonly [title: string, status: number, error: object, expected: object][] = [
    [
      "a filtered prompt",
      400,
      filtered,
      {
        reason: ErrorReason.UPSTREAM_CONTENT_POLICY,
        upstreamCode: "content_filter",
        upstreamParam: "prompt",
      },
    ],
    [
      "a filtered prompt whose code only says it inside",
      400,
      { ...filtered, code: "400" },
      { reason: ErrorReason.UPSTREAM_CONTENT_POLICY },
    ],
    [
      "a filtered prompt with status 200",
      200,
      filtered,
      { reason: ErrorReason.UPSTREAM_CONTENT_POLICY },
    ],
    [
      "no such deployment",
      404,
      {
        code: "DeploymentNotFound",
        message: "The API deployment for this resource does not exist.",
      },
      { reason: ErrorReason.UPSTREAM_NOT_FOUND },
    ],
    [
      "a key that is refused",
      401,
      {
        code: "401",
        message: "Access denied due to invalid subscription key or wrong API endpoint.",
      },
      { reason: ErrorReason.UPSTREAM_UNAUTHENTICATED },
    ],
    [
      "a rate limit",
      429,
      {
        code: "429",
        message: "Requests have exceeded the token rate limit. Please retry after 3 seconds.",
      },
      { reason: ErrorReason.UPSTREAM_RATE_LIMITED, retryAfterMs: 3000 },
    ],
  ];
  for (const [title, status, error, expected] of cases) {
    it(`tells ${title}`, () => {
      const headers = { "apim-request-id": "r1", "retry-after": "3" };
      const fault = azure.decodeError(status, headers, Buffer.from(JSON.stringify({ error })));
      expect(fault).toMatchObject({ upstreamRequestId: "r1", ...expected });
    });
  }
});
