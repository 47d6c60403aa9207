import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterEach, describe, expect, it } from "vitest";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import type { HostList } from "../../src/core/net/egress.ts";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { requestAddress } from "../../src/upstream/request-address.ts";
import { eventReply, jsonReply } from "../adapters/catalog/drive.ts";
import type { Json } from "../vendors/json-value.ts";
import {
  type RecordedRequest,
  startVendorServer,
  type Vendor,
} from "../vendors/start-vendor-server.ts";
import type { VendorReply } from "../vendors/vendor-reply.ts";

const chat = {
  model: "r/meta/llama",
  messages: [
    { role: Role.USER, parts: [{ content: { case: "text", value: { text: "one" } } as const }] },
  ],
};

/** A vendor whose predictions begin and are there when they are asked for again. */
function predict({ method, path, json, headers }: RecordedRequest): VendorReply {
  const prediction = { id: "p1", model: "meta/llama", error: null };
  const streamed = JSON.stringify(json ?? null).includes('"stream":true');
  const urls: Json = streamed ? { stream: `http://${headers.host}/streams/p1` } : {};
  if (path === "/v1/models/meta/llama/predictions") {
    return { ...jsonReply({ ...prediction, status: "starting", output: null, urls }), status: 201 };
  }
  if (path === "/streams/p1")
    return eventReply([
      "event: output\ndata: hel",
      "event: output\ndata: lo",
      "event: done\ndata: {}",
    ]);
  if (method === "GET")
    return jsonReply({ ...prediction, status: "succeeded", output: ["hel", "lo"] });
  return jsonReply({ ...prediction, status: "canceled" });
}

describe("an answer that is still being made", () => {
  let vendor: Vendor;
  let gateway: RunningGateway;

  async function start(
    answer: (request: RecordedRequest) => VendorReply,
    timeouts = {},
  ): Promise<void> {
    vendor = await startVendorServer(answer, {});
    const r = {
      kind: "replicate",
      base_url: `${vendor.url}/v1`,
      api_key: { value: "vendor-key" },
      timeouts,
    };
    gateway = await startGateway({ config: JSON.stringify({ providers: { r } }), port: 0 });
  }
  afterEach(async () => {
    await gateway.close();
    await vendor.close();
  });

  const client = () =>
    createClient(ChatService, createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" }));
  const asked = () => vendor.requests.map(({ method, path }) => `${method} ${path}`);

  it("is asked for until it is there, with the credential", async () => {
    await start(predict);
    const { completion } = await client().complete({ chat });
    expect(completion?.choices[0]?.message?.parts[0]?.content.value).toMatchObject({
      text: "hello",
    });
    expect(asked()).toEqual(["POST /v1/models/meta/llama/predictions", "GET /v1/predictions/p1"]);
    for (const { headers } of vendor.requests)
      expect(headers.authorization).toBe("Bearer vendor-key");
    expect(vendor.requests[0]?.headers.prefer).toBe("wait");
  });

  it("is streamed from where the vendor says", async () => {
    await start(predict);
    const texts: string[] = [];
    for await (const { event } of client().streamComplete({ chat })) {
      if (event?.event.case === "textDelta") texts.push(event.event.value.text);
    }
    expect(texts.join("")).toBe("hello");
    expect(asked()).toEqual(["POST /v1/models/meta/llama/predictions", "GET /streams/p1"]);
    expect(vendor.requests[1]?.headers).toMatchObject({
      accept: "text/event-stream",
      authorization: "Bearer vendor-key",
    });
  });

  it("is cancelled at the vendor when the caller leaves", async () => {
    const stall = (request: RecordedRequest): VendorReply => {
      const reply = predict(request);
      return request.method === "GET"
        ? { ...reply, frames: [], headless: true, ending: "stall" }
        : reply;
    };
    await start(stall);
    const abort = new AbortController();
    const call = client().complete({ chat }, { signal: abort.signal });
    await vendor.waitForRequests(2);
    abort.abort();
    await expect(call).rejects.toThrow();
    await vendor.waitForRequests(3);
    expect(asked()[2]).toBe("POST /v1/predictions/p1/cancel");
  });

  it("is cancelled at the vendor when the caller leaves while it is asked whether it is there", async () => {
    await start((request) => {
      const reply = predict(request);
      return request.method === "GET"
        ? { ...reply, frames: [Buffer.from('{"id":')], ending: "stall" }
        : reply;
    });
    const abort = new AbortController();
    const call = client().complete({ chat }, { signal: abort.signal });
    await vendor.waitForRequests(2);
    abort.abort();
    await expect(call).rejects.toThrow();
    await vendor.waitForRequests(3);
    expect(asked()[2]).toBe("POST /v1/predictions/p1/cancel");
  });

  it("is cancelled at the vendor when the caller leaves its stream", async () => {
    await start((request) => {
      const reply = predict(request);
      if (request.path !== "/streams/p1") return reply;
      return { ...reply, frames: reply.frames.slice(0, 1), ending: "stall" };
    });
    const abort = new AbortController();
    const left = async () => {
      for await (const { event } of client().streamComplete({ chat }, { signal: abort.signal })) {
        if (event?.event.case === "textDelta") abort.abort();
      }
    };
    await expect(left()).rejects.toThrow();
    await vendor.waitForRequests(3);
    expect(asked()[2]).toBe("POST /v1/predictions/p1/cancel");
  });

  it("is not waited for longer than for the first token of an answer", async () => {
    await start(
      (request) =>
        request.method === "GET" ? jsonReply({ id: "p1", status: "processing" }) : predict(request),
      {
        first_token: "0.4s",
      },
    );
    await expect(client().complete({ chat })).rejects.toThrow("was not made in 400 ms");
    await vendor.waitForRequests(2);
    expect(asked()).toEqual([
      "POST /v1/models/meta/llama/predictions",
      "POST /v1/predictions/p1/cancel",
    ]);
  });

  it("is not followed to a stranger", async () => {
    const urls = { stream: "https://evil.example/steal" };
    await start((request) =>
      request.path.endsWith("/cancel")
        ? predict(request)
        : jsonReply({ id: "p1", status: "starting", urls }),
    );
    await expect(client().complete({ chat })).rejects.toThrow("points to another host");
  });
});

describe("an address that a vendor names", () => {
  const cases: readonly (readonly [base: string, origin: string, followed: boolean])[] = [
    ["https://api.replicate.com", "https://api.replicate.com", true],
    ["https://api.replicate.com", "https://stream.replicate.com", true],
    ["https://api.replicate.com", "http://stream.replicate.com", false],
    ["https://api.replicate.com", "https://evilreplicate.com", false],
    ["https://api.replicate.com", "https://replicate.com.evil.example", false],
    ["https://example.com", "https://other.com", false],
    ["https://10.0.0.1", "https://9.0.0.1", false],
    ["http://127.0.0.1:8080", "http://127.0.0.1:9090", false],
    ["https://api.replicate.com", "null", false],
  ];
  for (const [base, origin, followed] of cases) {
    it(`is ${followed ? "" : "not "}followed from ${base} to ${origin}`, () => {
      const request = { method: "GET", origin, path: "/x", headers: [], body: "" } as const;
      const address = (allow?: HostList) =>
        requestAddress(request, { origin: base, path: "/v1" }, new Map(), { provider: "p", allow });
      if (followed) expect(address()).toEqual({ origin, path: "/x" });
      else expect(() => address()).toThrow("points to another host");
      const other = origin !== base;
      if (followed && other) expect(() => address(() => false)).toThrow("points to another host");
    });
  }
});
