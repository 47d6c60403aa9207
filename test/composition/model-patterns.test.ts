import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ModelService } from "../../gen/parlance/admin/v1/model_service_pb.js";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { chatOf } from "../calls.ts";

/** The models that the vendor was asked for. */
const asked: string[] = [];
const vendor = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const { model } = JSON.parse(body);
  asked.push(model);
  if (String(model).startsWith("broken")) {
    response.writeHead(503, { "content-type": "application/json" });
    return response.end('{"error":{"message":"busy"}}');
  }
  const message = { role: "assistant", content: "hi" };
  const choices = [{ index: 0, message, finish_reason: "stop" }];
  response.writeHead(200, { "content-type": "application/json" });
  return response.end(JSON.stringify({ id: "c", object: "chat.completion", model, choices }));
});

const keys = { all: "all-key-0123456789", some: "some-key-0123456789" };
let gateway: RunningGateway;
beforeAll(async () => {
  vendor.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => vendor.once("listening", resolve));
  const { port } = vendor.address() as AddressInfo; // a listening TCP server always has one
  const config = `
server: { port: 0 }
providers:
  up: { kind: openai_compatible, base_url: "http://127.0.0.1:${port}/v1", api_key: { value: k } }
models:
  - { name: claude-opus, targets: [{ model: up/exact }] }
  - { name: "claude-*", targets: [{ model: "up/any-*" }] }
  - { name: "claude-haiku-*", targets: [{ model: "up/small-*-v1" }] }
  - { name: "shaky-*", targets: [{ model: "up/broken-*" }], fallbacks: ["up/spare-*"] }
  - { name: "*-fixed", targets: [{ model: up/one }] }
keys:
  - { name: all, value: { value: ${keys.all} } }
  - { name: some, value: { value: ${keys.some} }, models: ["claude-haiku-*", "up/spare-*"] }
`;
  gateway = await startGateway({ config, world: { record: () => undefined } });
});
afterAll(async () => {
  await gateway.close();
  vendor.close();
});

async function call(model: string, key: string): Promise<number> {
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "hi" }] }),
  });
  await response.body?.cancel();
  return response.status;
}

const transport = () =>
  createConnectTransport({
    baseUrl: gateway.url,
    httpVersion: "1.1",
    interceptors: [
      (next) => (request) => {
        request.header.set("authorization", `Bearer ${keys.all}`);
        return next(request);
      },
    ],
  });

describe("a model of a pattern", () => {
  const rows: readonly (readonly [model: string, sent: readonly string[], some: number])[] = [
    ["claude-opus", ["exact"], 403],
    ["claude-opus-4-8", ["any-opus-4-8"], 403],
    ["claude-haiku-4-5", ["small-4-5-v1"], 200],
    ["claude-haiku", ["any-haiku"], 403],
    ["shaky-one", ["broken-one", "spare-one"], 403],
    ["gpt-fixed", ["one"], 403],
    ["up/claude-haiku-x", ["claude-haiku-x"], 403],
    ["up/spare-two", ["spare-two"], 200],
  ];
  for (const [model, sent, some] of rows) {
    it(`${model} is called, explained and described alike`, async () => {
      asked.length = 0;
      expect(await call(model, keys.all)).toBe(200);
      expect(asked).toEqual(sent);
      expect(await call(model, keys.some)).toBe(some);
      const chat = { ...chatOf("hi"), model };
      const { targets } = await createClient(ChatService, transport()).explain({ chat });
      expect(targets.map(({ target }) => target?.model)).toEqual(sent);
      const described = await createClient(ModelService, transport()).describeModel({
        name: model,
      });
      expect(described.model?.name).toBe(model);
      expect(described.model?.deployments[0]?.model).toBe(sent[0]);
    });
  }

  it("is none where nothing fits, or the name is a pattern itself", async () => {
    for (const model of ["claude", "claude-", "gpt-5", "claude-*", "up/*"])
      expect([model, await call(model, keys.all)]).toEqual([model, 404]);
  });

  it("is listed as no model; its pattern is, to those who operate the gateway", async () => {
    const client = createClient(ModelService, transport());
    const { models, patterns } = await client.listModels({});
    expect(models.map(({ name }) => name).filter((name) => name.includes("*"))).toEqual([]);
    expect(patterns.find(({ name }) => name === "claude-haiku-*")?.deployments).toMatchObject([
      { provider: "up", model: "small-*-v1" },
    ]);
    expect(patterns.map(({ name }) => name)).toContain("up/*");
    for (const name of ["claude-haiku-*", "up/*"])
      for (const method of ["getModel", "describeModel"] as const) {
        const error = await client[method]({ name }).then(() => undefined, ConnectError.from);
        expect([name, method, error?.code]).toEqual([name, method, Code.NotFound]);
      }
  });

  it("is listed page by page, each name once", async () => {
    const client = createClient(ModelService, transport());
    const whole = await client.listModels({});
    const names: string[] = [];
    let pageToken = "";
    do {
      const page = await client.listModels({ pageSize: 1, pageToken });
      const found = [...page.models, ...page.patterns].map(({ name }) => name);
      expect(found).toHaveLength(1);
      names.push(found[0] ?? "");
      pageToken = page.nextPageToken;
    } while (pageToken !== "" && names.length < 100);
    const all = [...whole.models, ...whole.patterns].map(({ name }) => name);
    expect(names).toEqual(all.toSorted((one, other) => (one < other ? -1 : 1)));
  });
});
