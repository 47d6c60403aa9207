import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { toJsonString } from "@bufbuild/protobuf";
import { ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ConfigService,
  GetConfigResponseSchema,
} from "../../../gen/parlance/admin/v1/config_service_pb.js";
import {
  ChatService,
  ExplainResponseSchema,
} from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { EmbedService } from "../../../gen/parlance/embed/v1/embed_service_pb.js";
import { FaultSchema } from "../../../gen/parlance/error/v1/fault_pb.js";
import { RerankService } from "../../../gen/parlance/rerank/v1/rerank_service_pb.js";
import {
  type CatalogRow,
  exchangesKeys,
  signedService,
} from "../../../src/adapters/catalog/catalog-row.ts";
import type { CallRecord } from "../../../src/core/ledger/call-record.ts";
import { chat } from "../../../src/core/operation.ts";
import { callFields } from "../../../src/logging/call-fields.ts";
import { callPrinter } from "../../../src/logging/call-line.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { chatOf, requestOf } from "../../calls.ts";
import { type RestDialect, restDialects } from "../../rest-dialects.ts";
import { shows } from "../../upstream/spellings.ts";
import { startVendorServer, type Vendor } from "../../vendors/start-vendor-server.ts";
import { jsonReply } from "./drive.ts";
import { basePath, type Driven, driven, partOf } from "./driven-rows.ts";
import { type Echo, repeating, shownBy } from "./echo-vendor.ts";

/** A way in which a provider is shown who asks, with what is configured for it. */
interface Shown extends Driven {
  readonly settings: object;
}

const adminKey = "admin-key-0123456789";
const secretOf = (what: string, name: string) => `${what}/Of+${name}=The.Row-0123456789abcdefXYZ`;
const headers = (name: string) => ({
  "X-Pass": secretOf("P4ss", name),
  Authentication: `Token ${secretOf("T0ken", name)}`,
});
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

function byKey({ row, name }: Driven, tokens: string): object {
  const exchanged = exchangesKeys(row) ? { oauth2: { token_url: `${tokens}/identity/token` } } : {};
  const region = signedService(row) === undefined ? {} : { aws: { region: "eu-north-1" } };
  return { ...exchanged, ...region, api_key: { value: secretOf("K3y", name) } };
}

/** Credentials that are no API keys, each at a row that takes them. */
function otherwise(
  tokens: string,
): readonly (readonly [kind: string, settings: (name: string) => object])[] {
  const aws = (name: string) => ({
    region: "eu-north-1",
    access_key_id: { value: secretOf("AKIA", name) },
    secret_access_key: { value: secretOf("S3cret", name) },
    session_token: { value: secretOf("S3ssion", name) },
  });
  const file = {
    type: "service_account",
    project_id: "p",
    private_key_id: "k1",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    client_email: "sa@p.iam.gserviceaccount.com",
    token_uri: `${tokens}/token`,
  };
  const oauth2 = (name: string) => ({
    token_url: `${tokens}/token`,
    client_id: "client",
    client_secret: { value: secretOf("Cl1ent", name) },
  });
  const google = { location: "europe-west1", credentials: { value: JSON.stringify(file) } };
  const azure = (name: string) => ({
    tenant_id: "t",
    client_id: "c",
    client_secret: { value: secretOf("Azur3", name) },
  });
  return [
    ...["bedrock", "bedrock_invoke", "sagemaker", "sagemaker_chat"].map(
      (kind) => [kind, (name: string) => ({ aws: aws(name) })] as const,
    ),
    ...["openai_compatible", "anthropic_compatible"].map(
      (kind) => [kind, (name: string) => ({ oauth2: oauth2(name) })] as const,
    ),
    ["vertex_ai", () => ({ google })],
    ["azure_openai", (name) => ({ azure: azure(name) })],
  ];
}

describe("what a request shows a vendor", () => {
  let vendor: Vendor;
  let tokens: Vendor;
  let gateway: RunningGateway;
  let echo: Echo = { kind: "answer" };
  const rows: Shown[] = [];
  const records: CallRecord[] = [];
  const bugs: unknown[] = [];

  beforeAll(async () => {
    tokens = await startVendorServer(({ rawBody }) => {
      const form = new URLSearchParams(rawBody.toString());
      const who = form.get("apikey") ?? form.get("client_secret") ?? "google";
      const access_token = `M1nted.${Buffer.from(who).toString("base64url")}`;
      return jsonReply({ access_token, token_type: "Bearer", expires_in: 3600 });
    }, {});
    vendor = await startVendorServer((request) => {
      const [, name = "", ...rest] = request.path.split("/");
      const row = rows.find((each) => each.name === name);
      if (row === undefined) throw new Error(`nobody answers for ${name}`);
      return repeating(row.drive, { ...request, path: `/${rest.join("/")}` }, echo);
    }, {});
    rows.push(...driven.map((each) => ({ ...each, settings: byKey(each, tokens.url) })));
    for (const [kind, settings] of otherwise(tokens.url)) {
      const found = driven.find(({ row, name }) => row.id === kind && name === kind);
      if (found === undefined) throw new Error(`no row ${kind}`);
      const name = `${kind}-otherwise`;
      rows.push({ ...found, name, settings: settings(name) });
    }
    const providers = rows.map(({ row, name, settings }) => {
      const variables = Object.fromEntries(
        (row.variables ?? []).map((variable) => [variable.name, partOf(variable.name)]),
      );
      const base_url = `${vendor.url}/${name}${basePath(row)}`;
      return [
        name,
        { kind: row.id, base_url, variables, headers: headers(name), ...settings },
      ] as const;
    });
    const config = {
      auth: { admin_key: { value: adminKey } },
      providers: Object.fromEntries(providers),
    };
    gateway = await startGateway({
      config: JSON.stringify(config),
      env: { AZURE_AUTHORITY_HOST: tokens.url },
      port: 0,
      world: {
        record: (record) => void records.push(record),
        onBug: (error) => void bugs.push(error),
      },
    });
  });
  afterAll(async () => {
    expect(bugs).toEqual([]);
    await gateway.close();
    await vendor.close();
    await tokens.close();
  });

  const options = { headers: { authorization: `Bearer ${adminKey}` } };

  /** Everything that a call gives to its caller and to the log. */
  async function everything(
    call: () => Promise<unknown>,
  ): Promise<{ readonly text: string; readonly secrets: readonly string[] }> {
    vendor.reset();
    records.length = 0;
    const told = await call().then(printed, (error: unknown) => printed(errorParts(error)));
    const lines = records.flatMap((record) => [
      callPrinter("json", callFields)(record, 0, true),
      callPrinter("pretty")(record, 0, true),
    ]);
    return {
      text: [told, printed(records), ...lines].join("\n"),
      secrets: vendor.requests.flatMap(shownBy),
    };
  }

  async function stays(title: string, call: () => Promise<unknown>): Promise<void> {
    const { text, secrets } = await everything(call);
    expect([title, secrets.length > 0]).toEqual([title, true]);
    for (const secret of secrets)
      expect([title, secret, shows(text, secret)]).toEqual([title, secret, false]);
  }

  const connect = () => createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
  const grpc = () => createGrpcTransport({ baseUrl: gateway.url });

  function rpcs(
    { name, model, drive, row }: Shown,
    transport: Transport,
  ): readonly (() => Promise<unknown>)[] {
    const asked = `${name}/${model}`;
    const documents = ["one", "two"].map((value) => ({
      document: { case: "text", value } as const,
    }));
    const inputs = [{ input: { case: "text", value: "one" } } as const];
    const embedded = `${name}/${drive.embeddingsModel ?? model}`;
    const chats = createClient(ChatService, transport);
    const chat = { ...drive.chat, model: asked };
    const calls = {
      chat: [
        () => chats.complete({ chat }, options),
        () => gathered(chats.streamComplete({ chat }, options)),
      ],
      embed: [
        () =>
          createClient(EmbedService, transport).embed(
            { spec: { model: embedded, inputs } },
            options,
          ),
      ],
      rerank: [
        () =>
          createClient(RerankService, transport).rerank(
            { spec: { model: asked, query: "q", documents } },
            options,
          ),
      ],
    };
    return (["chat", "embed", "rerank"] as const).flatMap((each) =>
      row.operations.includes(each) ? calls[each] : [],
    );
  }

  async function rest({ name, model, row }: Shown, stream: boolean): Promise<unknown> {
    const from = clientOf(row);
    const asked = `${name}/${model}`;
    const response = await fetch(gateway.url + from.path(asked, stream), {
      method: "POST",
      headers: { ...options.headers, "content-type": "application/json" },
      body: JSON.stringify(from.body(asked, stream)),
    });
    return [response.status, response.statusText, [...response.headers], await response.text()];
  }

  function waysOf(row: Shown): readonly (readonly [title: string, call: () => Promise<unknown>])[] {
    const chats = row.row.operations.includes("chat");
    return [
      ...rpcs(row, connect()).map((call, at) => [`RPC ${at}`, call] as const),
      ...(chats
        ? [
            ["REST", () => rest(row, false)] as const,
            ["REST, streamed", () => rest(row, true)] as const,
          ]
        : []),
    ];
  }

  const names = [
    ...driven.map(({ name }) => name),
    ...otherwise("").map(([kind]) => `${kind}-otherwise`),
  ];
  const statuses = [400, 401, 403, 404, 429, 500, 503, 302, 304, 999];
  for (const [at, name] of names.entries()) {
    it(`never comes back from ${name}`, async () => {
      const row = rows.find((each) => each.name === name);
      if (row === undefined) throw new Error(`no row ${name}`);
      const told = [401, statuses[at % statuses.length] ?? 500];
      const echoes: readonly Echo[] = [
        ...told.map((status) => ({ kind: "status", status }) as const),
        { kind: "answer" },
        { kind: "midstream" },
        { kind: "coding" },
      ];
      for (const each of echoes) {
        echo = each;
        for (const [title, call] of waysOf(row))
          await stays(`${title} ${JSON.stringify(each)}`, call);
      }
    });
  }

  for (const name of [
    "openai",
    "anthropic",
    "gemini",
    "bedrock",
    "cohere",
    "ollama",
    "watsonx",
    "replicate",
  ]) {
    it(`never comes back from ${name} in the trailers of gRPC, nor where errors are printed with their causes`, async () => {
      const row = rows.find((each) => each.name === name);
      if (row === undefined) throw new Error(`no row ${name}`);
      for (const each of [
        { kind: "status", status: 429 },
        { kind: "midstream" },
        { kind: "coding" },
      ] as const) {
        echo = each;
        for (const call of rpcs(row, grpc())) await stays(JSON.stringify(each), call);
        const { engine } = gateway;
        const asked = {
          model: `${name}/${row.model}`,
          header: (header: string) =>
            header === "authorization" ? `Bearer ${adminKey}` : undefined,
        };
        const request = requestOf(chat, () => chatOf("one", asked.model));
        const call = engine.begin({ ...asked, request });
        await stays("in process", () =>
          engine.handle(call).then(
            () => "an answer",
            (error) => inspect(error, { depth: 20, showHidden: true }),
          ),
        );
      }
    });
  }

  it("is not in the configuration that is shown, nor in an explanation", async () => {
    const { text } = await everything(async () => {
      const shown = await createClient(ConfigService, connect()).getConfig({}, options);
      const explained = [];
      for (const { row, name, model, drive } of rows) {
        if (!row.operations.includes("chat")) continue;
        const client = createClient(ChatService, connect());
        explained.push(
          await client.explain({ chat: { ...drive.chat, model: `${name}/${model}` } }, options),
        );
      }
      return [
        toJsonString(GetConfigResponseSchema, shown),
        explained.map((each) => toJsonString(ExplainResponseSchema, each)),
      ];
    });
    expect(text).toContain("/chat/completions");
    expect(text).not.toMatch(
      /(?:K3y|P4ss|T0ken|S3cret|S3ssion|AKIA|Cl1ent|Azur3)\/Of|M1nted|PRIVATE KEY/,
    );
  });
});

/** All of a stream, and how it ended where it broke off. */
async function gathered(stream: AsyncIterable<unknown>): Promise<unknown> {
  const all: unknown[] = [];
  try {
    for await (const each of stream) all.push(each);
    return all;
  } catch (error) {
    return [all, errorParts(error)];
  }
}

function errorParts(error: unknown): unknown {
  const failure = ConnectError.from(error);
  return [
    failure.message,
    failure.rawMessage,
    [...failure.metadata],
    failure.findDetails(FaultSchema),
  ];
}

/** Whose client asks a row: one that is not translated where there is one. */
function clientOf({ dialect }: CatalogRow): RestDialect {
  const kinds: Readonly<Record<string, string>> = {
    "openai-responses": "openai_responses_compatible",
    "azure-openai-responses": "openai_responses_compatible",
    "anthropic-messages": "anthropic",
    "vertex-messages": "anthropic",
  };
  const kind = kinds[dialect] ?? dialect;
  const [openAi] = restDialects;
  const found = restDialects.find((each) => each.kind === kind) ?? openAi;
  if (found === undefined) throw new Error("no client");
  return found;
}

/** Every text in a value, as it is. */
function printed(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .flatMap(([key, member]) => [key, printed(member)])
      .join("\n");
  }
  return String(value);
}
