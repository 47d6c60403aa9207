import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../../../gen/parlance/error/v1/fault_pb.js";
import { RerankService } from "../../../gen/parlance/rerank/v1/rerank_service_pb.js";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";

const key = "key-of-the-test-0123456789";

/** What the vendor was asked, and what it answers: the status and the body for each path. */
let asked: {
  readonly path: string;
  readonly authorization: string;
  readonly body: Record<string, unknown>;
}[] = [];

const replies: Readonly<Record<string, readonly [status: number, body: unknown]>> = {
  "/v2/rerank": [
    200,
    {
      id: "r-1",
      results: [
        { index: 1, relevance_score: 0.75 },
        { index: 0, relevance_score: 0.25 },
      ],
      meta: { api_version: { version: "2" }, billed_units: { search_units: 1 } },
    },
  ],
  "/v1/rerank": [
    200,
    { id: "r-2", results: [{ index: 0, relevance_score: 0.5, document: { text: "a" } }] },
  ],
  "/down/v2/rerank": [429, { id: "e-1", message: "You are past the per minute request limit" }],
};

const vendor = createServer(async (request, response) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  asked.push({
    path: request.url ?? "",
    authorization: request.headers.authorization ?? "",
    body: JSON.parse(text),
  });
  const [status, body] = replies[request.url ?? ""] ?? [404, { message: "nothing here" }];
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});

let gateway: RunningGateway;
beforeAll(async () => {
  await new Promise<void>((resolve) => vendor.listen(0, "127.0.0.1", resolve));
  const { port } = vendor.address() as AddressInfo;
  const base = `http://127.0.0.1:${port}`;
  const config = `
server: { host: 127.0.0.1, port: 0 }
auth: { admin_key: { value: ${key} } }
providers:
  sim: { kind: sim }
  ranker: { kind: cohere, base_url: "${base}/v2", api_key: { value: vendor-key } }
  down: { kind: cohere, base_url: "${base}/down", api_key: { value: vendor-key } }
`;
  gateway = await startGateway({ config, world: { record: () => undefined } });
});
afterAll(async () => {
  await gateway.close();
  vendor.close();
});
beforeEach(() => {
  asked = [];
});

async function post(path: string, body: object) {
  const response = await fetch(gateway.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("a ranking over REST", () => {
  const question = { query: "red wine", documents: ["white bread", "red meat", "Red Wine"] };

  for (const path of ["/v1/rerank", "/v2/rerank", "/rerank"]) {
    it(`is answered at ${path}`, async () => {
      const { status, body } = await post(path, {
        model: "sim/rerank",
        ...question,
        top_n: 2,
        return_documents: true,
      });
      expect(status).toBe(200);
      expect(body.results).toEqual([
        { index: 2, relevance_score: 1, document: { text: "Red Wine" } },
        { index: 1, relevance_score: 0.5, document: { text: "red meat" } },
      ]);
    });
  }

  it("of a vendor of the same dialect passes through", async () => {
    const body = { model: "ranker/rerank-v3.5", query: "q", documents: ["a", "b"], priority: 1 };
    const reply = await post("/v1/rerank", body);
    expect(reply).toEqual({ status: 200, body: replies["/v2/rerank"]?.[1] });
    expect(asked).toEqual([
      {
        path: "/v2/rerank",
        authorization: "Bearer vendor-key",
        body: { ...body, model: "rerank-v3.5" },
      },
    ]);
  });

  it("with documents that are objects passes through to v1", async () => {
    const reply = await post("/v1/rerank", {
      model: "ranker/m",
      query: "q",
      documents: [{ text: "a" }],
    });
    expect(reply.body).toEqual(replies["/v1/rerank"]?.[1]);
    expect(asked[0]?.path).toBe("/v1/rerank");
  });

  const wrong: readonly (readonly [
    title: string,
    body: object,
    status: number,
    message: string,
  ])[] = [
    ["without documents", { model: "sim/rerank", query: "q", documents: [] }, 400, "documents"],
    ["without a query", { model: "sim/rerank", documents: ["a"] }, 400, "query: is required"],
    ["without a model", { query: "q", documents: ["a"] }, 400, "model"],
    ["of a model that ranks nothing", { model: "sim/echo", ...question }, 400, "ranks nothing"],
    [
      "that the vendor refuses",
      { model: "down/m", ...question },
      429,
      "past the per minute request limit",
    ],
  ];
  for (const [title, body, status, message] of wrong) {
    it(`${title} fails in the dialect's own words`, async () => {
      const reply = await post("/v1/rerank", body);
      expect(reply.status).toBe(status);
      expect(reply.body.message).toContain(message);
    });
  }
});

describe("a ranking over RPC", () => {
  const transports = [
    ["Connect", () => createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" })],
    ["gRPC", () => createGrpcTransport({ baseUrl: gateway.url })],
  ] as const;
  const headers = { authorization: `Bearer ${key}` };
  const documents = ["a", "b"].map((value) => ({ document: { case: "text", value } as const }));

  for (const [name, transport] of transports) {
    it(`is answered over ${name}, with its report`, async () => {
      const spec = {
        model: "ranker/rerank-v3.5",
        query: "q",
        documents,
        topN: 1,
        returnDocuments: true,
      };
      const { result, report } = await createClient(RerankService, transport()).rerank(
        { spec },
        { headers },
      );
      expect(result).toMatchObject({
        id: "r-1",
        results: [{ index: 1, relevanceScore: 0.75, document: documents[1] }],
        usage: { toolUses: { search_units: 1n } },
      });
      expect(report).toMatchObject({ target: { provider: "ranker", dialect: "cohere" } });
      expect(report?.fidelity.map(({ field }) => field)).toEqual(["return_documents"]);
      expect(asked[0]?.body).toEqual({
        model: "rerank-v3.5",
        query: "q",
        documents: ["a", "b"],
        top_n: 1,
      });
    });

    it(`that is not valid is refused over ${name}, field by field`, async () => {
      const spec = { model: "ranker/m", query: "", documents: [], topN: 0 };
      const failed = await createClient(RerankService, transport())
        .rerank({ spec }, { headers })
        .then(() => expect.unreachable("the call should fail"), ConnectError.from);
      const [fault] = failed.findDetails(FaultSchema);
      expect(fault?.reason).toBe(ErrorReason.INVALID_REQUEST);
      expect(fault?.fields.map(({ field }) => field).sort()).toEqual([
        "spec.documents",
        "spec.query",
        "spec.top_n",
      ]);
      expect(asked).toEqual([]);
    });
  }
});

describe("other paths of the dialect", () => {
  it("answer chats, whole and streamed, and embeddings", async () => {
    const messages = [{ role: "user", content: "hello there" }];
    const chat = await post("/v2/chat", { model: "sim/echo", messages });
    expect(chat.body).toMatchObject({
      finish_reason: "COMPLETE",
      message: { role: "assistant", content: [{ type: "text", text: "hello there" }] },
    });
    const embedded = await post("/v2/embed", {
      model: "sim/embed",
      texts: ["a"],
      embedding_types: ["float"],
      output_dimension: 4,
    });
    expect(embedded.body.embeddings).toMatchObject({ float: [{ length: 4 }] });
    const streamed = await fetch(`${gateway.url}/v2/chat`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: "sim/echo", messages, stream: true }),
    });
    const text = await streamed.text();
    const types = [...text.matchAll(/^event: (.*)$/gm)].map(([, type]) => type);
    expect(types[0]).toBe("message-start");
    expect(types.at(-1)).toBe("message-end");
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });
});
