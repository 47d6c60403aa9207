import { callerKeys } from "../fuzz-config.ts";

/** Bytes for a connection over HTTP/1.1 that another server might read otherwise. */
export interface RawAttack {
  readonly name: string;
  readonly bytes: Buffer;
  /**
   * How many replies there must be. `refused`: at most one, and that is a refusal after which the
   * connection is closed, so that what follows is never taken for a request.
   */
  readonly expected: number | "refused";
}

const json = '{"model":"sim/echo","messages":[{"role":"user","content":"hi"}]}';
const key = `authorization: Bearer ${callerKeys.caller}`;
const second = "GET /smuggled HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

/** A POST with these lines after the usual ones, and what follows its head. */
function post(
  name: string,
  expected: RawAttack["expected"],
  lines: readonly string[],
  rest: string,
): RawAttack {
  const usual = [
    "POST /v1/chat/completions HTTP/1.1",
    "host: 127.0.0.1",
    key,
    "content-type: application/json",
  ];
  return raw(name, expected, `${[...usual, ...lines].join("\r\n")}\r\n\r\n${rest}`);
}

function raw(name: string, expected: RawAttack["expected"], text: string): RawAttack {
  return { name, expected, bytes: Buffer.from(text, "latin1") };
}

const length = `content-length: ${json.length}`;
const get = (line: string, ...fields: readonly string[]): string =>
  `${[line, ...fields].join("\r\n")}\r\n\r\n`;
const fine = "GET /healthz HTTP/1.1";
const host = "host: 127.0.0.1";

/**
 * Lengths that contradict each other, line ends that are none, and heads that no proxy agrees
 * about.
 */
export const h1Attacks: readonly RawAttack[] = [
  post(
    "length-and-chunks",
    "refused",
    [length, "transfer-encoding: chunked"],
    `0\r\n\r\n${second}`,
  ),
  post(
    "chunks-and-length",
    "refused",
    ["transfer-encoding: chunked", "content-length: 4"],
    `${chunk(json)}${second}`,
  ),
  post("length-twice", "refused", [length, "content-length: 0"], `${json}${second}`),
  post("lengths-in-a-list", "refused", [`content-length: ${json.length}, 0`], `${json}${second}`),
  post("length-with-plus", "refused", [`content-length: +${json.length}`], `${json}${second}`),
  post("length-negative", "refused", ["content-length: -1"], `${json}${second}`),
  post("length-in-hex", "refused", ["content-length: 0x40"], `${json}${second}`),
  post("length-with-space", "refused", ["content-length: 6 4"], `${json}${second}`),
  post("length-empty", "refused", ["content-length:"], `${json}${second}`),
  post("length-too-large", "refused", [`content-length: ${"9".repeat(40)}`], `${json}${second}`),
  post(
    "space-before-colon",
    "refused",
    ["content-length : 3", "transfer-encoding: chunked"],
    `${chunk(json)}${second}`,
  ),
  post(
    "chunked-twice",
    "refused",
    ["transfer-encoding: chunked", "transfer-encoding: chunked"],
    `${chunk(json)}${second}`,
  ),
  post(
    "chunked-then-identity",
    "refused",
    ["transfer-encoding: chunked, identity"],
    `${chunk(json)}${second}`,
  ),
  post("identity", "refused", ["transfer-encoding: identity", length], `${json}${second}`),
  post("coding-unknown", "refused", ["transfer-encoding: xchunked"], `${chunk(json)}${second}`),
  post("coding-with-space", "refused", ["transfer-encoding : chunked"], `${chunk(json)}${second}`),
  post(
    "coding-with-vertical-tab",
    "refused",
    ["transfer-encoding: \u000bchunked"],
    `${chunk(json)}${second}`,
  ),
  post("coding-quoted", "refused", ['transfer-encoding: "chunked"'], `${chunk(json)}${second}`),
  post(
    "coding-with-nul",
    "refused",
    ["transfer-encoding: chunked\u0000"],
    `${chunk(json)}${second}`,
  ),
  post("coding-folded", "refused", ["transfer-encoding:\r\n chunked"], `${chunk(json)}${second}`),
  post("field-folded", "refused", ["x-a: b\r\n c", length], `${json}${second}`),
  post("field-without-colon", "refused", ["x-a", length], `${json}${second}`),
  post("field-without-name", "refused", [": b", length], `${json}${second}`),
  post("nul-in-field", "refused", ["x-a: b\u0000c", length], `${json}${second}`),
  post("bare-return-in-field", "refused", ["x-a: b\rc", length], `${json}${second}`),
  post("bare-line-end", "refused", ["x-a: b\nx-c: d", length], `${json}${second}`),
  post(
    "chunk-size-with-plus",
    "refused",
    ["transfer-encoding: chunked"],
    `+40\r\n${json}\r\n0\r\n\r\n${second}`,
  ),
  post(
    "chunk-size-in-hex-prefix",
    "refused",
    ["transfer-encoding: chunked"],
    `0x40\r\n${json}\r\n0\r\n\r\n${second}`,
  ),
  post(
    "chunk-size-negative",
    "refused",
    ["transfer-encoding: chunked"],
    `-1\r\n${json}\r\n0\r\n\r\n${second}`,
  ),
  post(
    "chunk-size-too-large",
    "refused",
    ["transfer-encoding: chunked"],
    `${"f".repeat(30)}\r\n${json}`,
  ),
  post(
    "chunk-with-bare-line-end",
    "refused",
    ["transfer-encoding: chunked"],
    `40\n${json}\r\n0\r\n\r\n${second}`,
  ),
  post(
    "chunk-longer-than-its-size",
    "refused",
    ["transfer-encoding: chunked"],
    `3\r\n${json}\r\n0\r\n\r\n${second}`,
  ),
  post(
    "chunk-extension-too-long",
    "refused",
    ["transfer-encoding: chunked"],
    `40;${"a".repeat(30_000)}\r\n${json}\r\n0\r\n\r\n`,
  ),
  post(
    "chunk-trailer-with-length",
    1,
    ["transfer-encoding: chunked", "connection: close"],
    `${json.length.toString(16)}\r\n${json}\r\n0\r\ncontent-length: 5\r\n\r\n`,
  ),
  post("pipelined", 2, [length], `${json}${second}`),
  raw("ten-pipelined", 10, get(fine, host).repeat(10)),
  raw("two-hosts", "refused", get(fine, host, "host: evil.example")),
  raw("no-host", "refused", get(fine)),
  raw("host-of-two", 1, get(fine, "host: a b", "connection: close")),
  raw("version-2", "refused", get("GET /healthz HTTP/2.0", host)),
  raw("version-3", "refused", get("GET /healthz HTTP/3.0", host)),
  raw("version-0-9", "refused", "GET /healthz\r\n\r\n"),
  raw("version-in-lower-case", "refused", get("GET /healthz http/1.1", host)),
  raw("method-with-nul", "refused", get("G\u0000T /healthz HTTP/1.1", host)),
  raw("method-unknown", "refused", get("FOO /healthz HTTP/1.1", host)),
  raw("path-with-space", "refused", get("GET /health z HTTP/1.1", host)),
  raw("path-with-nul", "refused", get("GET /health\u0000z HTTP/1.1", host)),
  raw("line-ends-first", 1, `\r\n\r\n${get(fine, host, "connection: close")}`),
  raw("head-by-bare-line-ends", "refused", "GET /healthz HTTP/1.1\nhost: 127.0.0.1\n\n"),
  raw("head-too-large", "refused", get(fine, host, `x-a: ${"b".repeat(90_000)}`)),
  raw(
    "ten-thousand-fields",
    "refused",
    get(fine, host, ...Array<string>(10_000).fill("x-a: bcdef")),
  ),
  raw("garbage", "refused", "\u0001\u0002\u0003\u0004\r\n\r\n"),
  raw("tls", "refused", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"),
  raw(
    "upgrade-to-http-2",
    1,
    get(
      fine,
      host,
      "connection: Upgrade, HTTP2-Settings, close",
      "upgrade: h2c",
      "http2-settings: AAMAAABkAAQAAP__",
    ),
  ),
  raw("tunnel", "refused", get("CONNECT 127.0.0.1:22 HTTP/1.1", host)),
];
