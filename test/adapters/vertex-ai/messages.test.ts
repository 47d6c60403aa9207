import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { anthropicMessages as anthropicMessagesDialect } from "../../../src/adapters/anthropic-messages/index.ts";
import { gemini as geminiDialect } from "../../../src/adapters/gemini/index.ts";
import { createVertexMessages } from "../../../src/adapters/vertex-ai/messages.ts";
import type { Decoded, Encoded } from "../../../src/core/dialect.ts";
import { staysInPlace } from "../../../src/core/dispatch/url-path.ts";
import { vendorSide } from "../sides.ts";

const anthropicMessages = vendorSide(anthropicMessagesDialect);
const gemini = vendorSide(geminiDialect);

const claude = vendorSide(createVertexMessages(anthropicMessages, gemini));
const model = "claude-sonnet-4-5@20250929";
const path = `/publishers/anthropic/models/${model}`;
const chat = create(ChatSchema, {
  messages: [{ role: Role.USER, parts: [{ content: { case: "text", value: { text: "hi" } } }] }],
  maxOutputTokens: 5,
  extrasJson: { "anthropic-messages": '{"betas":["one-2025"]}' },
});

function sent(encoded: Decoded<Encoded>) {
  if (!encoded.ok) throw new Error(encoded.fault.message);
  const { request } = encoded.value;
  return { ...request, body: JSON.parse(Buffer.from(request.body).toString()) };
}

describe("a request to Claude on Vertex AI", () => {
  const messages = [{ role: "user", content: "hi" }];
  const version = "vertex-2023-10-16";

  for (const stream of [false, true]) {
    it(`has its model in the path and its version in the body${stream ? ", of a stream" : ""}`, () => {
      const request = sent(claude.encodeRequest(chat, { model, stream, quirks: {} }));
      expect(request.path).toBe(`${path}:${stream ? "streamRawPredict" : "rawPredict"}`);
      expect(request.headers.join(" ")).toContain("anthropic-beta one-2025");
      const body = {
        max_tokens: 5,
        messages,
        anthropic_version: version,
        ...(stream ? { stream } : {}),
      };
      expect(request.body).toEqual(body);
    });
  }

  it("that counts has its model in the body and a path of its own", () => {
    const request = sent(
      claude.countTokens?.encodeRequest(chat, { model, stream: false, quirks: {} }) ?? {
        ok: false,
        fault: none,
      },
    );
    expect(request.path).toBe("/publishers/anthropic/models/count-tokens:rawPredict");
    expect(request.body).toEqual({ model, messages, anthropic_version: version });
  });

  const bytes: readonly [
    title: string,
    operation: "chat" | "count_tokens",
    stream: boolean,
    path: string,
    body: string,
  ][] = [
    [
      "a chat",
      "chat",
      false,
      `${path}:rawPredict`,
      `{"max_tokens":5.0,"x":[ 1 ],"anthropic_version":"${version}"}`,
    ],
    [
      "a stream",
      "chat",
      true,
      `${path}:streamRawPredict`,
      `{"max_tokens":5.0,"x":[ 1 ],"anthropic_version":"${version}"}`,
    ],
    [
      "a count",
      "count_tokens",
      false,
      "/publishers/anthropic/models/count-tokens:rawPredict",
      `{"model":"${model}", "max_tokens":5.0,"x":[ 1 ],"anthropic_version":"${version}"}`,
    ],
  ];
  for (const [title, operation, stream, wanted, body] of bytes) {
    it(`keeps every other byte of a client's body: ${title}`, () => {
      const origin = Buffer.from('{"model":"m", "max_tokens":5.0,"x":[ 1 ]}');
      const request = claude.passthrough.request(operation, origin, { model, stream, quirks: {} });
      expect(request.path).toBe(wanted);
      expect(Buffer.from(request.body).toString()).toBe(body);
    });
  }

  for (const name of [`anthropic/${model}`, `publishers/anthropic/models/${model}`]) {
    it(`takes the model by the name ${name}`, () => {
      expect(
        sent(claude.encodeRequest(chat, { model: name, stream: false, quirks: {} })).path,
      ).toBe(`${path}:rawPredict`);
    });
  }

  it("does not leave its place by the name of a model, or is seen to", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const request = claude.passthrough.request("chat", Buffer.from("{}"), {
          model: name,
          stream: false,
          quirks: {},
        });
        if (!staysInPlace(request.path)) return;
        const url = new URL(request.path, "https://a.example");
        expect(url.pathname).toMatch(/^\/publishers\/anthropic\/models\/.*:rawPredict$/);
        expect(url.search + url.hash).toBe("");
      }),
    );
  });
});

describe("an error of Claude on Vertex AI", () => {
  const cases: readonly [title: string, status: number, body: unknown, expected: object][] = [
    [
      "its maker's",
      400,
      {
        type: "error",
        error: { type: "invalid_request_error", message: "max_tokens: Field required" },
      },
      { reason: ErrorReason.UPSTREAM_INVALID_REQUEST, upstreamType: "invalid_request_error" },
    ],
    [
      "Google's",
      429,
      { error: { code: 429, message: "Quota exceeded", status: "RESOURCE_EXHAUSTED" } },
      { reason: ErrorReason.UPSTREAM_RATE_LIMITED, upstreamType: "RESOURCE_EXHAUSTED" },
    ],
    [
      "Google's, in a list",
      404,
      [{ error: { code: 404, message: "Publisher Model was not found", status: "NOT_FOUND" } }],
      { reason: ErrorReason.UPSTREAM_NOT_FOUND },
    ],
    ["a page", 502, "<html>", { reason: ErrorReason.UPSTREAM_UNAVAILABLE }],
  ];
  for (const [title, status, body, expected] of cases) {
    it(`is told: ${title}`, () => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      expect(claude.decodeError(status, {}, Buffer.from(text))).toMatchObject(expected);
    });
  }
});

const none = { reason: ErrorReason.INTERNAL, message: "no counting" };
