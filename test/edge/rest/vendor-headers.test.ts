import { ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { FaultSchema } from "../../../gen/parlance/error/v1/fault_pb.js";
import { plainChat } from "../../adapters/catalog/drive.ts";
import {
  callerKey,
  type RestGateway,
  restDialects,
  sendWith,
  startRestGateway,
} from "../../rest-dialects.ts";

/** What callers may see, and what they may not, by the word in the address. */
const limits: Readonly<Record<string, string>> = {
  "x-ratelimit-limit-requests": "60",
  "x-ratelimit-remaining-requests": "0",
  "x-ratelimit-reset-tokens": "6m0s",
  "anthropic-ratelimit-requests-reset": "2026-11-29T00:00:00Z",
};
const own = {
  ...limits,
  "retry-after": "12",
  "x-request-id": "req_1",
  "request-id": "req_1",
  server: "vendor",
};
const long = "i".repeat(12_000);
const many = Object.fromEntries(
  Array.from({ length: 100 }, (_, at) => [`x-ratelimit-${at}`, "1".repeat(100)]),
);
const sets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  usual: own,
  "long-ids": { ...own, "x-request-id": long, "request-id": `${long.slice(0, 300)}` },
  "odd-ids": { ...own, "x-request-id": "two words", "request-id": "caf\u00e9" },
  "long-limit": { ...own, "x-ratelimit-limit-requests": "9".repeat(1025) },
  many: { ...many, "x-request-id": "req_1" },
};

describe("the headers of a vendor's reply", () => {
  let gateway: RestGateway;
  let status = 200;
  beforeAll(async () => {
    gateway = await startRestGateway(
      (response, good, _stream, at) => {
        const headers = { ...good.headers, ...sets[at] };
        if (status === 200) return sendWith(response, good, headers);
        const body = JSON.stringify({ error: { message: "slow down" } });
        const reply = { ...good, status, frames: [Buffer.from(body)] };
        return sendWith(response, reply, { ...headers, "content-type": "application/json" });
      },
      { ats: Object.keys(sets) },
    );
  });
  afterAll(() => gateway.close());

  const ways = restDialects.flatMap((to) => restDialects.map((from) => [from, to] as const));
  const asked = [200, 429, 400, 503].flatMap((code) => [
    [code, false] as const,
    [code, true] as const,
  ]);

  for (const [from, to] of ways) {
    it(`tell ${from.kind}'s client of the limits of ${to.kind}, with an answer and with a failure`, async () => {
      for (const [code, stream] of asked) {
        status = code;
        const response = await gateway.ask(from, to, stream, "usual");
        await response.arrayBuffer();
        expect([response.status, stream]).toEqual([code, stream]);
        const told = Object.keys(limits).map((name) => [name, response.headers.get(name)]);
        expect(Object.fromEntries(told)).toEqual(limits);
        expect([response.headers.get("retry-after"), response.headers.get("server")]).toEqual([
          "12",
          null,
        ]);
      }
    });

    it(`name a failed request of ${to.kind} once, in the header that ${from.kind}'s client reads`, async () => {
      status = 429;
      const response = await gateway.ask(from, to, false, "usual");
      await response.arrayBuffer();
      const ids = ["x-request-id", "request-id"].filter(
        (name) => response.headers.get(name) === "req_1",
      );
      expect(ids).toEqual([from.kind === "anthropic" ? "request-id" : "x-request-id"]);
    });
  }

  for (const [title, at] of [
    ["ids that are too long", "long-ids"],
    ["ids that are none", "odd-ids"],
    ["a limit that is too long", "long-limit"],
    ["more limits than there is room for", "many"],
  ] as const) {
    it(`are left out and do not fail a reply: ${title}`, async () => {
      for (const dialect of restDialects) {
        for (const [code, stream] of asked) {
          status = code;
          const response = await gateway.ask(dialect, dialect, stream, at);
          await response.arrayBuffer();
          expect([dialect.kind, response.status]).toEqual([dialect.kind, code]);
          const headers = [...response.headers].filter(([name]) =>
            /ratelimit|request-id/.test(name),
          );
          expect(headers.every(([, value]) => value.length <= 256)).toBe(true);
          expect(headers.join("").length).toBeLessThanOrEqual(4096 + 256);
          expect(response.headers.get("x-request-id")).not.toBe("two words");
        }
      }
    });
  }

  for (const [name, transport] of [
    ["Connect", (baseUrl: string) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
    ["gRPC", (baseUrl: string) => createGrpcTransport({ baseUrl })],
  ] as const) {
    it(`go with a failed RPC as its metadata, in ${name}`, async () => {
      for (const { kind } of restDialects) {
        status = 429;
        const client = createClient(ChatService, transport(gateway.url));
        const options = { headers: { authorization: `Bearer ${callerKey}` } };
        const chat = { ...plainChat, model: `${kind}-usual/m` };
        for (const call of [
          client.complete({ chat }, options),
          client.streamComplete({ chat }, options)[Symbol.asyncIterator]().next(),
        ]) {
          const error = await call.then(() => undefined, ConnectError.from);
          const told = Object.keys(limits).map((header) => [header, error?.metadata.get(header)]);
          expect([kind, Object.fromEntries(told)]).toEqual([kind, limits]);
          expect(error?.metadata.get("retry-after")).toBe("12");
          expect(error?.metadata.get("server")).toBeNull();
          expect(error?.findDetails(FaultSchema)[0]).toMatchObject({
            upstreamRequestId: "req_1",
            upstreamStatus: 429,
          });
        }
      }
    });
  }
});
