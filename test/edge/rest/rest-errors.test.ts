import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningGateway } from "../../../src/serve.ts";
import { adminKey, devKey, startSimGateway } from "../../start-sim-gateway.ts";

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startSimGateway("limits: { max_body_bytes: 1024 }");
});
afterAll(() => gateway.close());

interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

const json = { "content-type": "application/json" };
const keyed = { ...json, authorization: `Bearer ${devKey}` };
const chat = JSON.stringify({ model: "fast", messages: [{ role: "user", content: "hi" }] });

async function send({ method = "POST", path, headers = keyed, body }: Sent): Promise<Response> {
  const init =
    body === undefined ? {} : { body: typeof body === "string" ? body : Buffer.from(body) };
  return fetch(gateway.url + path, { method, headers, ...init });
}

describe("a bad request is answered in the caller's dialect", () => {
  const openAi = "/v1/chat/completions";
  const anthropic = "/v1/messages";
  const cases: readonly (readonly [
    title: string,
    sent: Sent,
    status: number,
    error: Readonly<Record<string, unknown>>,
  ])[] = [
    [
      "without a key",
      { path: openAi, headers: json, body: chat },
      401,
      { type: "authentication_error" },
    ],
    [
      "with an unknown key",
      { path: openAi, headers: { ...json, authorization: "Bearer no" }, body: chat },
      401,
      { code: "invalid_api_key" },
    ],
    [
      "with an unknown key, Anthropic",
      { path: anthropic, headers: { ...json, "x-api-key": "no" }, body: chat },
      401,
      { type: "authentication_error" },
    ],
    [
      "without a body",
      { path: openAi },
      400,
      { message: "the request has no body: send a JSON object" },
    ],
    [
      "with JSON that is cut",
      { path: openAi, body: '{"model": "fast",\n "messages": [' },
      400,
      { message: /not valid JSON: .* at line 2, column 15 \(byte 32\)/ },
    ],
    [
      "with bytes that are not UTF-8",
      { path: openAi, body: Uint8Array.from([0x7b, 0xff, 0x7d]) },
      400,
      { message: /not valid UTF-8/ },
    ],
    ["with a JSON list", { path: openAi, body: "[]" }, 400, { message: /not an object/ }],
    [
      "without a model",
      { path: openAi, body: '{"messages":[{"role":"user","content":"hi"}]}' },
      400,
      { param: "model" },
    ],
    [
      "with a model that is no text",
      { path: openAi, body: '{"model":7,"messages":[{"role":"user","content":"hi"}]}' },
      400,
      { param: "model" },
    ],
    [
      "with stream that is no boolean",
      {
        path: openAi,
        body: '{"model":"fast","stream":"yes","messages":[{"role":"user","content":"hi"}]}',
      },
      400,
      { param: "stream" },
    ],
    ["without messages", { path: openAi, body: '{"model":"fast"}' }, 400, { param: "messages" }],
    [
      "with a role that is none",
      { path: openAi, body: '{"model":"fast","messages":[{"role":"robot","content":"hi"}]}' },
      400,
      { param: "messages[0].role" },
    ],
    [
      "without max_tokens at Anthropic",
      { path: anthropic, body: chat },
      400,
      { type: "invalid_request_error", message: /max_tokens/ },
    ],
    [
      "as a form",
      {
        path: openAi,
        headers: { ...keyed, "content-type": "application/x-www-form-urlencoded" },
        body: chat,
      },
      415,
      { message: "content-type must be application/json, not application/x-www-form-urlencoded" },
    ],
    [
      "by GET",
      { method: "GET", path: openAi },
      405,
      { message: "/v1/chat/completions takes POST, not GET" },
    ],
    [
      "at an unknown path",
      { path: "/v1/chats", body: chat },
      404,
      { message: /there is nothing at POST \/v1\/chats/ },
    ],
    [
      "for a model that the key may not use",
      { path: openAi, body: chat.replace("fast", "spare") },
      403,
      { message: "key dev may not use model spare" },
    ],
    [
      "for a model that is none",
      {
        path: openAi,
        headers: { ...json, authorization: `Bearer ${adminKey}` },
        body: chat.replace("fast", "nope"),
      },
      404,
      { code: "model_not_found" },
    ],
    [
      "with a timeout that is no number",
      { path: openAi, headers: { ...keyed, "x-parlance-timeout-ms": "soon" }, body: chat },
      400,
      { param: "x-parlance-timeout-ms" },
    ],
    [
      "with a body that is too large",
      { path: openAi, body: `"${"x".repeat(2048)}"` },
      413,
      { message: /larger than the limit of 1024 bytes/ },
    ],
  ];
  for (const [title, sent, status, error] of cases) {
    it(title, async () => {
      const response = await send(sent);
      const body = (await response.json()) as { readonly error: Record<string, unknown> };
      expect([response.status, response.headers.get("content-type")]).toEqual([
        status,
        "application/json",
      ]);
      for (const [member, expected] of Object.entries(error)) {
        if (expected instanceof RegExp) expect(body.error[member]).toMatch(expected);
        else expect(body.error[member]).toBe(expected);
      }
      expect("type" in body).toBe(sent.path === anthropic);
    });
  }

  it("says which methods a path takes and how to authenticate", async () => {
    expect((await send({ method: "DELETE", path: openAi })).headers.get("allow")).toBe("POST");
    expect(
      (await send({ path: openAi, headers: json, body: chat })).headers.get("www-authenticate"),
    ).toBe('Bearer realm="parlance"');
  });
});

describe("what the vendor fails with", () => {
  it("keeps its status and its Retry-After, and names the call", async () => {
    const response = await send({
      path: "/v1/chat/completions",
      body: chat.replace("fast", "broken"),
    });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(response.headers.get("x-parlance-call-id")).toMatch(/\S/);
    expect(response.headers.get("x-parlance-attempts")).toBe("1");
    expect(response.headers.get("x-parlance-trail")).toMatch(
      /^sim\/error-429;end=broken;reason=UPSTREAM_RATE_LIMITED;status=429;us=\d+$/,
    );
  });

  it("is made good by a fallback, and the headers tell", async () => {
    const response = await send({
      path: "/v1/chat/completions",
      body: chat.replace("fast", "shaky"),
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-parlance-target")).toBe("sim/echo");
    expect(response.headers.get("x-parlance-attempts")).toBe("2");
    expect(response.headers.get("x-parlance-trail")).toMatch(
      /^sim\/error-503;end=broken;reason=UPSTREAM_UNAVAILABLE;status=503;us=\d+, sim\/echo;end=whole;us=\d+;first_token_us=\d+;input_tokens=\d+;output_tokens=\d+$/,
    );
    expect(Number(response.headers.get("x-parlance-overhead-us"))).toBeGreaterThan(0);
  });
});
