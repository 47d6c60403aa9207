import { createServer, type Server, type Socket } from "node:net";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../../gen/parlance/error/v1/fault_pb.js";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { plainChat } from "../adapters/catalog/drive.ts";

/** A kind for each dialect in which chats are had. */
const kinds: readonly string[] = [
  ...[
    "openai",
    "openai_responses_compatible",
    "anthropic",
    "gemini",
    "bedrock",
    "bedrock_invoke",
    "cohere",
  ],
  ...["ollama", "huggingface_tgi", "replicate"],
];

/**
 * Statuses that are no answer and no failure of HTTP's own: of the caller's doing is none, of the
 * gateway's neither.
 */
const statuses = [
  "000",
  "007",
  "099",
  "100",
  "101",
  "199",
  "300",
  "304",
  "305",
  "306",
  "399",
  "600",
  "700",
  "999",
];

const upstreamReasons: readonly ErrorReason[] = [
  ErrorReason.UPSTREAM_MALFORMED,
  ErrorReason.UPSTREAM_UNREACHABLE,
];
const key = "caller-key-of-odd-statuses";

describe("a status that no reply should have", () => {
  let vendor: Server;
  let gateway: RunningGateway;
  const bugs: unknown[] = [];
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    vendor = createServer((socket) => {
      sockets.add(socket.on("error", () => undefined));
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
        const status = /POST \/(\d{3})\/.*\r\n\r\n/s.exec(text)?.[1];
        if (status === undefined) return;
        text = "";
        const head = `HTTP/1.1 ${status} Odd\r\ncontent-type: application/json\r\ncontent-length: 22\r\n\r\n`;
        socket.write(`${head}{"error":"of its own"}`);
        // Informational heads may be followed by the real one for as long as the connection lasts.
        if (/^1/.test(status)) socket.end();
      });
    });
    await new Promise<void>((resolve) => vendor.listen(0, "127.0.0.1", resolve));
    const address = vendor.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const providers = kinds.flatMap((kind) =>
      statuses.map((status) => {
        const base_url = `http://127.0.0.1:${port}/${status}`;
        return [`${kind}-${status}`, { kind, base_url, api_key: { value: "vendor-key" } }] as const;
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
    await gateway.close();
    for (const socket of sockets) socket.destroy();
    vendor.close();
    expect(bugs).toEqual([]);
  });

  const modelOf = (kind: string, status: string) =>
    `${kind}-${status}/${kind === "replicate" ? "owner/" : ""}m`;

  async function rest(model: string, stream: boolean): Promise<unknown> {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({
        model,
        messages: [{ role: "user", content: "one" }],
        max_tokens: 64,
        stream,
      }),
    });
    const { error } = (await response.json()) as { readonly error: { readonly code: string } };
    return [response.status, /^upstream_(malformed|unreachable)$/.test(error.code)];
  }

  async function rpc(model: string, stream: boolean): Promise<unknown> {
    const client = createClient(
      ChatService,
      createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" }),
    );
    const options = { headers: { authorization: `Bearer ${key}` } };
    const chat = { ...plainChat, model };
    const asked = stream
      ? client.streamComplete({ chat }, options)[Symbol.asyncIterator]().next()
      : client.complete({ chat }, options);
    const error = await asked.then(() => undefined, ConnectError.from);
    const fault = error?.findDetails(FaultSchema)[0];
    return [
      fault?.upstreamStatus,
      upstreamReasons.includes(fault?.reason ?? ErrorReason.UNSPECIFIED),
    ];
  }

  for (const kind of kinds) {
    it(`is a 502 with an upstream reason, from ${kind}, whatever the status`, async () => {
      const told: Record<string, unknown> = {};
      for (const status of statuses) {
        const model = modelOf(kind, status);
        const answers = [
          await rest(model, false),
          await rest(model, true),
          await rpc(model, false),
        ];
        told[status] = [...answers, await rpc(model, true)];
      }
      const expected = statuses.map((status) => {
        const shown = /^[3-5]/.test(status) ? Number(status) : 0;
        return [
          status,
          [
            [502, true],
            [502, true],
            [shown, true],
            [shown, true],
          ],
        ];
      });
      expect(told).toEqual(Object.fromEntries(expected));
    });
  }
});
