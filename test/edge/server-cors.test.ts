import { request } from "undici";
import { expect, test } from "vitest";
import { startServer } from "./start-server.ts";

const preflight = {
  "access-control-request-method": "POST",
  "access-control-request-headers": "authorization,x-api-key",
};

for (const [title, origins, origin, status, allowed] of [
  [
    "answers a preflight of a configured origin",
    ["https://a.example", "https://b.example"],
    "https://b.example",
    204,
    "https://b.example",
  ],
  ["answers a preflight of any origin under *", ["*"], "https://c.example", 204, "*"],
  [
    "refuses a preflight of another origin",
    ["https://a.example"],
    "https://a.example.evil",
    403,
    undefined,
  ],
] as const) {
  test(title, async () => {
    const { url } = await startServer({ cors: { origins } });
    const { statusCode, headers } = await request(`${url}/v1/x`, {
      method: "OPTIONS",
      headers: { origin, ...preflight },
    });
    expect([statusCode, headers["access-control-allow-origin"]]).toEqual([status, allowed]);
    expect(headers["access-control-allow-headers"]).toBe(allowed && "authorization,x-api-key");
    expect(headers["access-control-max-age"]).toBe(allowed && "7200");
    expect(headers["access-control-allow-credentials"]).toBeUndefined();
    if (allowed !== "*") expect(headers.vary).toBe("origin");
  });
}

test("adds the origin and what a page may read to replies and to errors", async () => {
  const { url } = await startServer({
    cors: { origins: ["https://a.example"], exposedHeaders: ["x-own"] },
    handler: (exchange) => {
      if (exchange.path === "/fail") throw new Error("boom");
      exchange.startStream(200, ["content-type", "text/plain"]).end();
    },
  });
  for (const [path, status] of [
    ["/", 200],
    ["/fail", 500],
  ] as const) {
    const { statusCode, headers } = await request(url + path, {
      headers: { origin: "https://a.example" },
    });
    expect([statusCode, headers["access-control-allow-origin"], headers.vary]).toEqual([
      status,
      "https://a.example",
      "origin",
    ]);
    for (const name of [
      "grpc-status",
      "grpc-message",
      "x-parlance-call-id",
      "retry-after",
      "x-own",
    ]) {
      expect(String(headers["access-control-expose-headers"]).split(", ")).toContain(name);
    }
  }
});

test("gives a page of another origin a reply that it cannot read", async () => {
  const { url } = await startServer({ cors: { origins: ["https://a.example"] } });
  const { statusCode, headers } = await request(url, {
    method: "POST",
    body: "x",
    headers: { origin: "https://b.example" },
  });
  expect([statusCode, headers["access-control-allow-origin"], headers.vary]).toEqual([
    200,
    undefined,
    "origin",
  ]);
});

test("leaves OPTIONS to the handler when it is no preflight, or when no origin is configured", async () => {
  for (const [origins, headers] of [
    [["*"], { origin: "https://a.example" }],
    [[], { origin: "https://a.example", ...preflight }],
  ] as const) {
    const { url } = await startServer({ cors: { origins } });
    const reply = await request(url, { method: "OPTIONS", headers });
    expect([reply.statusCode, await reply.body.json()]).toEqual([
      200,
      expect.objectContaining({ method: "OPTIONS" }),
    ]);
  }
});
