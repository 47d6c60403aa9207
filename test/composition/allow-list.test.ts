import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { startGateway } from "../../src/serve.ts";
import { serveHttp } from "../upstream/servers.ts";

const completion = {
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Hello!" } }],
};
const message = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "m",
  stop_reason: "end_turn",
  stop_sequence: null,
  content: [{ type: "text", text: "Hello!" }],
  usage: { input_tokens: 1, output_tokens: 1 },
};
const response = {
  id: "resp_1",
  object: "response",
  created_at: 1,
  model: "m",
  status: "completed",
  output: [
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Hello!", annotations: [] }],
    },
  ],
};

/**
 * A gateway before vendors that note what they are sent: one of each dialect, and one that answers
 * 503. The key `listed` may use the models `a` (of OpenAI's dialect), `claude`, `responses`,
 * `sent-on`, `allowed`, `allowed-then-not` and their fallbacks; `free` has no list.
 */
async function start() {
  const sent: { readonly path: string; readonly body: string }[] = [];
  const vendor = await serveHttp((request, reply) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const path = request.url ?? "";
      sent.push({ path, body });
      reply.statusCode = path.startsWith("/down") ? 503 : 200;
      reply.setHeader("content-type", "application/json");
      const answer = path.endsWith("/messages")
        ? message
        : path.endsWith("/responses")
          ? response
          : completion;
      reply.end(JSON.stringify(reply.statusCode === 200 ? answer : { error: { message: "down" } }));
    });
  });
  const provider = (kind: string, base = "") => ({
    kind,
    base_url: `${vendor}${base}`,
    api_key: { value: "k" },
  });
  const model = (name: string, target: string, more: object = {}) => ({
    name,
    targets: [{ model: target }],
    ...more,
  });
  const names = [
    "a",
    "claude",
    "responses",
    "sent-on",
    "allowed",
    "allowed-then-not",
    "allowed-then-allowed",
  ];
  const config = {
    providers: {
      openai: provider("openai_compatible"),
      anthropic: provider("anthropic_compatible"),
      responses: provider("openai_responses_compatible"),
      down: provider("openai_compatible", "/down"),
    },
    models: [
      model("a", "openai/m"),
      model("claude", "anthropic/m"),
      model("responses", "responses/m"),
      model("sent-on", "anthropic/m", { unknown_fields: "FORWARD" }),
      model("allowed", "openai/m", { caller_routing: "ALLOW" }),
      model("allowed-then-not", "down/m", { caller_routing: "ALLOW", fallbacks: ["a"] }),
      model("allowed-then-allowed", "down/m", { caller_routing: "ALLOW", fallbacks: ["allowed"] }),
    ],
    keys: [
      { name: "listed", value: { value: "listed-key" }, models: [...names, "openai/direct"] },
      { name: "free", value: { value: "free-key" } },
    ],
  };
  const gateway = await startGateway({ config: JSON.stringify(config), port: 0 });
  onTestFinished(gateway.close);
  const post = async (path: string, body: object, key = "listed-key") => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
    const answer = await fetch(gateway.url + path, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return { status: answer.status, text: await answer.text() };
  };
  return { gateway, sent, post };
}

const messages = [{ role: "user", content: "Hi" }];

/** Clients of each dialect, with a body of their own. */
const clients: readonly (readonly [path: string, body: object])[] = [
  ["/v1/chat/completions", { messages }],
  ["/v1/messages", { messages, max_tokens: 16 }],
  ["/v1/responses", { input: "Hi" }],
  ["/api/chat", { messages, stream: false }],
  ["/v2/chat", { messages }],
];

describe("a key with a list of models", () => {
  it("is held to it by members that choose models at the vendor, in every dialect and to every vendor", async () => {
    const { sent, post } = await start();
    for (const [path, body] of clients) {
      for (const model of ["a", "claude", "responses", "sent-on", "openai/direct"]) {
        for (const member of [
          { models: ["other"] },
          { route: "fallback" },
          { api_base: "https://a.example" },
        ]) {
          const [name = ""] = Object.keys(member);
          const { status, text } = await post(path, { model, ...body, ...member });
          expect(status, `${path} ${model} ${name}`).toBe(403);
          expect(text).toContain(
            `key listed may use listed models only, and ${name} can choose others`,
          );
          expect(text).toContain("caller_routing: ALLOW");
        }
      }
    }
    expect(sent).toEqual([]);
  });

  it("is held to it by what a typed call carries for a dialect", async () => {
    const { gateway, sent } = await start();
    const client = createClient(
      ChatService,
      createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" }),
    );
    const parts = [{ content: { case: "text", value: { text: "Hi" } } } as const];
    const call = (model: string, dialect: string, extras: object) =>
      client.complete(
        {
          chat: {
            model,
            messages: [{ role: Role.USER, parts }],
            extrasJson: { [dialect]: JSON.stringify(extras) },
          },
        },
        { headers: { authorization: "Bearer listed-key" } },
      );
    for (const [model, dialect] of [
      ["claude", "anthropic-messages"],
      ["responses", "openai-responses"],
      ["a", "openai-chat"],
    ] as const) {
      for (const extras of [
        { model: "other" },
        { models: ["other"] },
        { extra_body: { model: "other" } },
      ]) {
        await expect(call(model, dialect, extras)).rejects.toThrow(
          /permission_denied.*key listed may use listed models only/,
        );
      }
    }
    expect(sent).toEqual([]);
  });

  it("may call as before without such members", async () => {
    const { sent, post } = await start();
    for (const [path, body] of clients) {
      const { status, text } = await post(path, { model: "a", ...body });
      expect([path, status, text.includes("Hello!")]).toEqual([path, 200, true]);
    }
    expect(sent).toHaveLength(clients.length);
  });

  it("may use them for a model whose config allows it", async () => {
    const { sent, post } = await start();
    expect(
      (await post("/v1/chat/completions", { model: "allowed", messages, models: ["other"] }))
        .status,
    ).toBe(200);
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual({ model: "m", messages, models: ["other"] });
  });

  it("takes them to no fallback whose config does not allow it", async () => {
    const { sent, post } = await start();
    const tried = async (model: string, members: object) => {
      sent.length = 0;
      await post("/v1/chat/completions", { model, messages, ...members });
      return sent.map(({ path }) => path);
    };
    const [down, up] = ["/down/chat/completions", "/chat/completions"];
    expect(await tried("allowed-then-not", { models: ["other"] })).toEqual([down]);
    expect(await tried("allowed-then-not", {})).toEqual([down, up]);
    expect(await tried("allowed-then-allowed", { models: ["other"] })).toEqual([down, up]);
  });
});

it("a key without a list may use members that choose models, which go on byte for byte", async () => {
  const { sent, post } = await start();
  const members = {
    models: ["other"],
    route: "fallback",
    provider: { order: ["x"] },
    api_base: "https://a.example",
  };
  expect(
    (await post("/v1/chat/completions", { model: "a", messages, ...members }, "free-key")).status,
  ).toBe(200);
  expect(sent.map(({ body }) => body)).toEqual([
    JSON.stringify({ model: "m", messages, ...members }),
  ]);
});
