import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Anthropic } from "@anthropic-ai/sdk";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import type { CallRecord } from "../../../src/core/ledger/call-record.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { chatOf } from "../../calls.ts";

/** What the vendor answers with. */
interface Failure {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

let failure: Failure;
const vendor = createServer((request, response) => {
  request.resume().once("end", () => {
    const { status, headers, body } = failure;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  });
});

const kinds = [
  "openai",
  "openai_responses_compatible",
  "anthropic",
  "gemini",
  "cohere",
  "ollama",
  "bedrock",
  "bedrock_invoke",
] as const;

const model = "anthropic.claude-sonnet-4-20250514-v1:0";
const records: CallRecord[] = [];
let gateway: RunningGateway;
beforeAll(async () => {
  vendor.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => vendor.once("listening", resolve));
  const { port } = vendor.address() as AddressInfo; // a listening TCP server always has one
  const secret = { value: "vendor-key" };
  const aws = { region: "us-east-1", access_key_id: secret, secret_access_key: secret };
  const providers = kinds.map((kind) => {
    const base_url = `http://127.0.0.1:${port}${kind.startsWith("openai") ? "/v1" : ""}`;
    const credential = kind.startsWith("bedrock") ? { aws } : { api_key: secret };
    return [kind, { kind, base_url, ...credential }] as const;
  });
  const gone = { kind: "openai", base_url: "http://127.0.0.1:9/v1", api_key: secret };
  const config = JSON.stringify({
    server: { port: 0 },
    providers: { ...Object.fromEntries(providers), gone },
  });
  gateway = await startGateway({ config, world: { record: (record) => records.push(record) } });
});
afterAll(async () => {
  await gateway.close();
  vendor.close();
});

const messages = [{ role: "user" as const, content: "hi" }];

function post(path: string, provider: string): Promise<Response> {
  return fetch(gateway.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: `${provider}/${model}`, max_tokens: 9, messages }),
  });
}

describe("a vendor that refuses the gateway's credential", () => {
  const words = "Incorrect API key provided: get one at https://vendor.example/keys";
  for (const kind of kinds) {
    for (const status of [401, 403]) {
      it(`is no refusal of the caller's key: ${kind}, ${status}`, async () => {
        failure = { status, body: { error: { message: words, code: "invalid_api_key" } } };
        records.length = 0;
        const openai = new OpenAI({ apiKey: "own", baseURL: `${gateway.url}/v1` });
        const asked = openai.chat.completions.create({ model: `${kind}/${model}`, messages });
        const error: unknown = await asked.catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(OpenAI.InternalServerError);
        expect(error).not.toBeInstanceOf(OpenAI.AuthenticationError);
        expect(error).toMatchObject({ status: 502 });
        const said = String(error);
        expect(said).toContain(`the gateway's credential for provider ${kind} was refused`);
        expect(said).not.toMatch(/API key|vendor\.example|invalid_api_key/);
        // Once: the SDK tries a 502 again unless it is told not to.
        expect(records).toHaveLength(1);
        expect(records[0]?.fault?.detail).toContain(words);

        const anthropic = new Anthropic({ apiKey: "own", baseURL: gateway.url });
        await expect(
          anthropic.messages.create({ model: `${kind}/${model}`, max_tokens: 9, messages }),
        ).rejects.toThrow(Anthropic.InternalServerError);

        const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
        const chat = { ...chatOf("hi"), model: `${kind}/${model}` };
        const failed = await createClient(ChatService, transport)
          .complete({ chat })
          .then(() => undefined, ConnectError.from);
        expect(failed?.code).toBe(Code.FailedPrecondition);
        expect(failed?.message).not.toContain("API key");
      });
    }
  }
});

describe("a vendor's status", () => {
  for (const status of [400, 404, 408, 409, 413, 422, 424, 429, 500, 501, 503, 529]) {
    it(`${status} is kept, whichever dialects it is told in`, async () => {
      failure = {
        status,
        headers: { "retry-after": "7", "x-ratelimit-remaining-requests": "0" },
        body: { error: { message: "the very reason", type: "not_supported_error" } },
      };
      for (const kind of kinds) {
        for (const path of ["/v1/chat/completions", "/v1/messages", "/v2/chat", "/api/chat"]) {
          const response = await post(path, kind);
          const { headers } = response;
          expect([kind, path, response.status]).toEqual([kind, path, status]);
          expect(headers.get("retry-after")).toBe("7");
          expect(headers.get("x-ratelimit-remaining-requests")).toBe("0");
          await response.body?.cancel();
        }
      }
    });
  }
});

describe("the words of an error", () => {
  const envelopes: readonly (readonly [title: string, body: object])[] = [
    ["OpenAI's", { error: { message: "the very reason", type: "x", code: null } }],
    ["Anthropic's", { type: "error", error: { type: "x", message: "the very reason" } }],
    ["Google's", { error: { code: 400, message: "the very reason", status: "INVALID_ARGUMENT" } }],
    ["Cohere's", { id: "1", message: "the very reason" }],
    ["Ollama's", { error: "the very reason" }],
    ["AWS's", { message: "the very reason", __type: "ValidationException" }],
    ["a framework's", { detail: "the very reason" }],
    ["a list of errors'", { errors: [{ message: "the very reason" }] }],
  ];
  for (const [title, body] of envelopes) {
    it(`are read in ${title} envelope by every dialect`, async () => {
      failure = { status: 400, body };
      for (const kind of kinds) {
        const response = await post("/v1/messages", kind);
        expect([kind, await response.json()]).toMatchObject([
          kind,
          { error: { message: expect.stringContaining("the very reason") } },
        ]);
      }
    });
  }

  it("name no address where the vendor cannot be reached", async () => {
    records.length = 0;
    const response = await post("/v1/chat/completions", "gone");
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain("127.0.0.1");
    expect(records[0]?.fault?.detail).toContain("http://127.0.0.1:9");
  });
});
