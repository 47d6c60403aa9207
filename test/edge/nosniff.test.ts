import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningGateway } from "../../src/serve.ts";
import { adminKey, startSimGateway } from "../start-sim-gateway.ts";
import { openRaw } from "./start-server.ts";

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startSimGateway('cors: { allowed_origins: ["https://app.example"] }');
});
afterAll(() => gateway.close());

const keyed = { authorization: `Bearer ${adminKey}` };
const json = { ...keyed, "content-type": "application/json" };
const chat = (stream: boolean) =>
  JSON.stringify({ model: "fast", stream, messages: [{ role: "user", content: "<script>" }] });
const complete = "/parlance.chat.v1.ChatService/Complete";

describe("no browser guesses what a reply is", () => {
  const cases: readonly (readonly [title: string, path: string, init: RequestInit])[] = [
    ["the index", "/", {}],
    ["a probe", "/healthz", {}],
    ["models", "/v1/models", { headers: keyed }],
    ["a model", "/v1/models/fast", { headers: keyed }],
    ["models for Google's clients", "/v1beta/models", { headers: keyed }],
    ["models for Ollama's clients", "/api/tags", { headers: keyed }],
    ["an answer", "/v1/chat/completions", { method: "POST", headers: json, body: chat(false) }],
    ["a stream", "/v1/chat/completions", { method: "POST", headers: json, body: chat(true) }],
    ["a refused key", "/v1/chat/completions", { method: "POST", body: chat(false) }],
    [
      "a body that is no JSON",
      "/v1/chat/completions",
      { method: "POST", headers: json, body: "<script>" },
    ],
    ["a path that is none", "/<script>", {}],
    ["an RPC", complete, { method: "POST", headers: json, body: "{}" }],
    ["a method that the path does not take", complete, { method: "GET" }],
    ["a preflight", "/v1/models", { method: "OPTIONS", headers: preflight("https://app.example") }],
    [
      "a preflight that is refused",
      "/v1/models",
      { method: "OPTIONS", headers: preflight("https://evil.example") },
    ],
  ];
  for (const [title, path, init] of cases) {
    it(title, async () => {
      const response = await fetch(gateway.url + path, init);
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      await response.arrayBuffer();
    });
  }

  it("bytes that are no request", async () => {
    const connection = openRaw(gateway.port);
    connection.socket.write("<script>\r\n\r\n");
    expect(await connection.closed).toContain("x-content-type-options: nosniff");
  });
});

function preflight(origin: string): Record<string, string> {
  return { origin, "access-control-request-method": "GET" };
}
