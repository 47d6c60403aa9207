import { expect, onTestFinished, test } from "vitest";
import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import { startGateway } from "../../src/serve.ts";
import { openRaw } from "./start-server.ts";

const key = "dev-key-0123456789";
const config = `
server:
  port: 0
  limits: { max_body_bytes: 4096, max_header_bytes: 2048, headers_timeout: 0.1s }
  cors: { allowed_origins: ["https://page.example"] }
providers: { sim: { kind: sim } }
keys: [{ name: dev, value: { value: ${key} } }]
`;

/** What a client writes that is refused, and the status it gets. */
const refused: readonly (readonly [title: string, status: number, bytes: string])[] = [
  ["bytes that are no request", 400, "\u0016\u0003 hello\r\n\r\n"],
  ["a request without a host", 400, "GET / HTTP/1.1\r\n\r\n"],
  ["headers that are too large", 431, head("GET /", `x: ${"x".repeat(4096)}`)],
  ["headers that do not end", 408, "GET / HTTP/1.1\r\nhost: a\r\n"],
  [
    "a page of another origin",
    403,
    head("OPTIONS /v1/models", "origin: https://x.example", "access-control-request-method: GET"),
  ],
  ["a path that is none", 404, head("GET /v1/nope")],
  ["a call without a key", 401, head("POST /v1/messages", "content-length: 0")],
  ["a body that is no JSON", 400, post("{")],
  ["a body that is too large", 413, post("x".repeat(5000))],
  [
    "a model that is none",
    404,
    post('{"model":"none","messages":[{"role":"user","content":"q"}]}'),
  ],
];

function head(line: string, ...fields: readonly string[]): string {
  return `${[`${line} HTTP/1.1`, "host: localhost", "connection: close", ...fields].join("\r\n")}\r\n\r\n`;
}

function post(body: string): string {
  const type = "content-type: application/json";
  const length = `content-length: ${body.length}`;
  return `${head("POST /v1/chat/completions", type, length, `authorization: Bearer ${key}`)}${body}`;
}

for (const [title, status, bytes] of refused) {
  test(`${title} is refused under the id that its record has`, async () => {
    const records: CallRecord[] = [];
    const gateway = await startGateway({ config, world: { record: (one) => records.push(one) } });
    onTestFinished(() => gateway.close());
    const raw = openRaw(gateway.port);
    raw.socket.write(bytes);
    const reply = await raw.closed;
    expect(reply).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    const [, id] = /^x-parlance-call-id: (\S{8,})\r$/m.exec(reply) ?? [];
    expect(id).toBeDefined();
    expect(records.map(({ callId }) => callId)).toEqual([id]);
  });
}
