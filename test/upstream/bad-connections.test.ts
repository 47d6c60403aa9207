import { createServer as createHttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../../gen/parlance/error/v1/fault_pb.js";
import { catalogRows } from "../../src/adapters/catalog/catalog.ts";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { plainChat } from "../adapters/catalog/drive.ts";
import { expired, forAnotherHost, selfSigned } from "./self-signed.ts";

/** A kind for each dialect in which chats are had. */
const kinds = [
  "openai",
  "openai_responses_compatible",
  "anthropic",
  "gemini",
  "bedrock",
  "bedrock_invoke",
  "cohere",
  "ollama",
  "huggingface_tgi",
] as const;

interface Place {
  readonly title: string;
  readonly says: RegExp;
  readonly origin: () => Promise<string>;
}

describe("a vendor that cannot be reached", () => {
  const servers: Server[] = [];
  const reached: string[] = [];
  let trusted: string[];
  let gateway: RunningGateway;

  async function listening(server: Server): Promise<number> {
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await new Promise<void>((resolve) => server.once("listening", resolve));
    return (server.address() as AddressInfo).port; // a listening TCP server always has one
  }
  const presenting = (certificate: { readonly cert: string; readonly key: string }) => async () => {
    const port = await listening(
      createTlsServer(certificate, (request) => void reached.push(request.url ?? "")),
    );
    return `https://127.0.0.1:${port}`;
  };
  const places: readonly Place[] = [
    {
      title: "shows a certificate that nobody vouches for",
      says: /TLS.*SELF_SIGNED/,
      origin: presenting(selfSigned),
    },
    {
      title: "shows another host's certificate",
      says: /TLS.*ALTNAME/,
      origin: presenting(forAnotherHost),
    },
    {
      title: "shows a certificate that has expired",
      says: /TLS.*EXPIRED/,
      origin: presenting(expired),
    },
    {
      title: "has a name that does not resolve",
      says: /does not resolve/,
      origin: async () => "http://nosuchhost.invalid",
    },
    { title: "refuses connections", says: /could not connect/, origin: refusing },
    { title: "does not speak TLS", says: /TLS/, origin: speakingPlain },
  ];

  async function refusing(): Promise<string> {
    const server = createHttpServer();
    const port = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    return `http://127.0.0.1:${port}`;
  }

  async function speakingPlain(): Promise<string> {
    return `https://127.0.0.1:${await listening(createHttpServer((request) => void reached.push(request.url ?? "")))}`;
  }

  beforeAll(async () => {
    trusted = getCACertificates("default");
    // The two that are vouched for fail for what is wrong with them, not for who signed them.
    setDefaultCACertificates([...trusted, forAnotherHost.cert, expired.cert]);
    const origins = await Promise.all(places.map(({ origin }) => origin()));
    const providers = kinds.flatMap((kind) =>
      origins.map(
        (base_url, at) =>
          [`${kind}-${at}`, { kind, base_url, api_key: { value: "vendor-key" } }] as const,
      ),
    );
    const config = JSON.stringify({ providers: Object.fromEntries(providers) });
    gateway = await startGateway({ config, port: 0, world: { record: () => undefined } });
  });
  afterAll(async () => {
    setDefaultCACertificates(trusted);
    await gateway.close();
    for (const server of servers) server.close();
    expect(reached).toEqual([]);
  });

  const client = () =>
    createClient(ChatService, createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" }));

  async function rpcFault(call: () => Promise<unknown>): Promise<unknown> {
    const error = await call().then(() => undefined, ConnectError.from);
    const { reason, provider, message } = error?.findDetails(FaultSchema)[0] ?? {};
    return { reason, provider, message };
  }

  async function restFault(model: string, stream: boolean): Promise<unknown> {
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "one" }], stream }),
    });
    return { status: response.status, body: await response.json() };
  }

  for (const kind of kinds) {
    for (const [at, { title, says }] of places.entries()) {
      it(`is told of as unreachable when ${kind} ${title}`, async () => {
        const provider = `${kind}-${at}`;
        const chat = { ...plainChat, model: `${provider}/m` };
        const message = expect.stringMatching(says);
        const fault = { reason: ErrorReason.UPSTREAM_UNREACHABLE, provider, message };
        expect(await rpcFault(() => client().complete({ chat }))).toEqual(fault);
        expect(await rpcFault(() => drain(client().streamComplete({ chat })))).toEqual(fault);
        const named = expect.stringContaining(`provider ${provider}: `);
        for (const stream of [false, true]) {
          expect(await restFault(chat.model, stream)).toMatchObject({
            status: 502,
            body: { error: { message, code: "upstream_unreachable" } },
          });
          expect(await restFault(chat.model, stream)).toMatchObject({
            body: { error: { message: named } },
          });
        }
      });
    }
  }
});

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _event of events);
}

describe("a credential that is missing", () => {
  for (const row of catalogRows.filter(({ credentialOptional }) => !credentialOptional)) {
    it(`is found when the configuration names ${row.id}`, () => {
      const provider = { kind: row.id, base_url: "https://vendor.example" };
      const text = JSON.stringify({ providers: { mine: provider } });
      const loaded = loadConfig({ text, filename: "config" }, {}, () => "");
      expect(loaded).toMatchObject({
        ok: false,
        violations: expect.arrayContaining([
          expect.objectContaining({
            path: "providers.mine.api_key",
            ruleId: "credential_missing",
            message: expect.stringContaining(row.name),
          }),
        ]),
      });
    });
  }
});
