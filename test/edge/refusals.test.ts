import { gzipSync } from "node:zlib";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { draining } from "../../src/core/faults/draining.ts";
import type { Fault } from "../../src/core/faults/fault.ts";
import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import { createFrontDoor } from "../../src/edge/front-door.ts";
import { createReadiness } from "../../src/edge/readiness.ts";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import {
  printMessage,
  type RpcFailure,
  type RpcProtocol,
  readFailure,
  rpcProtocols,
} from "./rpc-protocols.ts";
import { type ReceivedReply, sendRequest } from "./send-request.ts";
import { startServer } from "./start-server.ts";

const key = "dev-key-0123456789";
const records: CallRecord[] = [];
let gateway: RunningGateway;
beforeAll(async () => {
  const config = `
server: { port: 0, limits: { max_body_bytes: 4096 } }
providers: { sim: { kind: sim } }
keys: [{ name: dev, value: { value: ${key} }, models: [sim/echo] }]
`;
  gateway = await startGateway({ config, world: { record: (record) => records.push(record) } });
});
afterAll(() => gateway.close());
beforeEach(() => void records.splice(0));

/** The one record of a refused request, which has the id that its caller was told. */
function expectRecord(id: string | null, reason: ErrorReason): void {
  expect(records.map(({ callId, fault }) => [callId, fault?.reason])).toEqual([[id, reason]]);
  expect(id).toMatch(/^\S{8,}$/);
}

const unary = "/parlance.chat.v1.ChatService/Complete";
const stream = "/parlance.chat.v1.ChatService/StreamComplete";

interface RefusedRpc {
  readonly title: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: (protocol: RpcProtocol) => Record<string, string>;
  readonly body?: (protocol: RpcProtocol) => Uint8Array;
  readonly code: Code;
  readonly reason: ErrorReason;
  readonly status?: number;
  readonly message: RegExp;
}

const garbage = Buffer.from([0x0a, 0xff, 0xff]);
const refusedRpcs: readonly RefusedRpc[] = [
  {
    title: "a message that is too large",
    body: (protocol) => printMessage(protocol, Buffer.alloc(9000, 0x20)),
    code: Code.ResourceExhausted,
    reason: ErrorReason.REQUEST_TOO_LARGE,
    message: /larger than (the limit of|configured readMaxBytes) \d+/,
  },
  {
    title: "a message that cannot be decoded",
    body: (protocol) =>
      printMessage(protocol, protocol.binary ? garbage : Buffer.from('{"chat":5}')),
    code: Code.InvalidArgument,
    reason: ErrorReason.INVALID_REQUEST,
    message: /the request is no parlance\.chat\.v1\.(Stream)?CompleteRequest/,
  },
  {
    title: "an unknown compression",
    headers: ({ encodingHeader }) => ({ [encodingHeader]: "zstd" }),
    code: Code.Unimplemented,
    reason: ErrorReason.UNSUPPORTED_MEDIA_TYPE,
    message: /unknown compression "zstd"/,
  },
  {
    title: "a timeout that is none",
    headers: ({ timeoutHeader }) => ({ [timeoutHeader]: "soon" }),
    code: Code.InvalidArgument,
    reason: ErrorReason.INVALID_REQUEST,
    message: /timeout value: soon/,
  },
  {
    title: "a model that the key may not use",
    body: (protocol) =>
      printMessage(
        protocol,
        protocol.binary
          ? Buffer.from([0x0a, 3, 0x0a, 1, 0x78])
          : Buffer.from('{"chat":{"model":"x"}}'),
      ),
    code: Code.PermissionDenied,
    reason: ErrorReason.PERMISSION_DENIED,
    message: /may not use model x/,
  },
  {
    title: "a method that there is none of",
    path: "/parlance.chat.v1.ChatService/Sing",
    code: Code.Unimplemented,
    reason: ErrorReason.UNKNOWN_PATH,
    message: /nothing at POST \/parlance\.chat\.v1\.ChatService\/Sing/,
  },
];

describe.for(rpcProtocols)("over $title", (protocol) => {
  for (const kind of protocol.calls) {
    test.for(refusedRpcs)(
      `${kind}: $title has its call id, its reason and its record`,
      async (refused) => {
        const { version, contentType } = protocol;
        const reply = await sendRequest(gateway.url, {
          version,
          path: refused.path ?? (kind === "unary" ? unary : stream),
          headers: {
            "content-type": contentType,
            authorization: `Bearer ${key}`,
            ...refused.headers?.(protocol),
          },
          body:
            refused.body?.(protocol) ??
            printMessage(protocol, protocol.binary ? Buffer.alloc(0) : Buffer.from("{}")),
        });
        const failure = readFailure(protocol, reply);
        expect(failure).toMatchObject({ code: refused.code, fault: { reason: refused.reason } });
        expect(failure.message).toMatch(refused.message);
        expect(failure.fault?.message).toBe(failure.message);
        expectSameId(reply, failure);
        expectRecord(failure.callId, refused.reason);
      },
    );
  }
});

function expectSameId({ headers, trailers }: ReceivedReply, failure: RpcFailure): void {
  expect(failure.fault?.callId).toBe(failure.callId);
  const shown = headers.get("x-parlance-call-id") ?? trailers.get("x-parlance-call-id");
  // gRPC-Web has its trailers in the body.
  const inBody = headers.get("content-type")?.startsWith("application/grpc-web") && shown === null;
  if (!inBody) expect(shown).toBe(failure.callId);
}

describe("what HTTP alone refuses at the path of a method has a body, a call id and a reason", () => {
  const cases: readonly (readonly [string, string, string, number, ErrorReason])[] = [
    ["another media type", "POST", "text/plain", 415, ErrorReason.UNSUPPORTED_MEDIA_TYPE],
    ["GET", "GET", "application/json", 405, ErrorReason.METHOD_NOT_ALLOWED],
    ["DELETE", "DELETE", "application/proto", 405, ErrorReason.METHOD_NOT_ALLOWED],
  ];
  for (const version of ["h1", "h2"] as const) {
    test.for(cases)(`${version}: %s`, async ([, method, contentType, status, reason]) => {
      const headers = { "content-type": contentType, authorization: `Bearer ${key}` };
      const reply = await sendRequest(gateway.url, {
        version,
        method,
        path: unary,
        headers,
        body: "",
      });
      expect([reply.status, reply.headers.get("content-type")]).toEqual([
        status,
        "application/problem+json",
      ]);
      const failure = readFailure({ ...firstProtocol, contentType: "application/json" }, reply);
      expect(failure.fault?.reason).toBe(reason);
      expectSameId(reply, failure);
      expectRecord(failure.callId, reason);
    });
  }
});

const [firstProtocol = expect.unreachable()] = rpcProtocols;

describe("a REST request is refused with a call id and a record", () => {
  const json = { "content-type": "application/json" };
  const keyed = { ...json, authorization: `Bearer ${key}` };
  const cases: readonly (readonly [
    string,
    string,
    string,
    Record<string, string>,
    Uint8Array | string,
    number,
    ErrorReason,
  ])[] = [
    ["an unknown path", "POST", "/v1/nope", keyed, "{}", 404, ErrorReason.UNKNOWN_PATH],
    ["no key", "POST", "/v1/chat/completions", json, "{}", 401, ErrorReason.UNAUTHENTICATED],
    ["no JSON", "POST", "/v1/messages", keyed, "{", 400, ErrorReason.INVALID_JSON],
    [
      "a body that is too large",
      "POST",
      "/v1/responses",
      keyed,
      "x".repeat(5000),
      413,
      ErrorReason.REQUEST_TOO_LARGE,
    ],
    ["another method", "PUT", "/v2/chat", keyed, "{}", 405, ErrorReason.METHOD_NOT_ALLOWED],
    [
      "another media type",
      "POST",
      "/api/chat",
      { ...keyed, "content-type": "text/plain" },
      "{}",
      415,
      ErrorReason.UNSUPPORTED_MEDIA_TYPE,
    ],
    [
      "a packed body",
      "POST",
      "/v1/embeddings",
      { ...keyed, "content-encoding": "gzip" },
      gzipSync("{}"),
      415,
      ErrorReason.UNSUPPORTED_MEDIA_TYPE,
    ],
    [
      "a model that the key may not use",
      "POST",
      "/v1/chat/completions",
      keyed,
      '{"model":"sim/none"}',
      403,
      ErrorReason.PERMISSION_DENIED,
    ],
    [
      "a list of models without a key",
      "GET",
      "/v1/models",
      {},
      "",
      401,
      ErrorReason.UNAUTHENTICATED,
    ],
    [
      "a model that is none",
      "GET",
      "/v1beta/models/nope",
      keyed,
      "",
      404,
      ErrorReason.UNKNOWN_MODEL,
    ],
    ["a list by POST", "POST", "/api/tags", keyed, "{}", 405, ErrorReason.METHOD_NOT_ALLOWED],
  ];
  for (const version of ["h1", "h2"] as const) {
    test.for(cases)(`${version}: %s`, async ([, method, path, headers, body, status, reason]) => {
      const reply = await sendRequest(gateway.url, { version, method, path, headers, body });
      expect(reply.status).toBe(status);
      expect(reply.headers.get("content-type")).toBe("application/json");
      const named = reply.headers.get("x-request-id") ?? reply.headers.get("request-id");
      expect(named).toBe(reply.headers.get("x-parlance-call-id"));
      expectRecord(reply.headers.get("x-parlance-call-id"), reason);
    });
  }
});

describe("a gateway that shuts down, and one that is called by a foreign name, refuse in the caller's words", () => {
  const cases: readonly (readonly [string, Fault, Code, number])[] = [
    ["shutting down", draining, Code.Unavailable, 503],
    [
      "no local name",
      { reason: ErrorReason.PERMISSION_DENIED, message: "no" },
      Code.PermissionDenied,
      403,
    ],
  ];
  for (const [title, fault, code, status] of cases) {
    test(title, async () => {
      const { engine } = gateway;
      const readiness = createReadiness(() => false);
      const shutdown = AbortSignal.abort();
      const door = createFrontDoor({
        engine,
        readiness,
        shutdown,
        heartbeatMs: 0,
        maxBodyBytes: 1024,
      });
      const { url } = await startServer({ handler: (exchange) => door.refuse(exchange, fault) });
      for (const protocol of rpcProtocols) {
        const headers = { "content-type": protocol.contentType };
        const reply = await sendRequest(url, {
          version: protocol.version,
          path: unary,
          headers,
          body: "",
        });
        const failure = readFailure(protocol, reply);
        expect(failure).toMatchObject({ code, fault: { reason: fault.reason } });
        expectSameId(reply, failure);
        expectRecord(failure.callId, fault.reason);
        records.splice(0);
      }
      for (const path of ["/v1/chat/completions", "/v1/messages", "/v1/models", "/nope", "/"]) {
        const reply = await sendRequest(url, { version: "h1", path, headers: {}, body: "" });
        expect(reply.status).toBe(status);
        expectRecord(reply.headers.get("x-parlance-call-id"), fault.reason);
        records.splice(0);
      }
    });
  }
});

test("a bug is told to nobody but the log, under the call's id, and is no success there", async () => {
  const bugs: unknown[] = [];
  const own: CallRecord[] = [];
  const broken = await startGateway({
    config:
      "server: { port: 0 }\nproviders: { sim: { kind: sim } }\nmodels: [{ name: m, targets: [{ model: sim/echo }, { model: sim/echo }] }]",
    world: {
      record: (record) => own.push(record),
      onBug: (error) => bugs.push(error),
      random: () => {
        throw new TypeError("secret");
      },
    },
  });
  onTestFinished(broken.close);
  const chat = JSON.stringify({
    chat: { model: "m", messages: [{ role: "ROLE_USER", parts: [{ text: { text: "hi" } }] }] },
  });
  for (const protocol of rpcProtocols.filter(({ binary }) => !binary)) {
    for (const path of protocol.calls.map((kind) => (kind === "unary" ? unary : stream))) {
      const headers = { "content-type": protocol.contentType };
      const body = printMessage(protocol, Buffer.from(chat));
      const reply = await sendRequest(broken.url, {
        version: protocol.version,
        path,
        headers,
        body,
      });
      const failure = readFailure(protocol, reply);
      expect(failure).toMatchObject({
        code: Code.Internal,
        fault: { reason: ErrorReason.INTERNAL },
      });
      expect(failure.message).not.toContain("secret");
      expect(own.splice(0)).toMatchObject([
        { callId: failure.callId, fault: { reason: ErrorReason.INTERNAL } },
      ]);
      expect(bugs.splice(0)).toMatchObject([{ message: "secret" }]);
    }
  }
});

test("a packed REST body is refused with what is to be done, not as bad text", async () => {
  const keyed = { "content-type": "application/json", authorization: `Bearer ${key}` };
  const send = (encoding: string, body: Uint8Array) => {
    const headers = { ...keyed, "content-encoding": encoding };
    return sendRequest(gateway.url, { version: "h1", path: "/v1/messages", headers, body });
  };
  for (const encoding of ["gzip", "br", "zstd", "gzip, identity"]) {
    const reply = await send(encoding, gzipSync("{}"));
    expect(reply.body.toString()).toContain(
      `content-encoding ${encoding} is not taken here: send the body as it is`,
    );
    expect(reply.headers.get("accept-encoding")).toBe("identity");
  }
  expect((await send("Identity", Buffer.from("{"))).status).toBe(400);
});
