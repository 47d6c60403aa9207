import type { OutgoingHttpHeaders } from "node:http";
import { type Misbehaviour, wholeBody } from "./misbehaviour.ts";
import { printHead, type Wire } from "./wire.ts";

const json: OutgoingHttpHeaders = { "content-type": "application/json" };
const page =
  "<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1><script>alert(1)</script></body></html>";

/** What vendors call a failure, in members that one dialect or another reads. */
export function failure(message: string, more: object = {}): string {
  const error = {
    message,
    type: "server_error",
    code: "x",
    param: "p",
    status: "INTERNAL",
    ...more,
  };
  return JSON.stringify({
    type: "error",
    error,
    message,
    detail: message,
    errors: [{ code: "x", message }],
    ...more,
  });
}

function status(
  code: number | string,
  headers: OutgoingHttpHeaders = json,
  body: string = failure("no"),
): Misbehaviour {
  const name = `status-${String(code).toLowerCase().replaceAll(/\W+/g, "-")}`;
  const says = typeof code === "number" && code >= 500;
  return {
    name,
    ...(says ? { saysFailure: true } : {}),
    play: (wire) => wire.reply(code, headers, body),
  };
}

function named(
  name: string,
  play: Misbehaviour["play"],
  more: Partial<Misbehaviour> = {},
): Misbehaviour {
  return { name, play, ...more };
}

const echo = (wire: Wire): string => wire.credentials.join(" and ");

/** Statuses that say nothing, say it wrongly, or say too much. */
export const badHeads: readonly Misbehaviour[] = [
  ...[204, 205, 300, 304, 400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 425, 429, 451, 499].map(
    (code) => status(code),
  ),
  ...[500, 501, 502, 503, 504, 507, 529, 599, 600, 999].map((code) => status(code)),
  ...["0 Zero", "099 Below", "abc", "", "1000 Above", "-1 Below", "2e2 OK"].map((code) =>
    status(code),
  ),
  named("status-500-page", (wire) => wire.reply(500, { "content-type": "text/html" }, page), {
    saysFailure: true,
  }),
  named("status-502-page", (wire) => wire.reply(502, { "content-type": "text/html" }, page), {
    saysFailure: true,
  }),
  named("status-500-empty", (wire) => wire.reply(500, {}, ""), { saysFailure: true }),
  named("status-500-long-message", (wire) => wire.reply(500, json, failure("a-".repeat(60_000))), {
    saysFailure: true,
  }),
  named("status-400-stars", (wire) => wire.reply(400, json, failure("*".repeat(100_000)))),
  named("status-400-keys", (wire) => wire.reply(400, json, failure("sk-".repeat(40_000)))),
  named("status-400-bearers", (wire) => wire.reply(400, json, failure("Bearer ".repeat(20_000)))),
  named(
    "status-101",
    (wire) => {
      wire.write(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
      );
      wire.write(Buffer.from([0x81, 0x05, 104, 101, 108, 108, 111]));
    },
    { slow: true },
  ),
  named("status-100-then-silence", (wire) => wire.write("HTTP/1.1 100 Continue\r\n\r\n"), {
    slow: true,
  }),
  named("status-103-two-thousand", (wire, good) => {
    wire.write("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(2000));
    wire.reply(good.status, good.headers, wholeBody(good));
  }),
  named(
    "status-103-for-ever",
    (wire) => wire.pump(() => "HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n".repeat(100), 8_000_000),
    {
      slow: true,
      heavy: true,
    },
  ),
  ...[301, 302, 303, 307, 308].map((code) =>
    named(`redirect-${code}`, (wire) => wire.reply(code, { location: `${wire.origin}/elsewhere` })),
  ),
  named("no-reason", (wire, good) => {
    wire.write(
      `HTTP/1.1 200\r\ncontent-type: ${String(good.headers["content-type"])}\r\nconnection: close\r\n\r\n`,
    );
    wire.write(wholeBody(good));
    wire.end();
  }),
  named("http-1-0", (wire, good) => {
    wire.write(`HTTP/1.0 200 OK\r\ncontent-type: ${String(good.headers["content-type"])}\r\n\r\n`);
    wire.write(wholeBody(good));
    wire.end();
  }),
  named("http-0-9", (wire, good) => {
    wire.write(wholeBody(good));
    wire.end();
  }),
  named("http-2-preface", (wire) => {
    wire.write(Buffer.from("000006040000000000000300000064", "hex"));
    wire.end();
  }),
  named("garbage", (wire) => {
    wire.write(wire.random.bytes(400));
    wire.end();
  }),
  named("retry-after-huge", (wire) =>
    wire.reply(429, { ...json, "retry-after": "9".repeat(40) }, failure("wait")),
  ),
  named("retry-after-negative", (wire) =>
    wire.reply(429, { ...json, "retry-after": "-5" }, failure("wait")),
  ),
  named(
    "retry-after-garbage",
    (wire) => wire.reply(503, { ...json, "retry-after": "Tue, 99 Foo" }, failure("wait")),
    {
      saysFailure: true,
    },
  ),
  named("long-ids", (wire, good) => {
    const id = "i".repeat(7000);
    wire.reply(
      good.status,
      { ...good.headers, "x-request-id": id, "request-id": id },
      wholeBody(good),
    );
  }),
  named("long-ids-of-a-failure", (wire) => {
    const id = "i".repeat(7000);
    wire.reply(
      400,
      { ...json, "x-request-id": id, "x-amzn-requestid": id },
      failure("no", { request_id: id }),
    );
  }),
  named("credential-in-message", (wire) =>
    wire.reply(401, json, failure(`Incorrect API key provided: ${echo(wire)}.`)),
  ),
  named("credential-in-members", (wire) => {
    const members = {
      code: echo(wire),
      param: echo(wire),
      type: echo(wire),
      status: echo(wire),
      request_id: echo(wire),
    };
    wire.reply(400, json, failure("no", members));
  }),
  named("credential-in-ids", (wire, good) => {
    const ids = Object.fromEntries(
      [
        "x-request-id",
        "request-id",
        "x-amzn-requestid",
        "x-ratelimit-limit-requests",
        "anthropic-ratelimit-x",
      ].map((name) => [name, echo(wire)]),
    );
    wire.reply(
      good.status,
      { ...good.headers, ...ids, "set-cookie": `key=${echo(wire)}` },
      wholeBody(good),
    );
  }),
  named("credential-in-ids-of-a-failure", (wire) =>
    wire.reply(
      403,
      { ...json, "x-request-id": echo(wire), "retry-after": echo(wire) },
      failure("no"),
    ),
  ),
  named("credential-in-type", (wire, good) =>
    wire.reply(
      good.status,
      { ...good.headers, "content-type": `application/json; key="${echo(wire)}"` },
      wholeBody(good),
    ),
  ),
  named("ten-thousand-fields", (wire) => {
    const head = printHead(200, json).slice(0, -2);
    wire.write(`${head}${"x-a: b\r\n".repeat(10_000)}\r\n{}`);
    wire.end();
  }),
  named("nul-in-field", (wire) => {
    wire.write(
      "HTTP/1.1 200 OK\r\ncontent-type: appli\u0000cation/json\r\ncontent-length: 2\r\n\r\n{}",
    );
    wire.end();
  }),
  named("bare-return-in-field", (wire) => {
    wire.write("HTTP/1.1 200 OK\r\nx-request-id: a\rset-cookie: b\r\ncontent-length: 2\r\n\r\n{}");
    wire.end();
  }),
  named("bytes-above-ascii-in-field", (wire, good) => {
    const text = Buffer.from([0xe9, 0xff, 0x80]).toString("latin1");
    const head = printHead(200, {
      ...good.headers,
      "x-request-id": text,
      "content-length": wholeBody(good).length,
    });
    wire.write(Buffer.from(head, "latin1"));
    wire.write(wholeBody(good));
    wire.end();
  }),
  named("folded-field", (wire) => {
    wire.write("HTTP/1.1 200 OK\r\nx-a: b\r\n c\r\ncontent-length: 2\r\n\r\n{}");
    wire.end();
  }),
  named(
    "head-for-ever",
    (wire) => {
      wire.write("HTTP/1.1 200 OK\r\n");
      return wire.pump((at) => `x-${at}: ${"y".repeat(1000)}\r\n`, 20_000_000);
    },
    { slow: true, heavy: true },
  ),
  named(
    "field-for-ever",
    (wire) => {
      wire.write("HTTP/1.1 200 OK\r\nx: ");
      return wire.pump(() => "y".repeat(16_384), 20_000_000);
    },
    { slow: true, heavy: true },
  ),
  named(
    "head-by-drops",
    (wire, good) => {
      const head = printHead(200, good.headers);
      return wire.drip((at) => head[at], 40, 400);
    },
    { slow: true },
  ),
  named("silence", (wire) => wire.closed, { slow: true }),
  named(
    "head-then-silence",
    (wire, good) => {
      wire.head(200, good.headers);
      return wire.closed;
    },
    { slow: true },
  ),
  named("fin-before-head", (wire) => wire.end()),
  named("reset-before-head", (wire) => wire.reset()),
  named("fin-in-head", (wire) => {
    wire.write("HTTP/1.1 200 OK\r\ncontent-ty");
    wire.end();
  }),
  named("reset-in-head", async (wire) => {
    wire.write("HTTP/1.1 200 OK\r\ncontent-ty");
    await wire.drip(() => "", 5, 2);
    wire.reset();
  }),
];
