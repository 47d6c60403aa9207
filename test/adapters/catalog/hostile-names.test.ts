import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { EmbedService } from "../../../gen/parlance/embed/v1/embed_service_pb.js";
import { RerankService } from "../../../gen/parlance/rerank/v1/rerank_service_pb.js";
import { catalogRows } from "../../../src/adapters/catalog/catalog.ts";
import {
  type CatalogRow,
  exchangesKeys,
  signedService,
} from "../../../src/adapters/catalog/catalog-row.ts";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { startVendorServer, type Vendor } from "../../vendors/start-vendor-server.ts";
import { jsonReply, plainChat } from "./drive.ts";

/** Names that mean something in a path, or would if they got there as they are. */
const hostile: readonly string[] = [
  ...[
    "..",
    ".",
    "../x",
    "../../v1/files",
    "./x",
    "x/..",
    "x/../../y",
    "x/./y",
    "x//y",
    "/x",
    "//evil.example/x",
  ],
  ...[
    "x/y/../..",
    "x?y=1",
    "x#y",
    "x&key=1",
    "x;y",
    "%2e%2e/x",
    "..%2fx",
    "%2e%2e%2fx",
    "x%00y",
    "\\..\\x",
  ],
  ...[
    "x y",
    "x\u0000y",
    "x\r\nhost: evil",
    "\u202e/x",
    "é/ü",
    "x:y",
    "x@y",
    "https://evil.example/x",
    "x/y/z/w",
  ],
  ...[
    "deployment/..",
    "deployments/..",
    "deployments/../..",
    "endpoints/..",
    "publishers/../x",
    "models/..",
  ],
  ...[
    "tunedModels/../x",
    "arn:aws:bedrock:x/../y",
    "ranking/../x",
    "mistral..",
    "anthropic/..",
    "google/../x",
  ],
];

/** Enough for a row whose dialect is tried with all the others. */
const few: readonly string[] = ["../x", "x?y=1#z", "//evil.example/x"];

/** A name that means nothing anywhere. */
const plain = "plain";

type Operation = "chat" | "embed" | "rerank";
const tried: readonly Operation[] = ["chat", "embed", "rerank"];
const key = "caller-key-of-hostile-names";
const options = { headers: { authorization: `Bearer ${key}` } };

const rows = catalogRows.filter(({ dialect }) => dialect !== "sim");
const variablesOf = ({ variables = [] }: CatalogRow) =>
  Object.fromEntries(variables.map(({ name, example }) => [name, example]));

describe("the name of a model keeps its place in the path", () => {
  let vendor: Vendor;
  let gateway: RunningGateway;
  const bugs: unknown[] = [];

  beforeAll(async () => {
    const token = { access_token: "t", token_type: "Bearer", expires_in: 3600 };
    vendor = await startVendorServer(
      ({ path }) => jsonReply(path === "/token" ? token : {}, path === "/token" ? 200 : 400),
      {},
    );
    const providers = rows.map((row) => {
      const exchanged = exchangesKeys(row) ? { oauth2: { token_url: `${vendor.url}/token` } } : {};
      const region = signedService(row) === undefined ? {} : { aws: { region: "eu-north-1" } };
      const base_url = `${vendor.url}/base/of/${row.id}`;
      const shared = {
        kind: row.id,
        base_url,
        variables: variablesOf(row),
        api_key: { value: "vendor-key" },
      };
      return [row.id, { ...shared, ...exchanged, ...region }] as const;
    });
    const config = {
      keys: [{ name: "k", value: { value: key } }],
      providers: Object.fromEntries(providers),
    };
    const world = { onBug: (error: unknown) => void bugs.push(error), record: () => undefined };
    gateway = await startGateway({ config: JSON.stringify(config), port: 0, world });
  });
  afterAll(async () => {
    await gateway.close();
    await vendor.close();
    expect(bugs).toEqual([]);
  });

  /**
   * What the vendor was asked for; or, where nothing arrived, whether the name was refused and
   * nothing else.
   */
  async function pathOf(
    operation: Operation,
    model: string,
    stream: boolean,
  ): Promise<string | "refused"> {
    vendor.reset();
    const transport = createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" });
    const error = await ask(operation, model, stream, transport).then(
      () => undefined,
      ConnectError.from,
    );
    const arrived = vendor.requests.filter(({ path }) => path !== "/token");
    if (arrived.length === 0) {
      // Not every model serves every operation.
      expect([Code.InvalidArgument, Code.Unimplemented]).toContain(error?.code);
      return "refused";
    }
    return arrived[0]?.path ?? "";
  }

  function ask(
    operation: Operation,
    model: string,
    stream: boolean,
    transport: ReturnType<typeof createConnectTransport>,
  ): Promise<unknown> {
    switch (operation) {
      case "chat": {
        const client = createClient(ChatService, transport);
        const chat = { ...plainChat, model };
        if (!stream) return client.complete({ chat }, options);
        return client.streamComplete({ chat }, options)[Symbol.asyncIterator]().next();
      }
      case "embed": {
        const inputs = [{ input: { case: "text", value: "one" } } as const];
        return createClient(EmbedService, transport).embed({ spec: { model, inputs } }, options);
      }
      case "rerank": {
        const documents = [{ document: { case: "text", value: "one" } } as const];
        return createClient(RerankService, transport).rerank(
          { spec: { model, query: "q", documents } },
          options,
        );
      }
    }
  }

  const seen = new Set<string>();
  for (const row of rows) {
    const families = row.families ?? [];
    const own = families.flatMap(({ example }) => [
      `${example}/../x`,
      `${example}?x`,
      `../${example}`,
    ]);
    const names = [...(seen.has(row.dialect) ? few : hostile), ...own];
    seen.add(row.dialect);
    const served = new Set([row, ...families].flatMap(({ operations }) => operations));
    const operations = tried.filter((operation) => served.has(operation));
    const asked: readonly (readonly [operation: Operation, stream: boolean])[] = [
      ...operations.map((operation) => [operation, false] as const),
      ...(served.has("chat") ? [["chat", true] as const] : []),
    ];
    for (const [operation, stream] of asked) {
      it(`at ${row.id}, in ${operation}${stream ? ", streamed" : ""}`, async () => {
        const usual = await pathOf(operation, `${row.id}/${plain}`, stream);
        for (const name of names) {
          const path = await pathOf(operation, `${row.id}/${name}`, stream);
          expect([name, path, keepsPlace(path, usual, row)]).toEqual([name, path, true]);
        }
      });
    }
  }
});

/** What stands in the query, which no name does. */
const QUERY = /^(?:\?(?:alt=sse|(?:api-)?version=[\w.-]+))?$/;

/**
 * Whether a path is one that the row has for models: as the usual one but for its segments of the
 * name.
 */
function keepsPlace(path: string, usual: string, { id }: CatalogRow): boolean {
  if (path === "refused" || path === usual) return true;
  const parsed = new URL(path, "http://vendor.example");
  if (parsed.host !== "vendor.example" || parsed.hash !== "" || !QUERY.test(parsed.search))
    return false;
  if (parsed.pathname + parsed.search !== path || !path.startsWith(`/base/of/${id}/`)) return false;
  // Every segment is of letters that mean themselves, or escaped; none is empty or of dots.
  const segments = parsed.pathname.split("/").slice(1);
  return segments.every(
    (segment) => /^(?:[\w.~!'()*@:-]|%[0-9A-F]{2})+$/.test(segment) && !/^\.+$/.test(segment),
  );
}
