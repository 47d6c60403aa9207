import {
  chatBody,
  completeRequest,
  embeddingsBody,
  envelope,
  promptBytes,
  streamCompleteRequest,
} from "./bodies.ts";
import type { PreparedRequest } from "./lane.ts";
import {
  type DialectName,
  dialectNames,
  framesPerStream,
  type UpstreamName,
} from "./upstream-names.ts";

/**
 * One kind of call, and what the same call costs at least: a request for Parlance and one for the
 * bare proxy.
 */
export interface Case {
  readonly name: string;
  /** What the call shows, for the table. */
  readonly title: string;
  readonly kind: "unary" | "stream";
  readonly parlance: PreparedRequest;
  readonly bare: PreparedRequest;
  /** Callers at a time. */
  readonly concurrency: number;
  /** What one exchange is divided by: 1, or the frames of a stream. */
  readonly unitsPerExchange: number;
  /**
   * Most that Parlance may cost, as a multiple of the bare proxy, by DESIGN's budget. Undefined: no
   * budget is set.
   */
  readonly budget: number | undefined;
  /**
   * Of calls that are translated into each dialect in turn: which body it is that all of them are
   * asked for, and which dialect.
   */
  readonly translation?: { readonly body: string; readonly dialect: DialectName };
}

/** The key that Parlance is configured with and every caller sends. */
export const callerKey = "bench-0123456789abcdef0123456789abcdef";

/** The model of Parlance's that is served by an upstream. */
export function modelName(upstream: UpstreamName): string {
  return `bench-${upstream}`;
}

type Client = "openai" | "anthropic";
type Size = keyof typeof promptBytes;
type RpcProtocol = "connect" | "connect-json" | "grpc" | "grpc-web";

const vendorPaths = { openai: "/v1/chat/completions", anthropic: "/v1/messages" } as const;
const completePath = "/parlance.chat.v1.ChatService/Complete";
const streamCompletePath = "/parlance.chat.v1.ChatService/StreamComplete";
const budgets = {
  same: { "1k": 1.35, "100k": 1.3 },
  translated: { "1k": 2.2, "100k": 2.5 },
  connect: 2,
  rpc: 2.5,
  stream: { same: 1.2, translated: 1.4 },
} as const;
const translated = dialectNames.filter((dialect) => dialect !== "openai");
const unaryConcurrency = 16;
/** Callers of the case whose slowest calls are held against a target. */
export const tailConcurrency = 32;
const streamConcurrency = 32;

/** Every case, in the order of the table. */
export function createCases(): readonly Case[] {
  return [
    unary("openai", "openai", "1k", 1),
    unary("openai", "openai", "1k", unaryConcurrency),
    unary("openai", "openai", "1k", tailConcurrency),
    unary("openai", "openai", "1k", 64),
    unary("openai", "openai", "100k", unaryConcurrency),
    unary("anthropic", "anthropic", "1k", unaryConcurrency),
    ...translated.map((dialect) => unary("openai", dialect, "1k", unaryConcurrency)),
    ...translated.map((dialect) => unary("openai", dialect, "100k", unaryConcurrency)),
    unary("anthropic", "openai", "1k", unaryConcurrency),
    unary("anthropic", "openai", "100k", unaryConcurrency),
    rpcUnary("connect", budgets.connect),
    rpcUnary("connect-json", budgets.rpc),
    rpcUnary("grpc", budgets.rpc),
    rpcUnary("grpc-web", budgets.rpc),
    embeddings(),
    stream("openai", "openai"),
    callStream(),
    stream("anthropic", "anthropic"),
    ...translated.map((dialect) => stream("openai", dialect)),
    stream("anthropic", "openai"),
    rpcStream("connect"),
    rpcStream("grpc"),
  ];
}

/**
 * A streamed call as a vendor's client sends it, whose reply is a few frames at once: for the time
 * to the first text.
 */
export function firstTokenRequest(
  client: Client,
  upstream: Client,
): { parlance: PreparedRequest; bare: PreparedRequest } {
  const name = `${upstream}-first` as const;
  return chatRequests(client, name, promptBytes["1k"], true);
}

function unary(client: Client, upstream: DialectName, size: Size, concurrency: number): Case {
  const calls = client === upstream ? "same dialect" : "translated";
  return {
    name: `${client === upstream ? client : `${client}-to-${upstream}`}-${size}-c${concurrency}`,
    title: `${calls}: ${client} to ${upstream}, ${size.toUpperCase()}B bodies`,
    kind: "unary",
    ...chatRequests(client, `${upstream}-${size}`, promptBytes[size], false),
    concurrency,
    unitsPerExchange: 1,
    budget: budgets[client === upstream ? "same" : "translated"][size],
    ...translationOf(client, upstream, `unary ${size.toUpperCase()}B`),
  };
}

function stream(client: Client, upstream: DialectName): Case {
  const same = client === upstream;
  return {
    name: `stream-${same ? client : `${client}-to-${upstream}`}`,
    title: `stream, ${same ? "same dialect" : "translated"}: ${client} to ${upstream}`,
    kind: "stream",
    ...chatRequests(client, `${upstream}-stream`, promptBytes["1k"], true),
    concurrency: streamConcurrency,
    unitsPerExchange: framesPerStream,
    budget: budgets.stream[same ? "same" : "translated"],
    ...translationOf(client, upstream, "stream, each frame"),
  };
}

/** Frames in which what clients may fail at is looked for: parts of a call of a tool. */
function callStream(): Case {
  return {
    ...stream("openai", "openai"),
    name: "stream-openai-calls",
    title: "stream, same dialect: openai, parts of a call of a tool",
    ...chatRequests("openai", "openai-calls", promptBytes["1k"], true),
  };
}

function translationOf(
  client: Client,
  dialect: DialectName,
  body: string,
): Pick<Case, "translation"> {
  return client === "openai" && dialect !== "openai" ? { translation: { body, dialect } } : {};
}

function embeddings(): Case {
  const bare = embeddingsBody("tiny");
  const headers = { "content-type": "application/json", authorization: `Bearer ${callerKey}` };
  const path = "/v1/embeddings";
  return {
    name: "embeddings",
    title: "embeddings, same dialect: 1 text, 1536 numbers",
    kind: "unary",
    parlance: { protocol: "http1", path, headers, body: embeddingsBody(modelName("embeddings")) },
    bare: { protocol: "http1", path: `/embeddings${path}`, headers, body: bare },
    concurrency: unaryConcurrency,
    unitsPerExchange: 1,
    budget: budgets.same["1k"],
  };
}

function rpcUnary(protocol: RpcProtocol, budget: number): Case {
  const upstream = "openai-1k";
  const { binary, json } = completeRequest(modelName(upstream), promptBytes["1k"]);
  const framed = protocol === "grpc" || protocol === "grpc-web";
  return {
    name: protocol,
    title: `${protocol} unary to openai, 1KB bodies`,
    kind: "unary",
    parlance: rpcRequest(
      protocol,
      completePath,
      framed ? envelope(binary) : protocol === "connect" ? binary : json,
    ),
    bare: chatRequests("openai", upstream, promptBytes["1k"], false).bare,
    concurrency: unaryConcurrency,
    unitsPerExchange: 1,
    budget,
  };
}

function rpcStream(protocol: "connect" | "grpc"): Case {
  const upstream = "openai-stream";
  const message = envelope(streamCompleteRequest(modelName(upstream), promptBytes["1k"]));
  const request = rpcRequest(protocol, streamCompletePath, message);
  const headers = {
    ...request.headers,
    "content-type": `application/${protocol === "grpc" ? "grpc" : "connect"}+proto`,
  };
  return {
    name: `stream-${protocol}`,
    title: `stream, ${protocol} to openai`,
    kind: "stream",
    parlance: { ...request, headers },
    bare: chatRequests("openai", upstream, promptBytes["1k"], true).bare,
    concurrency: streamConcurrency,
    unitsPerExchange: framesPerStream,
    budget: budgets.stream.translated,
  };
}

function rpcRequest(protocol: RpcProtocol, path: string, body: Uint8Array): PreparedRequest {
  const authorization = `Bearer ${callerKey}`;
  const headers = {
    connect: { "content-type": "application/proto", "connect-protocol-version": "1" },
    "connect-json": { "content-type": "application/json", "connect-protocol-version": "1" },
    grpc: { "content-type": "application/grpc+proto", te: "trailers" },
    "grpc-web": { "content-type": "application/grpc-web+proto", "x-grpc-web": "1" },
  }[protocol];
  return {
    protocol: protocol === "grpc" ? "http2" : "http1",
    path,
    headers: { ...headers, authorization },
    body,
  };
}

function chatRequests(
  client: Client,
  upstream: UpstreamName,
  size: number,
  streamed: boolean,
): { parlance: PreparedRequest; bare: PreparedRequest } {
  const path = vendorPaths[client];
  const credential =
    client === "openai" ? { authorization: `Bearer ${callerKey}` } : { "x-api-key": callerKey };
  const version = client === "anthropic" ? { "anthropic-version": "2023-06-01" } : {};
  const headers = { "content-type": "application/json", ...credential, ...version };
  const body = (model: string) => chatBody(client, model, size, streamed);
  return {
    parlance: { protocol: "http1", path, headers, body: body(modelName(upstream)) },
    bare: { protocol: "http1", path: `/${upstream}${path}`, headers, body: body("tiny") },
  };
}
