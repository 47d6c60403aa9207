import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { EmbedService } from "../../../gen/parlance/embed/v1/embed_service_pb.js";
import { ModerationService } from "../../../gen/parlance/moderation/v1/moderation_service_pb.js";
import { RerankService } from "../../../gen/parlance/rerank/v1/rerank_service_pb.js";
import { catalogRows } from "../../../src/adapters/catalog/catalog.ts";
import {
  type CatalogRow,
  exchangesKeys,
  googleScope,
  signedService,
} from "../../../src/adapters/catalog/catalog-row.ts";
import { loadConfig } from "../../../src/config/loading/load-config.ts";
import type { OperationName } from "../../../src/core/operation.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { signatureOf } from "../../vendors/aws-signature.ts";
import {
  type RecordedRequest,
  startVendorServer,
  type Vendor,
} from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Drive, jsonReply, reply } from "./drive.ts";
import {
  basePath,
  type Driven,
  driven,
  filled,
  isOpen,
  partOf,
  variablesOf,
} from "./driven-rows.ts";

const callerKey = "caller-key-of-the-drive-0123456789";
/** What requests are signed with where a row has no other credential. */
const signingKey = {
  region: "eu-north-1",
  access_key_id: { value: "id-of-the-drive" },
  secret_access_key: { value: "secret-of-the-drive" },
};
const keyOf = (row: CatalogRow): string => `vendor-key-of-${row.id}`;

describe("every row, through a running gateway", () => {
  const vendors = new Map<Drive, Vendor>();
  let tokens: Vendor;
  let gateway: RunningGateway;

  beforeAll(async () => {
    for (const drive of new Set(driven.map((each) => each.drive))) {
      vendors.set(drive, await startVendorServer(drive.answer, {}));
    }
    tokens = await startVendorServer(exchange, {});
    const providers = driven.flatMap(({ row, drive, name }) => {
      const address = `${vendorOf(drive).url}${basePath(row)}`;
      const exchanged = exchangesKeys(row)
        ? { oauth2: { token_url: `${tokens.url}/identity/token` } }
        : {};
      const provider = {
        kind: row.id,
        base_url: address,
        variables: variablesOf(row),
        ...exchanged,
      };
      const region = signedService(row) === undefined ? {} : { aws: { region: signingKey.region } };
      const named = [[name, { ...provider, ...region, api_key: { value: keyOf(row) } }] as const];
      const open = {
        ...provider,
        ...(signedService(row) === undefined ? {} : { aws: signingKey }),
      };
      return isOpen(row) ? [...named, [`${name}-open`, open] as const] : named;
    });
    const config = {
      keys: [{ name: "k", value: { value: callerKey } }],
      providers: Object.fromEntries(providers),
    };
    gateway = await startGateway({ config: JSON.stringify(config), port: 0 });
  });
  afterAll(async () => {
    await gateway.close();
    for (const vendor of [tokens, ...vendors.values()]) await vendor.close();
  });

  function vendorOf(drive: Drive): Vendor {
    const vendor = vendors.get(drive);
    if (vendor === undefined) throw new Error("nobody simulates the vendor");
    return vendor;
  }

  const options = { headers: { authorization: `Bearer ${callerKey}` } };
  const transport = () => createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });

  async function arrived(
    drive: Drive,
    call: () => Promise<unknown>,
    says: unknown,
  ): Promise<RecordedRequest> {
    const { requests } = vendorOf(drive);
    const before = requests.length;
    expect(await call()).toEqual(says);
    expect(requests).toHaveLength(before + 1);
    const request = requests[before];
    if (request === undefined) throw new Error("no request arrived");
    return request;
  }

  async function complete(model: string, { chat }: Drive): Promise<string> {
    const { completion } = await createClient(ChatService, transport()).complete(
      { chat: { ...chat, model } },
      options,
    );
    const parts = completion?.choices[0]?.message?.parts ?? [];
    return parts
      .map(({ content }) => (content.case === "text" ? content.value.text : `(${content.case})`))
      .join("");
  }

  async function streamComplete(model: string, { chat }: Drive): Promise<string> {
    let text = "";
    const replies = createClient(ChatService, transport()).streamComplete(
      { chat: { ...chat, model } },
      options,
    );
    for await (const { event } of replies) {
      if (event?.event.case === "textDelta") text += event.event.value.text;
    }
    return text;
  }

  async function embed(model: string): Promise<unknown> {
    const inputs = [{ input: { case: "text", value: "one" } } as const];
    const { result } = await createClient(EmbedService, transport()).embed(
      { spec: { model, inputs } },
      options,
    );
    const vector = result?.embeddings[0]?.vector;
    return vector?.case === "floats" ? vector.value.values : vector;
  }

  async function rank(model: string): Promise<unknown> {
    const documents = ["one", "two"].map((value) => ({
      document: { case: "text", value } as const,
    }));
    const spec = { model, query: "which", documents, topN: 1, returnDocuments: true };
    const { result } = await createClient(RerankService, transport()).rerank({ spec }, options);
    return result?.results.map(({ index, relevanceScore, document }) => [
      index,
      relevanceScore,
      document?.document.value,
    ]);
  }

  async function moderate(model: string): Promise<unknown> {
    const inputs = [{ parts: [{ part: { case: "text", value: "one" } as const }] }];
    const client = createClient(ModerationService, transport());
    const { result } = await client.moderate({ spec: { model, inputs } }, options);
    return result?.results.map(({ flagged }) => flagged);
  }

  function expectEnvelope(
    request: RecordedRequest,
    { row, drive, base }: Driven,
    path: string,
    key?: string,
  ): void {
    const { auth } = row;
    const inQuery = key !== undefined && typeof auth === "object" && "query" in auth;
    expect(request.method).toBe("POST");
    expect(request.path).toBe(
      `${base}${path}${inQuery ? `?${auth.query}=${encodeURIComponent(key)}` : ""}`,
    );
    expect(request.headers["content-type"]).toBe("application/json");
    expect(request.headers).toMatchObject(drive.headers);
    const service = signedService(row);
    if (key === undefined && service !== undefined) {
      const scope = { region: signingKey.region, service };
      expect(request.headers.authorization).toBe(
        signatureOf(request, scope, "id-of-the-drive", "secret-of-the-drive"),
      );
      expect(credentialsIn(request)).toEqual([`authorization: ${request.headers.authorization}`]);
      return;
    }
    expect(credentialsIn(request)).toEqual(
      key === undefined || inQuery ? [] : [credentialHeader(row, key)],
    );
    expect(JSON.stringify([request.path, request.rawHeaders, request.json])).not.toContain(
      callerKey,
    );
  }

  it("is more than a hundred rows", () => {
    expect(driven.length).toBeGreaterThan(100);
  });

  for (const each of driven) {
    const { row, drive, name, model } = each;
    const embedder = drive.embeddingsModel ?? model;
    const chatPath = (stream: boolean) => row.chatPath ?? drive.chatPath(model, stream);
    const serves = (operation: OperationName) => row.operations.includes(operation);

    if (serves("chat")) {
      it(`chats with ${name}`, async () => {
        const request = await arrived(drive, () => complete(`${name}/${model}`, drive), reply);
        expectEnvelope(request, each, chatPath(false), keyOf(row));
        expect(request.json).toEqual(drive.chatBody(row, model, false));
      });

      it(`streams a chat with ${name}`, async () => {
        const request = await arrived(
          drive,
          () => streamComplete(`${name}/${model}`, drive),
          reply,
        );
        expectEnvelope(request, each, chatPath(true), keyOf(row));
        expect(request.json).toEqual(drive.chatBody(row, model, true));
      });
    }
    if (serves("embed")) {
      it(`embeds with ${name}`, async () => {
        const request = await arrived(drive, () => embed(`${name}/${embedder}`), [1, 2]);
        expectEnvelope(
          request,
          each,
          row.embeddingsPath ?? drive.embeddingsPath(embedder),
          keyOf(row),
        );
        expect(request.json).toEqual(drive.embeddingsBody(embedder));
      });
    }
    if (serves("rerank")) {
      it(`ranks with ${name}`, async () => {
        const request = await arrived(drive, () => rank(`${name}/${model}`), [[1, 0.75, "two"]]);
        expectEnvelope(
          request,
          each,
          row.rerankPath ?? drive.rerank?.path(model) ?? "",
          keyOf(row),
        );
        expect(request.json).toEqual(drive.rerank?.body(row, model, signingKey.region));
      });
    }
    if (serves("moderate")) {
      it(`moderates with ${name}`, async () => {
        const request = await arrived(drive, () => moderate(`${name}/${model}`), [true]);
        expectEnvelope(request, each, "/moderations", keyOf(row));
        expect(request.json).toEqual({ model, input: "one" });
      });
    }
    if (isOpen(row)) {
      it(`shows ${row.id} no credential where none is configured`, async () => {
        const open = `${name}-open/${model}`;
        if (serves("chat")) {
          expectEnvelope(
            await arrived(drive, () => complete(open, drive), reply),
            each,
            chatPath(false),
          );
        } else if (serves("embed")) {
          expectEnvelope(
            await arrived(drive, () => embed(open), [1, 2]),
            each,
            drive.embeddingsPath(model),
          );
        } else {
          const request = await arrived(drive, () => rank(open), [[1, 0.75, "two"]]);
          expectEnvelope(request, each, drive.rerank?.path(model) ?? "");
        }
      });
    }
  }
});

describe("the address of every row", () => {
  for (const row of catalogRows.filter(({ dialect }) => dialect !== "sim")) {
    const load = (env = {}, members: object = {}) => {
      const config = { providers: { p: { kind: row.id, api_key: { value: "k" }, ...members } } };
      return loadConfig({ text: JSON.stringify(config), filename: "config" }, env, () => "");
    };
    const { baseUrl } = row;

    if (baseUrl === null) {
      it(`must be configured for ${row.id}`, () => {
        expect(load()).toMatchObject({ ok: false, violations: [{ path: "providers.p.base_url" }] });
      });
    } else if (signedService(row) !== undefined) {
      it(`is ${baseUrl} for ${row.id} unless it is configured, in a region that must be known`, () => {
        expect(load()).toMatchObject({
          ok: false,
          violations: [{ path: "providers.p.aws.region" }],
        });
        const loaded = load({ AWS_DEFAULT_REGION: "us-east-1", AWS_REGION: "eu-west-3" });
        const { origin, path } =
          (loaded.ok ? loaded.settings.providers.get("p")?.baseUrl : undefined) ?? {};
        expect(`${origin}${path}`).toBe(baseUrl.replace("{region}", "eu-west-3"));
      });
    } else if (row.variables !== undefined) {
      const { variables } = row;
      const path = (name: string) => ({ path: `providers.p.variables.${name}` });
      const needed = variables.filter(
        ({ required, fallback }) => required && fallback === undefined,
      );

      it(`is ${baseUrl} for ${row.id} unless it is configured, with what it lacks from the environment`, () => {
        if (needed.length > 0) {
          expect(load()).toMatchObject({
            ok: false,
            violations: needed.map(({ name }) => path(name)),
          });
        }
        const loaded = load(
          Object.fromEntries(variables.map(({ name, env: [key = ""] }) => [key, partOf(name)])),
        );
        const { origin, path: rest } =
          (loaded.ok ? loaded.settings.providers.get("p")?.baseUrl : undefined) ?? {};
        expect(`${origin}${rest}`).toBe(filled(baseUrl));
      });
    } else if (googleScope(row) !== undefined) {
      it(`is ${baseUrl} for ${row.id} unless it is configured, with the location in its place`, () => {
        const places: readonly [google: object, url: string][] = [
          [{}, "https://aiplatform.googleapis.com/v1"],
          [
            { project: "p-1", location: "global" },
            "https://aiplatform.googleapis.com/v1/projects/p-1/locations/global",
          ],
          [
            { project: "p-1", location: "europe-west4" },
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/p-1/locations/europe-west4",
          ],
          [
            { project: "p-1", location: "us" },
            "https://aiplatform.us.rep.googleapis.com/v1/projects/p-1/locations/us",
          ],
        ];
        for (const [google, url] of places) {
          const loaded = load(
            { GOOGLE_CLOUD_PROJECT: "of-the-world", GOOGLE_CLOUD_LOCATION: "asia-east1" },
            { google },
          );
          const { origin, path } =
            (loaded.ok ? loaded.settings.providers.get("p")?.baseUrl : undefined) ?? {};
          expect(`${origin}${path}`).toBe(url);
        }
      });
    } else {
      it(`is ${baseUrl} for ${row.id} unless it is configured`, () => {
        const loaded = load();
        const { origin, path } =
          (loaded.ok ? loaded.settings.providers.get("p")?.baseUrl : undefined) ?? {};
        expect(`${origin}${path}`).toBe(baseUrl);
      });
    }
  }
});

/** Gives the token of an API key, as IBM's IAM does. */
function exchange({ rawBody }: RecordedRequest): VendorReply {
  const key = new URLSearchParams(rawBody.toString()).get("apikey");
  return jsonReply({ access_token: `token-for-${key}`, token_type: "Bearer", expires_in: 3600 });
}

/** The headers in which vendors take credentials, and any other that holds one of ours. */
function credentialsIn({ rawHeaders }: RecordedRequest): string[] {
  const pairs = Array.from({ length: rawHeaders.length / 2 }, (_, at) =>
    rawHeaders.slice(2 * at, 2 * at + 2),
  );
  const suspicious = /^(proxy-)?authorization$|cookie|key|token|secret/i;
  return pairs
    .filter(([name = "", value = ""]) => suspicious.test(name) || value.includes("-key-of-"))
    .map(([name = "", value = ""]) => `${name.toLowerCase()}: ${value}`);
}

function credentialHeader({ auth }: CatalogRow, key: string): string {
  if (auth === "bearer" || (typeof auth === "object" && "sigv4" in auth))
    return `authorization: Bearer ${key}`;
  if (typeof auth === "object" && "entra" in auth) return `api-key: ${key}`;
  if (typeof auth === "object" && "google" in auth) return `x-goog-api-key: ${key}`;
  if (typeof auth === "object" && "ibmIam" in auth) return `authorization: Bearer token-for-${key}`;
  if (typeof auth === "object" && "header" in auth) return `${auth.header}: ${key}`;
  throw new Error("the row takes no credential in a header");
}
