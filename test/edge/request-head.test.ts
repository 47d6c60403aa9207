import { once } from "node:events";
import { connect as connectH2, type OutgoingHttpHeaders } from "node:http2";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openRaw, startServer } from "./start-server.ts";

const rows: readonly (readonly [title: string, head: string, status: number, code: string])[] = [
  ["no Host", "GET / HTTP/1.1", 400, "host_missing"],
  ["two Hosts", "GET / HTTP/1.1\r\nhost: a\r\nhost: b", 400, "host_repeated"],
  ["two equal Hosts", "GET / HTTP/1.1\r\nHost: a\r\nhOST: a", 400, "host_repeated"],
  ["two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nhost: a\r\nhost: b", 400, "host_repeated"],
  ["HTTP/2.0", "GET / HTTP/2.0\r\nhost: a", 505, "http_version_not_supported"],
  ["HTTP/0.9", "GET / HTTP/0.9\r\nhost: a", 505, "http_version_not_supported"],
  ["no version at all", "GET /", 505, "http_version_not_supported"],
  [
    "no Host, and an expectation",
    "POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 1",
    400,
    "host_missing",
  ],
];

describe("a request of HTTP/1.1 is refused, and its connection closed, with", () => {
  test.for(rows)("%s", async ([, head, status, code]) => {
    const handler = vi.fn();
    const { port } = await startServer({ handler });
    const raw = openRaw(port);
    raw.socket.write(`${head}\r\n\r\n`);
    const reply = await raw.closed;
    expect(reply).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    const { error } = JSON.parse(reply.split("\r\n\r\n")[1] ?? "");
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(/Host|HTTP version/)]);
    expect(handler).not.toHaveBeenCalled();
  });

  test("whatever follows it in the same breath, which is not looked at", async () => {
    const handler = vi.fn();
    const { port } = await startServer({ handler });
    const raw = openRaw(port);
    raw.socket.write("GET / HTTP/1.1\r\n\r\nGET /next HTTP/1.1\r\nhost: a\r\n\r\n");
    expect((await raw.closed).match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 400"]);
    expect(handler).not.toHaveBeenCalled();
  });
});

test("a request of HTTP/1.0 needs no Host", async () => {
  const { port } = await startServer();
  const raw = openRaw(port);
  raw.socket.write("GET /old HTTP/1.0\r\n\r\n");
  expect(await raw.closed).toContain('"path":"/old"');
});

describe("a request of HTTP/2 whose Host", () => {
  for (const [title, headers, status] of [
    ["is its authority is taken", { host: "a" }, 200],
    ["is not its authority is refused", { host: "b" }, 400],
  ] as const satisfies readonly (readonly [string, OutgoingHttpHeaders, number])[]) {
    test(title, async () => {
      const { url } = await startServer();
      const session = connectH2(url);
      onTestFinished(() => session.destroy());
      const [reply] = await once(
        session.request({ ":path": "/", ":authority": "a", ...headers }),
        "response",
      );
      expect(reply[":status"]).toBe(status);
    });
  }
});
