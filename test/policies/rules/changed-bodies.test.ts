import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";

const bodies: string[] = [];
const vendor = createServer((request, response) => {
  void text(request).then((body) => {
    bodies.push(body);
    response.writeHead(400, { "content-type": "application/json" }).end('{"error":"no"}');
  });
});
let gateway: RunningGateway;

beforeAll(async () => {
  vendor.listen(0, "127.0.0.1");
  await new Promise((resolve) => vendor.once("listening", resolve));
  const { port } = vendor.address() as AddressInfo; // it listens on a port
  const kinds = [
    "openai_compatible",
    "openai_responses_compatible",
    "anthropic",
    "gemini",
    "ollama",
    "cohere",
  ];
  const provider = (kind: string) => ({
    kind,
    base_url: `http://127.0.0.1:${port}`,
    api_key: { value: "key" },
  });
  gateway = await startGateway({
    port: 0,
    config: JSON.stringify({
      providers: Object.fromEntries(kinds.map((kind) => [kind, provider(kind)])),
      rules: [
        { name: "set", when: "!call.tools", set: { temperature: 0.5, top_p: 0.75 } },
        { name: "cap", cap: { max_tokens: 40 } },
        { name: "effort", when: 'call.user == "deep"', set: { reasoning_effort: "LOW" } },
      ],
    }),
    world: { record: () => undefined },
  });
});

afterAll(async () => {
  await gateway.close();
  vendor.closeAllConnections();
  vendor.close();
});

async function sent(path: string, body: string): Promise<string> {
  bodies.length = 0;
  const reply = await fetch(gateway.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  await reply.text();
  expect(bodies).toHaveLength(1);
  return bodies[0] ?? "";
}

const messages = `"messages": [ {"role":"user","content":"one"} ]`;

describe("rules change, in the bytes of their callers and nothing else,", () => {
  const cases: readonly [title: string, path: string, body: string, expected: string][] = [
    [
      "OpenAI's chats",
      "/v1/chat/completions",
      `{ "model":"openai_compatible/m", ${messages}, "odd" : [ 1e2 ],  "temperature":1.0, "max_tokens" :900 }`,
      `{ "model":"m", ${messages}, "odd" : [ 1e2 ],  "temperature":0.5, "max_tokens" :40,"top_p":0.75 }`,
    ],
    [
      "OpenAI's Responses",
      "/v1/responses",
      `{ "model":"openai_responses_compatible/m", "input":"one", "odd" : [ 1e2 ], "top_p": 1, "user":"deep", "reasoning":{ "summary":"auto" } }`,
      `{ "model":"m", "input":"one", "odd" : [ 1e2 ], "top_p": 0.75, "user":"deep", "reasoning":{ "summary":"auto","effort":"low" },"temperature":0.5,"max_output_tokens":40 }`,
    ],
    [
      "Anthropic's Messages",
      "/v1/messages",
      `{ "model":"anthropic/m", "max_tokens" : 900, ${messages}, "odd" : [ 1e2 ] }`,
      `{ "model":"m", "max_tokens" : 40, ${messages}, "odd" : [ 1e2 ],"temperature":0.5,"top_p":0.75 }`,
    ],
    [
      "Gemini's contents",
      "/v1beta/models/gemini%2Fm:generateContent",
      `{ "contents": [ {"role":"user","parts":[{"text":"one"}]} ], "odd" : [ 1e2 ], "generationConfig": { "maxOutputTokens": 900, "topK": 3 } }`,
      `{ "contents": [ {"role":"user","parts":[{"text":"one"}]} ], "odd" : [ 1e2 ], "generationConfig": { "maxOutputTokens": 40, "topK": 3,"temperature":0.5,"topP":0.75 } }`,
    ],
    [
      "Ollama's chats",
      "/api/chat",
      `{ "model":"ollama/m", "stream" : false, ${messages}, "odd" : [ 1e2 ] }`,
      `{ "model":"m", "stream" : false, ${messages}, "odd" : [ 1e2 ],"options":{"temperature":0.5,"top_p":0.75,"num_predict":40} }`,
    ],
    [
      "Cohere's chats",
      "/v2/chat",
      `{ "model":"cohere/m", ${messages}, "odd" : [ 1e2 ], "p" : 0.1, "max_tokens":900 }`,
      `{ "model":"m", ${messages}, "odd" : [ 1e2 ], "p" : 0.75, "max_tokens":40,"temperature":0.5 }`,
    ],
  ];
  for (const [title, path, body, expected] of cases)
    it(title, async () => expect(await sent(path, body)).toBe(expected));

  it("and translate where a dialect has no member for what is set", async () => {
    const body = `{ "model":"anthropic/claude-opus-4-6", "max_tokens":30, ${messages}, "metadata":{"user_id":"deep"}, "thinking":{"type":"adaptive"} }`;
    expect(JSON.parse(await sent("/v1/messages", body))).toMatchObject({
      max_tokens: 30,
      output_config: { effort: "low" },
    });
  });

  it("and translate for vendors of other dialects", async () => {
    const body = `{ "model":"anthropic/m", ${messages}, "max_tokens":900 }`;
    expect(JSON.parse(await sent("/v1/chat/completions", body))).toMatchObject({
      max_tokens: 40,
      temperature: 0.5,
      top_p: 0.75,
    });
  });

  it("and leave what is no chat as it is", async () => {
    const body = `{ "model":"openai_compatible/m", "input" : "one", "odd":1e2 }`;
    expect(await sent("/v1/embeddings", body)).toBe(body.replace("openai_compatible/m", "m"));
  });
});
