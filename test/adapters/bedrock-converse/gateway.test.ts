import { createServer, type RequestListener } from "node:http";
import { create } from "@bufbuild/protobuf";
import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { type Fault, FaultSchema } from "../../../gen/parlance/error/v1/fault_pb.js";
import { startGateway } from "../../../src/serve.ts";
import { foldEvents } from "../../matrix/fold-events.ts";
import { printEvent, printException } from "../../upstream/print-event-stream.ts";
import { signatureOf } from "../../vendors/aws-signature.ts";
import {
  type RecordedRequest,
  startVendorServer,
  type Vendor,
} from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";

const scope = { region: "eu-west-1", service: "bedrock" };
const keys = { access_key_id: { value: "AKID" }, secret_access_key: { value: "the-secret" } };
const model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };

const spoken = [
  printEvent("messageStart", { role: "assistant" }),
  printEvent("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hel" } }),
  printEvent("contentBlockDelta", { contentBlockIndex: 0, delta: { text: "lo" } }),
  printEvent("contentBlockStop", { contentBlockIndex: 0 }),
];
const called = [
  printEvent("contentBlockStart", {
    contentBlockIndex: 1,
    start: { toolUse: { toolUseId: "t1", name: "add" } },
  }),
  printEvent("contentBlockDelta", { contentBlockIndex: 1, delta: { toolUse: { input: '{"a":' } } }),
  printEvent("contentBlockDelta", { contentBlockIndex: 1, delta: { toolUse: { input: "1}" } } }),
  printEvent("contentBlockStop", { contentBlockIndex: 1 }),
  printEvent("messageStop", { stopReason: "tool_use" }),
  printEvent("metadata", { usage, metrics: { latencyMs: 9 } }),
];

function json(body: object, status = 200, headers = {}): VendorReply {
  const all = { "content-type": "application/json", ...headers };
  return { status, headers: all, frames: [Buffer.from(JSON.stringify(body))], ending: "end" };
}

function stream(frames: readonly Buffer[]): VendorReply {
  return {
    status: 200,
    headers: { "content-type": "application/vnd.amazon.eventstream" },
    frames,
    ending: "end",
  };
}

function refusal(type: string, message: string): VendorReply {
  return json({ message }, 403, {
    "x-amzn-errortype": `${type}:http://internal.amazon.com/coral/`,
  });
}

const whole = json({
  output: { message: { role: "assistant", content: [{ text: "Hello" }] } },
  stopReason: "end_turn",
  usage,
});

/**
 * The vendor as far as it is seen here: it answers requests that are signed with the secret, and
 * refuses all others.
 */
function guarded(
  answer: VendorReply,
  secretOf: (keyId: string) => string | undefined = () => "the-secret",
) {
  return (request: RecordedRequest): VendorReply => {
    const { authorization = "" } = request.headers;
    const keyId = /Credential=([^/]*)/.exec(authorization)?.[1] ?? "";
    const secret = secretOf(keyId);
    if (secret === undefined)
      return refusal("ExpiredTokenException", "The security token has expired");
    if (authorization === signatureOf(request, scope, keyId, secret)) return answer;
    return refusal("InvalidSignatureException", "The signature does not match");
  };
}

interface Running {
  readonly url: string;
  readonly vendor: Vendor;
  readonly chat: Client<typeof ChatService>;
}

async function start(
  answer: (request: RecordedRequest) => VendorReply,
  aws: object,
  path = "",
): Promise<Running> {
  const vendor = await startVendorServer(answer, {});
  onTestFinished(vendor.close);
  const cloud = {
    kind: "bedrock",
    base_url: `${vendor.url}${path}`,
    aws: { region: scope.region, ...aws },
  };
  const gateway = await startGateway({ config: JSON.stringify({ providers: { cloud } }), port: 0 });
  onTestFinished(gateway.close);
  const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
  return { url: gateway.url, vendor, chat: createClient(ChatService, transport) };
}

const hello = create(ChatSchema, {
  model: `cloud/${model}`,
  messages: [
    { role: Role.USER, parts: [{ content: { case: "text", value: { text: "Grüße, 你好" } } }] },
  ],
});

async function faultOf(call: Promise<unknown>): Promise<Fault> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const [fault] = error instanceof ConnectError ? error.findDetails(FaultSchema) : [];
  if (fault === undefined) throw new Error("the call did not fail with a fault", { cause: error });
  return fault;
}

function ask(url: string, streamed: boolean): Promise<Response> {
  const body = {
    model: `cloud/${model}`,
    stream: streamed,
    messages: [{ role: "user", content: "hi" }],
  };
  const headers = { "content-type": "application/json" };
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
}

/** No credentials, but for what a test gives. */
function emptyWorld(): void {
  const names = [
    "ACCESS_KEY_ID",
    "SECRET_ACCESS_KEY",
    "SESSION_TOKEN",
    "PROFILE",
    "WEB_IDENTITY_TOKEN_FILE",
  ];
  const container = ["CONTAINER_CREDENTIALS_RELATIVE_URI", "CONTAINER_CREDENTIALS_FULL_URI"];
  for (const name of [...names, ...container]) vi.stubEnv(`AWS_${name}`, undefined);
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials");
  vi.stubEnv("AWS_CONFIG_FILE", "/nonexistent/config");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
}

/** A container's own service of credentials, on loopback. */
async function serveContainer(listener: RequestListener): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", `http://127.0.0.1:${address.port}/credentials`);
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("signed calls through a gateway", () => {
  for (const [title, path] of [
    ["are answered", ""],
    ["are answered below the path of a base URL", "/of/a proxy+(1)".replace(" ", "%20")],
  ] as const) {
    it(title, async () => {
      const { chat, vendor } = await start(guarded(whole), keys, path);
      const { completion } = await chat.complete({ chat: hello });
      expect(completion?.choices[0]?.message?.parts[0]?.content).toMatchObject({
        value: { text: "Hello" },
      });
      expect(completion?.usage).toMatchObject({ inputTokens: 3n, outputTokens: 2n });
      expect(vendor.requests.map((request) => request.path)).toEqual([
        `${path}/model/${encodeURIComponent(model)}/converse`,
      ]);
    });
  }

  it("stream text and calls of tools to the typed contract", async () => {
    const { chat } = await start(guarded(stream([...spoken, ...called])), {
      ...keys,
      session_token: { value: "T" },
    });
    const events: Event[] = [];
    for await (const { event } of chat.streamComplete({ chat: hello }))
      if (event !== undefined) events.push(event);
    const { choices, usage: counted } = foldEvents(events);
    expect(choices[0]?.message?.parts.map(({ content }) => content)).toMatchObject([
      { case: "text", value: { text: "Hello" } },
      {
        case: "toolCall",
        value: { id: "t1", name: "add", input: { case: "argumentsJson", value: '{"a":1}' } },
      },
    ]);
    expect(choices[0]?.finishReason).toBe(FinishReason.TOOL_CALLS);
    expect(counted).toMatchObject({ inputTokens: 3n, outputTokens: 2n });
  });

  it("stream text and calls of tools to REST", async () => {
    const { url, vendor } = await start(guarded(stream([...spoken, ...called])), {
      ...keys,
      session_token: { value: "T" },
    });
    const text = await (await ask(url, true)).text();
    expect(vendor.requests[0]?.headers["x-amz-security-token"]).toBe("T");
    const frames = text.split("\n\n").filter((frame) => frame !== "");
    expect(frames.at(-1)).toBe("data: [DONE]");
    const deltas = frames
      .slice(0, -1)
      .map((frame) => JSON.parse(frame.slice(6)).choices[0]?.delta ?? {});
    expect(deltas.map(({ content }) => content ?? "").join("")).toBe("Hello");
    const calls = deltas.flatMap(({ tool_calls: some }) => some ?? []);
    expect(calls.map((call) => call.function.arguments ?? "").join("")).toBe('{"a":1}');
  });
});

describe("failures of signed calls", () => {
  const broken = [...spoken, printException("throttlingException", { message: "Too many tokens" })];

  it("in the middle of a stream are told to the typed contract", async () => {
    const { chat } = await start(guarded(stream(broken)), keys);
    let text = "";
    const reading = async () => {
      for await (const { event } of chat.streamComplete({ chat: hello })) {
        if (event?.event.case === "textDelta") text += event.event.value.text;
      }
    };
    const fault = await faultOf(reading());
    expect(fault).toMatchObject({ reason: ErrorReason.UPSTREAM_RATE_LIMITED, provider: "cloud" });
    expect(fault.message).toContain("Too many tokens");
    expect(text).toBe("Hello");
  });

  it("in the middle of a stream are told to REST, which does not end as if all were well", async () => {
    const { url } = await start(guarded(stream(broken)), keys);
    const text = await (await ask(url, true)).text();
    expect(text).toContain('"error"');
    expect(text).toContain("Too many tokens");
    expect(text).not.toContain("[DONE]");
  });

  it("by a stream that stops within a message are told as a cut", async () => {
    const half = called[0]?.subarray(0, 20) ?? Buffer.alloc(0);
    const { chat } = await start(guarded(stream([...spoken, half])), keys);
    const reading = async () => {
      for await (const _ of chat.streamComplete({ chat: hello }));
    };
    expect(await faultOf(reading())).toMatchObject({
      reason: ErrorReason.UPSTREAM_CUT,
      provider: "cloud",
    });
  });

  const refused: readonly [
    title: string,
    aws: object,
    answer: VendorReply,
    reason: ErrorReason,
    says: string,
  ][] = [
    [
      "by a wrong secret name the provider, after one try",
      { ...keys, secret_access_key: { value: "another" } },
      whole,
      ErrorReason.UPSTREAM_UNAUTHENTICATED,
      "credential for provider cloud was refused",
    ],
    [
      "by what the credentials may not do are not tried again",
      keys,
      refusal("AccessDeniedException", "You don't have access to the model"),
      ErrorReason.UPSTREAM_PERMISSION_DENIED,
      "credential for provider cloud was refused for this request",
    ],
  ];
  for (const [title, aws, answer, reason, says] of refused) {
    it(title, async () => {
      const { chat, vendor } = await start(guarded(answer), aws);
      const fault = await faultOf(chat.complete({ chat: hello }));
      expect(fault).toMatchObject({ reason, provider: "cloud", upstreamStatus: 403 });
      expect(fault.message).toContain(says);
      expect(JSON.stringify(fault.message)).not.toMatch(/the-secret|another/);
      expect(vendor.requests).toHaveLength(1);
    });
  }

  it("for want of credentials say how to give them, and nothing is sent", async () => {
    emptyWorld();
    const { chat, vendor, url } = await start(guarded(whole), {});
    const fault = await faultOf(chat.complete({ chat: hello }));
    expect(fault).toMatchObject({ reason: ErrorReason.CREDENTIAL_MISSING, provider: "cloud" });
    expect(fault.message).toContain("AWS_ACCESS_KEY_ID");
    const reply = await ask(url, false);
    expect(reply.status).toBe(500);
    expect(await reply.text()).toContain("credential_missing");
    expect(vendor.requests).toHaveLength(0);
  });
});

describe("temporary credentials", () => {
  async function serveKeys(): Promise<void> {
    emptyWorld();
    let asked = 0;
    await serveContainer((_request, response) => {
      asked += 1;
      const Expiration = new Date(Date.now() + 3_600_000).toISOString();
      response.end(
        JSON.stringify({
          AccessKeyId: `K${asked}`,
          SecretAccessKey: "the-secret",
          Token: "T",
          Expiration,
        }),
      );
    });
  }
  const keyIds = (vendor: Vendor) =>
    vendor.requests.map(
      ({ headers }) => /Credential=([^/]*)/.exec(headers.authorization ?? "")?.[1],
    );

  it("that are refused are fetched anew, once, and the call succeeds", async () => {
    await serveKeys();
    const answer = guarded(stream([...spoken, ...called]), (keyId) =>
      keyId === "K1" ? undefined : "the-secret",
    );
    const { url, vendor } = await start(answer, {});
    expect(await (await ask(url, true)).text()).toContain("[DONE]");
    expect(keyIds(vendor)).toEqual(["K1", "K2"]);
    expect((await ask(url, true)).status).toBe(200);
    expect(keyIds(vendor)).toEqual(["K1", "K2", "K2"]);
  });

  it("that are refused twice fail the call", async () => {
    await serveKeys();
    const { chat, vendor } = await start(
      guarded(whole, () => undefined),
      {},
    );
    const fault = await faultOf(chat.complete({ chat: hello }));
    expect(fault).toMatchObject({
      reason: ErrorReason.UPSTREAM_UNAUTHENTICATED,
      provider: "cloud",
    });
    expect(keyIds(vendor)).toEqual(["K1", "K2"]);
  });

  it("that are slow to come do not hold a caller who leaves", async () => {
    emptyWorld();
    const asked = Promise.withResolvers<void>();
    await serveContainer(() => asked.resolve());
    const { chat, vendor } = await start(guarded(whole), {});
    const leave = new AbortController();
    const call = chat.complete({ chat: hello }, { signal: leave.signal });
    await asked.promise;
    leave.abort();
    await expect(call).rejects.toThrow();
    expect(vendor.requests).toHaveLength(0);
  });
});

describe("a client of Converse whose vendor is Bedrock", () => {
  const said = '{"messages": [{"role":"user","content":[{"text":"hi"}]}], "guardrailConfig": {}}';
  const post = (url: string, operation: string) =>
    fetch(`${url}/model/${encodeURIComponent(`cloud/${model}`)}/${operation}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: said,
    });

  it("has its body and the vendor's messages passed byte for byte", async () => {
    const frames = [...spoken, ...called];
    const { url, vendor } = await start(guarded(stream(frames)), keys);
    const reply = await post(url, "converse-stream");
    expect(reply.headers.get("content-type")).toBe("application/vnd.amazon.eventstream");
    expect(Buffer.from(await reply.arrayBuffer())).toEqual(Buffer.concat(frames));
    const [request] = vendor.requests;
    expect(request?.path).toBe(`/model/${encodeURIComponent(model)}/converse-stream`);
    expect(String(request?.rawBody)).toBe(said);
  });

  it("is told of a stream that breaks off by an exception", async () => {
    const { url } = await start(guarded(stream(spoken)), keys);
    const bytes = Buffer.from(await (await post(url, "converse-stream")).arrayBuffer());
    const passed = Buffer.concat(spoken);
    expect(bytes.subarray(0, passed.length)).toEqual(passed);
    expect(bytes.subarray(passed.length).toString()).toContain(":exception-type");
  });

  it("has a whole answer passed", async () => {
    const { url } = await start(guarded(whole), keys);
    expect(await (await post(url, "converse")).text()).toBe(String(whole.frames[0]));
  });
});
