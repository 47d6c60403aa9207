import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { signInPath } from "../../src/core/caller/sign-in.ts";
import { contractFiles } from "../../src/edge/connect/services/services.ts";
import { servedPaths } from "../../src/edge/rest/served-paths.ts";
import { createGateway } from "../../src/library.ts";
import { type RunningGateway, startGateway } from "../../src/serve.ts";
import { readFailure, rpcProtocols } from "./rpc-protocols.ts";
import { sendRequest } from "./send-request.ts";

const key = "dev-key-0123456789";
let gateway: RunningGateway;
const config = `
server: { port: 0 }
providers: { sim: { kind: sim } }
keys: [{ name: dev, value: { value: ${key} } }]
`;
beforeAll(async () => {
  gateway = await startGateway({ config, world: { record: () => undefined } });
});
afterAll(() => gateway.close());

/** How people sign in is said before they can. */
const open = `GET ${signInPath}`;

/** Every other path of REST: what varies in it filled in, those under /v1 without it too. */
const closed = servedPaths().filter((served) => served !== open);
const restPaths = closed.flatMap((served) => {
  const [method = "", template = ""] = served.split(" ");
  const path = template.replace("{method}", "generateContent").replaceAll(/\{\w+\}/g, "x");
  const paths =
    path.startsWith("/v1/") && !path.includes("/projects/")
      ? [path, path.slice(3), `/openai${path}`]
      : [path];
  return paths.map((one) => [method, one] as const);
});

const methods = contractFiles
  .flatMap((file) => file.services)
  .flatMap((service) =>
    service.methods.map(({ name, methodKind }) => ({
      path: `/${service.typeName}/${name}`,
      kind: methodKind === "unary" ? ("unary" as const) : ("stream" as const),
    })),
  );

/** What a stranger may put into a head. None of it is looked at before the key. */
const heads: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["a body to come", { "content-length": "1000" }],
  ["a body of any length", { "transfer-encoding": "chunked" }],
  ["a body that is too large", { "content-length": "99999999999" }],
  ["a body that waits to be invited", { "content-length": "1000", expect: "100-continue" }],
  [
    "an unknown compression",
    { "content-length": "1000", "content-encoding": "zstd", "grpc-encoding": "zstd" },
  ],
  [
    "timeouts that are none",
    { "content-length": "1000", "connect-timeout-ms": "soon", "grpc-timeout": "soon" },
  ],
  ["a wrong key", { "content-length": "1000", authorization: "Bearer wrong" }],
];

/** HTTP/2 has no transfer codings: a body without a length is all that is to be said. */
function headFor(
  version: "h1" | "h2",
  head: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return version === "h2" && "transfer-encoding" in head ? {} : head;
}

describe("a stranger is refused by the head alone, before a byte of the body is read", () => {
  for (const version of ["h1", "h2"] as const) {
    for (const type of ["application/json", "text/plain"]) {
      test.for(heads)(
        `at every path of REST over ${version}, as ${type}, with %s`,
        async ([, head]) => {
          const headers = { "content-type": type, ...headFor(version, head) };
          for (const [method, path] of restPaths) {
            const reply = await sendRequest(gateway.url, { version, method, path, headers });
            expect([path, reply.status, reply.continued]).toEqual([path, 401, false]);
            expect(reply.headers.get("www-authenticate")).toBe('Bearer realm="parlance"');
            expect(reply.headers.get("x-parlance-call-id")).toMatch(/^\S{8,}$/);
          }
        },
      );
    }
  }

  describe.for(rpcProtocols)("over $title", (protocol) => {
    test.for(heads)("at every method, with %s", async ([, head]) => {
      const { version, contentType, calls } = protocol;
      const headers = { "content-type": contentType, ...headFor(version, head) };
      for (const { path, kind } of methods) {
        if (!calls.includes(kind)) continue;
        const reply = await sendRequest(gateway.url, { version, path, headers });
        const failure = readFailure(protocol, reply);
        expect(reply.continued).toBe(false);
        expect(failure).toMatchObject({
          code: Code.Unauthenticated,
          fault: { reason: ErrorReason.UNAUTHENTICATED },
        });
        expect(failure.callId).toBe(failure.fault?.callId);
      }
    });
  });

  for (const version of ["h1", "h2"] as const) {
    test(`at every method over ${version}, by GET and by media types that are none`, async () => {
      for (const { path } of methods) {
        const get = await sendRequest(gateway.url, {
          version,
          method: "GET",
          path: `${path}?encoding=json&message=%7B%7D`,
          headers: {},
          body: "",
        });
        expect(get.status).toBe(401);
        const text = await sendRequest(gateway.url, {
          version,
          path,
          headers: { "content-type": "text/plain", "content-length": "9" },
        });
        expect(text.status).toBe(401);
      }
    });
  }

  test("in process, at every path and method, where the body is not touched", async () => {
    await using inProcess = await createGateway(config);
    for (const [method, path] of [
      ...restPaths,
      ...methods.map(({ path }) => ["POST", path] as const),
    ]) {
      let touched = false;
      const pull = () => {
        touched = true;
      };
      const body = method === "GET" ? null : new ReadableStream({ pull }, { highWaterMark: 0 });
      const headers = { "content-type": "application/json" };
      const request = new Request(`http://gateway${path}`, {
        method,
        headers,
        body,
        duplex: "half",
      });
      expect([path, (await inProcess.handle(request)).status, touched]).toEqual([path, 401, false]);
    }
  });

  test("but an unknown path is told to everybody", async () => {
    const headers = { "content-type": "application/json", "content-length": "1000" };
    for (const version of ["h1", "h2"] as const) {
      expect((await sendRequest(gateway.url, { version, path: "/v1/nope", headers })).status).toBe(
        404,
      );
    }
  });
});

describe("a body that waits to be invited", () => {
  const expecting = {
    "content-type": "application/json",
    authorization: `Bearer ${key}`,
    expect: "100-continue",
  };
  for (const version of ["h1", "h2"] as const) {
    test(`is invited for a good key over ${version}`, async () => {
      const body = JSON.stringify({
        model: "sim/echo",
        messages: [{ role: "user", content: "hi" }],
      });
      const headers = { ...expecting, "content-length": String(body.length) };
      const sent = { version, path: "/v1/chat/completions", headers, body };
      expect(await sendRequest(gateway.url, sent)).toMatchObject({ status: 200, continued: true });
    });

    test(`is not invited where it is too large over ${version}`, async () => {
      const headers = { ...expecting, "content-length": "99999999999" };
      const rest = await sendRequest(gateway.url, {
        version,
        path: "/v1/chat/completions",
        headers,
      });
      expect(rest).toMatchObject({ status: 413, continued: false });
      const rpc = await sendRequest(gateway.url, {
        version,
        path: "/parlance.chat.v1.ChatService/Complete",
        headers,
      });
      expect(rpc).toMatchObject({ status: 429, continued: false });
    });
  }

  test("is invited from everybody where there is no key", async () => {
    const open = await startGateway({
      config: "server: { port: 0 }\nproviders: { sim: { kind: sim } }",
    });
    onTestFinished(open.close);
    const body = JSON.stringify({ model: "sim/echo", messages: [{ role: "user", content: "hi" }] });
    const headers = {
      "content-type": "application/json",
      expect: "100-continue",
      "content-length": String(body.length),
    };
    for (const version of ["h1", "h2"] as const) {
      const sent = { version, path: "/v1/chat/completions", headers, body };
      expect(await sendRequest(open.url, sent)).toMatchObject({ status: 200, continued: true });
    }
  });
});

describe("a key is found wherever clients put it", () => {
  const body = JSON.stringify({ contents: [{ role: "user", parts: [{ text: "hi" }] }] });
  const google = "/v1beta/models/sim%2Fecho:generateContent";
  const cases: readonly (readonly [string, string, Record<string, string>, number])[] = [
    ["as a bearer", google, { authorization: `Bearer ${key}` }, 200],
    ["as x-api-key", google, { "x-api-key": key }, 200],
    ["as api-key", google, { "api-key": key }, 200],
    ["as x-goog-api-key", google, { "x-goog-api-key": key }, 200],
    ["in the query, as Google's clients may", `${google}?key=${key}`, {}, 200],
    ["in the query beside others", `${google}?alt=json&key=${key}`, {}, 200],
    ["in the query, but a wrong one", `${google}?key=nope`, {}, 401],
    ["in the query of a path that is not Google's", `/v1/chat/completions?key=${key}`, {}, 401],
  ];
  test.for(cases)("%s", async ([, path, headers, status]) => {
    const sent = {
      version: "h1",
      path,
      headers: { "content-type": "application/json", ...headers },
      body,
    } as const;
    expect((await sendRequest(gateway.url, sent)).status).toBe(status);
  });

  test("in the query of Google's list of models", async () => {
    const sent = {
      version: "h1",
      method: "GET",
      path: `/v1beta/models?key=${key}`,
      headers: {},
      body: "",
    } as const;
    expect((await sendRequest(gateway.url, sent)).status).toBe(200);
  });
});
