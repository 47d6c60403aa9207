import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../../gen/parlance/error/v1/fault_pb.js";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { type Drive, plainChat, reply } from "../adapters/catalog/drive.ts";
import { driveAnthropicMessages } from "../adapters/catalog/drive-anthropic-messages.ts";
import { driveBedrockConverse } from "../adapters/catalog/drive-bedrock-converse.ts";
import { driveBedrockInvoke } from "../adapters/catalog/drive-bedrock-invoke.ts";
import { driveCohere } from "../adapters/catalog/drive-cohere.ts";
import { driveGemini } from "../adapters/catalog/drive-gemini.ts";
import { driveHuggingfaceTgi } from "../adapters/catalog/drive-huggingface.ts";
import { driveOllama } from "../adapters/catalog/drive-ollama.ts";
import { driveOpenAiChat } from "../adapters/catalog/drive-openai-chat.ts";
import { driveOpenAiResponses } from "../adapters/catalog/drive-openai-responses.ts";
import { parseJson } from "../vendors/json-value.ts";
import { type BadReply, badReplies, busy, type Ending, type VendorFailure } from "./bad-replies.ts";
import { printException } from "./print-event-stream.ts";

const openAi = { error: { message: busy, type: "server_error", param: null, code: null } };
const anthropic = { type: "error", error: { type: "overloaded_error", message: busy } };
const google = { error: { code: 503, message: busy, status: "UNAVAILABLE" } };
const inference = { error: busy, error_type: "overloaded" };
const event = (json: object) => `data: ${JSON.stringify(json)}\n\n`;
const exception = printException("serviceUnavailableException", { message: busy });

/** A kind for each dialect in which chats are had, with its vendor's answers and failures. */
const dialects: readonly (readonly [kind: string, drive: Drive, failure: VendorFailure])[] = [
  ["openai", driveOpenAiChat, { json: openAi, frame: event(openAi) }],
  [
    "openai_responses_compatible",
    driveOpenAiResponses,
    {
      json: openAi,
      frame: event({ type: "error", code: "server_error", message: busy, sequence_number: 0 }),
    },
  ],
  ["anthropic", driveAnthropicMessages, { json: anthropic, frame: event(anthropic) }],
  ["gemini", driveGemini, { json: google, frame: event(google) }],
  ["bedrock", driveBedrockConverse, { json: { message: busy }, frame: exception }],
  ["bedrock_invoke", driveBedrockInvoke, { json: { message: busy }, frame: exception }],
  ["cohere", driveCohere, { json: { message: busy }, frame: event({ message: busy }) }],
  ["ollama", driveOllama, { json: { error: busy }, frame: `${JSON.stringify({ error: busy })}\n` }],
  ["huggingface_tgi", driveHuggingfaceTgi, { json: inference, frame: event(inference) }],
];

const providerOf = (kind: string, at: number): string => `${kind}-${at}`;
const key = "caller-key-of-bad-replies";

describe("a vendor's bad reply", () => {
  let vendor: Server;
  let elsewhere: Server;
  let gateway: RunningGateway;
  const strayed: string[] = [];
  const bugs: unknown[] = [];

  beforeAll(async () => {
    elsewhere = await listening(
      createServer((request, response) => response.end(strayed.push(request.url ?? ""))),
    );
    vendor = await listening(
      createServer((request, response) => {
        const [, kind, at, ...rest] = (request.url ?? "").split("/");
        request.toArray().then(
          (chunks) => {
            const rawBody = Buffer.concat(chunks);
            const [, drive, failure] = dialects.find(([name]) => name === kind) ?? [];
            const asked = {
              path: `/${rest.join("/")}`,
              method: "POST",
              headers: request.headers,
              rawHeaders: [],
              rawBody,
            };
            const good = drive?.answer({
              ...asked,
              json: parseJson(rawBody.toString()),
              aborted: new Promise(() => undefined),
            });
            if (good === undefined || failure === undefined) throw new Error("nobody was asked");
            badReplies[Number(at)]?.send(response, good, {
              elsewhere: originOf(elsewhere),
              failure,
            });
          },
          () => response.destroy(),
        );
      }),
    );
    const providers = dialects.flatMap(([kind]) =>
      badReplies.map((_, at) => {
        const base_url = `${originOf(vendor)}/${kind}/${at}`;
        return [
          providerOf(kind, at),
          { kind, base_url, api_key: { value: "vendor-key" } },
        ] as const;
      }),
    );
    const config = {
      keys: [{ name: "k", value: { value: key } }],
      providers: Object.fromEntries(providers),
    };
    const world = { onBug: (error: unknown) => void bugs.push(error), record: () => undefined };
    gateway = await startGateway({ config: JSON.stringify(config), port: 0, world });
  });
  afterAll(async () => {
    expect(bugs).toEqual([]);
    expect(strayed).toEqual([]);
    await gateway.close();
    for (const server of [vendor, elsewhere]) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** What came of a call: the text, and the failure's reason and provider where there is one. */
  interface Outcome {
    readonly ending: Ending;
    readonly provider: string;
  }
  type Ask = (provider: string) => Promise<Outcome>;

  const options = { headers: { authorization: `Bearer ${key}` } };
  const client = () =>
    createClient(ChatService, createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" }));

  function failed(error: unknown): Outcome {
    const fault = ConnectError.from(error).findDetails(FaultSchema)[0];
    if (fault === undefined) throw error;
    return { ending: fault.message === busy ? "told" : fault.reason, provider: fault.provider };
  }

  const whole: Ask = async (provider) => {
    const { completion } = await client().complete(
      { chat: { ...plainChat, model: `${provider}/m` } },
      options,
    );
    const content = completion?.choices[0]?.message?.parts[0]?.content;
    expect(content?.case === "text" && content.value.text).toBe(reply);
    return { ending: "answer", provider };
  };
  const streamed: Ask = async (provider) => {
    let text = "";
    for await (const { event } of client().streamComplete(
      { chat: { ...plainChat, model: `${provider}/m` } },
      options,
    )) {
      if (event?.event.case === "textDelta") text += event.event.value.text;
    }
    expect(text).toBe(reply);
    return { ending: "answer", provider };
  };
  const rpc =
    (ask: Ask): Ask =>
    (provider) =>
      ask(provider).catch(failed);

  /** REST tells no reason, so what it tells is looked up by its code. */
  const rest =
    (stream: boolean): Ask =>
    async (provider) => {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { ...options.headers, "content-type": "application/json" },
        body: JSON.stringify({
          model: `${provider}/m`,
          messages: [{ role: "user", content: "one" }],
          max_tokens: 64,
          stream,
        }),
      });
      const body = await response.text();
      const [named = ""] = (response.headers.get("x-parlance-target") ?? "").split("/");
      const error = /\{"error":.*\}/.exec(body)?.[0];
      if (error !== undefined) {
        expect(body).not.toContain("[DONE]");
        const { code, message } = JSON.parse(error).error;
        expect(message).toEqual(expect.stringMatching(/./));
        return {
          ending: message === busy ? "told" : (reasons[code] ?? ErrorReason.UNSPECIFIED),
          provider: named,
        };
      }
      expect(response.status).toBe(200);
      const answers = body.includes(reply) && body.includes("[DONE]") === stream;
      return { ending: answers ? "answer" : "bytes", provider: named };
    };

  const ways: readonly (readonly [name: string, form: "unary" | "stream", ask: Ask])[] = [
    ["Connect, whole", "unary", rpc(whole)],
    ["Connect, streamed", "stream", rpc(streamed)],
    ["REST, whole", "unary", rest(false)],
    ["REST, streamed", "stream", rest(true)],
  ];

  for (const [kind] of dialects) {
    for (const [at, bad] of badReplies.entries()) {
      if (bad.once === true && kind !== "openai") continue;
      it(`that is ${bad.title} ends each call of ${kind} with what it is`, async () => {
        const provider = providerOf(kind, at);
        const outcomes = new Map<string, unknown>();
        for (const [name, form, ask] of ways) {
          const { ending, provider: named } = await ask(provider);
          outcomes.set(name, {
            named,
            ending: endingOf(ending, bad, form, kind === "openai" && bad.passes === true),
          });
        }
        expect(outcomes).toEqual(
          new Map(ways.map(([name]) => [name, { named: provider, ending: "allowed" }])),
        );
      });
    }
  }
});

/** REST's codes of the reasons that bad replies have. */
const reasons: Readonly<Record<string, ErrorReason>> = {
  upstream_malformed: ErrorReason.UPSTREAM_MALFORMED,
  upstream_cut: ErrorReason.UPSTREAM_CUT,
  upstream_unavailable: ErrorReason.UPSTREAM_UNAVAILABLE,
  upstream_unreachable: ErrorReason.UPSTREAM_UNREACHABLE,
};

function endingOf(
  ending: Ending,
  bad: BadReply,
  form: "unary" | "stream",
  passes: boolean,
): string {
  if (bad[form].includes(ending) || (ending === "bytes" && passes)) return "allowed";
  return typeof ending === "string" ? ending : (ErrorReason[ending] ?? String(ending));
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => server.once("listening", resolve));
  return server;
}

function originOf(server: Server): string {
  const address = server.address() as AddressInfo; // a listening TCP server always has one
  return `http://127.0.0.1:${address.port}`;
}
