import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { startAnthropicVendor } from "../vendors/anthropic/start-anthropic-vendor.ts";
import { startOpenAiVendor } from "../vendors/openai/start-openai-vendor.ts";
import type { Vendor } from "../vendors/start-vendor-server.ts";

const hi = [{ role: "user", content: "hello" }];

/** A request that refers to what its vendor keeps: its path, its body and the member. */
type Row = readonly [title: string, path: string, body: object, field: string];

const rows: readonly Row[] = [
  [
    "an earlier response",
    "/v1/responses",
    { model: "claude", input: "hi", previous_response_id: "resp_1" },
    "previous_response_id",
  ],
  [
    "an earlier response, with the result of its call alone",
    "/v1/responses",
    {
      model: "claude",
      input: [{ type: "function_call_output", call_id: "c", output: "x" }],
      previous_response_id: "resp_1",
    },
    "previous_response_id",
  ],
  [
    "a conversation",
    "/v1/responses",
    { model: "claude", input: "hi", conversation: "conv_1" },
    "conversation",
  ],
  [
    "a stored prompt",
    "/v1/responses",
    { model: "claude", input: "hi", prompt: { id: "pmpt_1" } },
    "prompt",
  ],
  [
    "an answer in the background",
    "/v1/responses",
    { model: "claude", input: "hi", background: true },
    "background",
  ],
  [
    "an item by reference",
    "/v1/responses",
    { model: "claude", input: [...hi, { type: "item_reference", id: "msg_1" }, ...hi] },
    "input[1]",
  ],
  [
    "an item by its id alone",
    "/v1/responses",
    { model: "claude", input: [...hi, { id: "msg_1" }] },
    "input[1]",
  ],
  [
    "a file of Responses",
    "/v1/responses",
    {
      model: "claude",
      input: [{ role: "user", content: [{ type: "input_file", file_id: "file-1" }] }],
    },
    "input[0].content[0].file_id",
  ],
  [
    "a file of Chat Completions",
    "/v1/chat/completions",
    {
      model: "claude",
      messages: [{ role: "user", content: [{ type: "file", file: { file_id: "file-1" } }] }],
    },
    "messages[0].content[0].file.file_id",
  ],
  [
    "a thread",
    "/v1/messages",
    { model: "gpt", max_tokens: 5, messages: hi, thread: { type: "create" } },
    "thread",
  ],
  [
    "a container",
    "/v1/messages",
    { model: "gpt", max_tokens: 5, messages: hi, container: "container_1" },
    "container",
  ],
  [
    "a file of Messages",
    "/v1/messages",
    {
      model: "gpt",
      max_tokens: 5,
      messages: [
        {
          role: "user",
          content: [{ type: "document", source: { type: "file", file_id: "file_1" } }],
        },
      ],
    },
    "messages.0.content.0.source.file_id",
  ],
  [
    "cached content",
    "/v1beta/models/gpt:generateContent",
    { contents: [{ parts: [{ text: "hi" }] }], cached_content: "cachedContents/1" },
    "cachedContent",
  ],
  [
    "a file of Gemini",
    "/v1beta/models/gpt:generateContent",
    {
      contents: [
        { parts: [{ fileData: { mimeType: "application/pdf", fileUri: "gs://bucket/a.pdf" } }] },
      ],
    },
    "contents[0].parts[0].fileData.fileUri",
  ],
  [
    "a conversation of Cohere",
    "/v1/chat",
    { model: "claude", message: "hi", conversation_id: "c" },
    "conversation_id",
  ],
  [
    "connectors of Cohere",
    "/v1/chat",
    { model: "claude", message: "hi", connectors: [{ id: "web-search" }] },
    "connectors",
  ],
  [
    "search queries of Cohere",
    "/v1/chat",
    { model: "claude", message: "hi", search_queries_only: true },
    "search_queries_only",
  ],
  [
    "a context of Ollama",
    "/api/generate",
    { model: "gpt", prompt: "hi", stream: false, context: [1, 2] },
    "context",
  ],
];

describe("a request whose context another vendor keeps", () => {
  let anthropic: Vendor;
  let openai: Vendor;
  let gateway: RunningGateway;
  beforeAll(async () => {
    anthropic = await startAnthropicVendor({ apiKey: "a" });
    openai = await startOpenAiVendor({ apiKey: "o" });
    gateway = await startGateway({
      config: `
server: { host: 127.0.0.1, port: 0 }
providers:
  claude: { kind: anthropic, base_url: "${anthropic.url}", api_key: { value: a } }
  openai: { kind: openai, base_url: "${openai.url}/v1", api_key: { value: o } }
  stateless: { kind: openrouter, base_url: "${openai.url}/v1", api_key: { value: o } }
models:
  - { name: claude, targets: [{ model: claude/claude-sonnet-4-5 }] }
  - { name: gpt, targets: [{ model: openai/gpt-4.1 }] }
  - { name: routed, targets: [{ model: stateless/gpt-4.1 }] }
  - { name: both, targets: [{ model: claude/claude-sonnet-4-5 }], fallbacks: [openai/gpt-4.1] }
  - { name: careful, strict: true, targets: [{ model: claude/claude-sonnet-4-5 }] }
`,
      world: { record: () => undefined },
    });
  });
  afterAll(async () => {
    await gateway.close();
    await anthropic.close();
    await openai.close();
  });

  const post = async (path: string, body: object) => {
    const reply = await fetch(`${gateway.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "anthropic-version": "2023-06-01" },
      body: JSON.stringify(body),
    });
    const text = await reply.text();
    return { status: reply.status, text, fidelity: reply.headers.get("x-parlance-fidelity") ?? "" };
  };
  const sent = () => anthropic.requests.length + openai.requests.length;

  for (const [title, path, body, field] of rows) {
    it(`is refused by its name before a vendor of another dialect is called: ${title}`, async () => {
      const before = sent();
      const { status, text } = await post(path, body);
      expect([status, text, sent()]).toEqual([400, expect.stringContaining(`${field}: `), before]);
    });
  }

  it("is refused by a vendor of its dialect that keeps nothing", async () => {
    const { status, text } = await post("/v1/responses", {
      model: "routed",
      input: "hi",
      previous_response_id: "resp_1",
    });
    expect([status, text]).toEqual([400, expect.stringContaining("previous_response_id: ")]);
  });

  it("passes to a vendor of its dialect, also as a fallback", async () => {
    for (const model of ["gpt", "both"]) {
      const before = openai.requests.length;
      await post("/v1/responses", { model, input: "hi", previous_response_id: "resp_1" });
      const [request] = openai.requests.slice(before);
      expect(request?.rawBody.toString()).toContain('"previous_response_id":"resp_1"');
    }
  });

  it("has OpenAI's client name the member", async () => {
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "x", maxRetries: 0 });
    const refused = client.responses.create({
      model: "claude",
      input: "hi",
      previous_response_id: "resp_1",
    });
    await expect(refused).rejects.toMatchObject({
      status: 400,
      param: "previous_response_id",
      type: "invalid_request_error",
    });
  });

  it("has Anthropic's client go on with the full conversation", async () => {
    const client = new Anthropic({ baseURL: gateway.url, apiKey: "x", maxRetries: 0 });
    const thread = client.beta.messages.thread({
      model: "gpt",
      max_tokens: 50,
      unsupportedRequestBehavior: "continue_unthreaded",
    });
    const before = openai.requests.length;
    await thread.send({ role: "user", content: "My name is Bob" });
    await thread.send({ role: "user", content: "What is my name?" });
    const bodies = openai.requests.slice(before).map(({ rawBody }) => rawBody.toString());
    expect(bodies).toHaveLength(2);
    expect(bodies[1]).toContain("My name is Bob");
  });

  it("loses nothing by store: false, and what it loses by store: true is reported", async () => {
    const { status, fidelity } = await post("/v1/responses", {
      model: "careful",
      input: "hi",
      store: false,
      background: false,
    });
    expect([status, fidelity]).toEqual([200, expect.not.stringMatching(/DROPPED|CLAMPED/)]);
    const kept = await post("/v1/responses", { model: "claude", input: "hi", store: true });
    expect([kept.status, kept.fidelity]).toEqual([200, expect.stringContaining("store=DROPPED")]);
    const careful = await post("/v1/responses", { model: "careful", input: "hi", store: true });
    expect(careful.status).toBe(400);
  });
});
