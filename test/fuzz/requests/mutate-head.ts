import type { Random } from "../random.ts";

/** The head of a request. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly headers: [string, string][];
}

const methods = [
  "GET",
  "HEAD",
  "PUT",
  "DELETE",
  "PATCH",
  "OPTIONS",
  "TRACE",
  "CONNECT",
  "FOO",
  "post",
] as const;

/** Fields that mean something to the gateway or to what stands before it, with odd values. */
const fields: readonly (readonly [name: string, values: readonly string[]])[] = [
  [
    "content-type",
    [
      "",
      "application/json; charset=utf-16",
      "text/plain",
      "application/JSON",
      "multipart/form-data; boundary=x",
      "application/x-www-form-urlencoded",
      "application/problem+json",
      "application/json, text/html",
      "a/b;".repeat(500),
    ],
  ],
  ["content-encoding", ["gzip", "br", "identity", "x", "gzip, gzip", ""]],
  ["accept", ["text/html", "*/*;q=0", "x".repeat(4000)]],
  ["accept-encoding", ["gzip", "br;q=1.0", "*;q=0"]],
  [
    "x-parlance-timeout-ms",
    ["1", "0", "-1", "1e99", "NaN", "Infinity", "", "9".repeat(300), "0x10"],
  ],
  ["x-litellm-timeout", ["0.001", "-1", "x"]],
  ["x-parlance-strict", ["true", "1", "yes", "maybe", ""]],
  ["connect-timeout-ms", ["1", "-1", "99999999999999", "x", "1.5"]],
  ["grpc-timeout", ["1n", "1m", "99999999H", "x", "-1S", ""]],
  ["grpc-accept-encoding", ["gzip", "x", ",,,"]],
  ["connect-accept-encoding", ["gzip", "x"]],
  ["connect-protocol-version", ["2", "", "x"]],
  ["grpc-encoding", ["gzip", "snappy", "identity"]],
  ["origin", ["https://evil.example", "null", "http://127.0.0.1", "x"]],
  ["access-control-request-method", ["POST", "FOO"]],
  ["access-control-request-headers", ["x".repeat(3000), "authorization", "\t"]],
  ["expect", ["100-continue", "200-ok"]],
  ["range", ["bytes=0-", "bytes=9-1"]],
  ["if-none-match", ["*"]],
  ["cookie", ["a=b; c=d"]],
  [
    "authorization",
    ["Basic eDp5", "Bearer", "Bearer  ", "bearer a b", "Digest x", `Bearer ${"x".repeat(20_000)}`],
  ],
  ["x-forwarded-for", ["127.0.0.1", "evil"]],
  ["x-request-id", ["a".repeat(5000), "a b", "\u00e9"]],
  ["traceparent", ["00-0-0-0", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]],
  ["anthropic-version", ["2023-06-01", "x"]],
  ["anthropic-beta", ["a,b,c", "x".repeat(3000)]],
  ["openai-organization", ["o", "\u00ff"]],
  ["x-goog-api-client", ["x"]],
  ["connection", ["close", "upgrade", "keep-alive, x-api-key"]],
  ["upgrade", ["h2c", "websocket"]],
  ["http2-settings", ["AAMAAABkAAQAAP__"]],
  ["trailer", ["x-a"]],
  ["te", ["trailers", "gzip"]],
  ["host", ["evil.example", ""]],
  ["transfer-encoding", ["identity", "gzip"]],
];

/**
 * Changes the method, the path, and the fields of a request: most of the time nothing, else one
 * thing or a few.
 */
export function mutateHead(random: Random, { method, target, headers }: RequestHead): RequestHead {
  const changed: [string, string][] = [...headers];
  if (random.chance(0.22)) addFields(random, changed);
  if (random.chance(0.02))
    changed.push([`x-${"n".repeat(random.int(3000))}`, "v".repeat(random.int(70_000))]);
  if (random.chance(0.02)) for (let at = 0; at < 300; at += 1) changed.push([`x-${at}`, "v"]);
  if (random.chance(0.03)) changed.splice(random.int(changed.length), 1);
  return {
    method: random.chance(0.05) ? random.pick(methods) : method,
    target: random.chance(0.1) ? mutateTarget(random, target) : target,
    headers: changed,
  };
}

function addFields(random: Random, headers: [string, string][]): void {
  for (let count = 1 + random.int(3); count > 0; count -= 1) {
    const [name, values] = random.pick(fields);
    const field: [string, string] = [
      random.chance(0.2) ? name.toUpperCase() : name,
      random.pick(values),
    ];
    const at = headers.findIndex(([each]) => each === name);
    if (at >= 0 && random.chance(0.7)) headers[at] = field;
    else headers.push(field);
  }
}

const mutateTarget = (random: Random, target: string): string =>
  random.pick(targetMutations)(target, random);

const targetMutations: readonly ((target: string, random: Random) => string)[] = [
  (target) => `${target}/`,
  (target) => `/${target}`,
  (target) => target.toUpperCase(),
  (target) => target.replaceAll("/", "%2f"),
  (target) => target.replace(/(\w)\/(\w)/, "$1/../$2"),
  (target) => target.replace(/(\w)\/(\w)/, "$1/./$2"),
  (target, random) =>
    `${target}?${random.pick(["", "a=b", "key=zq-no-such-key", "alt=sse", "api-version=2024-10-21", "%", "=&=&", "a".repeat(6000)])}`,
  (target) => `${target}#x`,
  (target) => `${target};x=y`,
  (target) => `${target}%00`,
  (target) => `${target}%`,
  (target) => `${target}%ff%fe`,
  (target) => `${target}\u00e9`,
  (target) => `http://evil.example${target}`,
  (target) => `//evil.example${target}`,
  () => "*",
  (target) => target.slice(1),
  (target, random) =>
    `${target.slice(0, random.int(target.length))}${target.slice(random.int(target.length))}`,
  (_target, random) => `/${"a/".repeat(random.int(3000))}`,
  (target) => target.replace("/v1", "/v1/v1"),
  (target) => target.replace(/models\/[^:/]+/, "models/..%2f..%2fx"),
  (target) => target.replace(/models\/[^:/]+/, `models/${"m".repeat(5000)}`),
];
