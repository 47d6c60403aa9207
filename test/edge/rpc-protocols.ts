import { Code, ConnectError } from "@connectrpc/connect";
import { endStreamFromJson, errorFromJsonBytes } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { type Fault, FaultSchema } from "../../gen/parlance/error/v1/fault_pb.js";
import { printEnvelope } from "../../src/edge/connect/envelope.ts";
import type { HttpVersion, ReceivedReply } from "./send-request.ts";

/** A protocol in which methods are called, and what sets it apart on the wire. */
export interface RpcProtocol {
  readonly title: string;
  readonly version: HttpVersion;
  readonly contentType: string;
  readonly binary: boolean;
  /** Whether messages are in envelopes. */
  readonly enveloped: boolean;
  /** What it can call: methods with one reply, streams of replies, or both. */
  readonly calls: readonly ("unary" | "stream")[];
  readonly timeoutHeader: string;
  readonly encodingHeader: string;
}

const versions = ["h1", "h2"] as const;

/** Every protocol over every version of HTTP that it can be spoken over. */
export const rpcProtocols: readonly RpcProtocol[] = versions.flatMap((version) => [
  protocol(version, "application/proto", ["unary"]),
  protocol(version, "application/json", ["unary"]),
  protocol(version, "application/connect+proto", ["stream"]),
  protocol(version, "application/connect+json", ["stream"]),
  protocol(version, "application/grpc-web", ["unary", "stream"]),
  protocol(version, "application/grpc-web+json", ["unary", "stream"]),
  ...(version === "h1"
    ? []
    : [
        protocol(version, "application/grpc", ["unary", "stream"]),
        protocol(version, "application/grpc+json", ["unary", "stream"]),
      ]),
]);

function protocol(
  version: HttpVersion,
  contentType: string,
  calls: RpcProtocol["calls"],
): RpcProtocol {
  const grpc = contentType.startsWith("application/grpc");
  const enveloped = grpc || contentType.includes("connect+");
  return {
    title: `${contentType} over ${version}`,
    version,
    contentType,
    binary: !contentType.includes("json"),
    enveloped,
    calls,
    timeoutHeader: grpc ? "grpc-timeout" : "connect-timeout-ms",
    encodingHeader: grpc
      ? "grpc-encoding"
      : enveloped
        ? "connect-content-encoding"
        : "content-encoding",
  };
}

/** A message as the protocol sends it. */
export function printMessage(
  { enveloped }: RpcProtocol,
  message: Uint8Array,
  flags = 0,
): Uint8Array {
  return enveloped ? printEnvelope(flags, message) : message;
}

/** What an RPC failed with, read as a client of the protocol would. */
export interface RpcFailure {
  readonly code: Code;
  readonly message: string;
  /** The id in the metadata of the error. */
  readonly callId: string | null;
  readonly fault: Fault | undefined;
}

/** Reads the failure of a reply; throws where it tells of none. */
export function readFailure({ contentType }: RpcProtocol, reply: ReceivedReply): RpcFailure {
  const error = parseError(contentType, reply);
  if (error === undefined)
    throw new Error(`no failure in status ${reply.status} ${reply.body.toString("latin1")}`);
  return {
    code: error.code,
    message: error.rawMessage,
    callId: error.metadata.get("x-parlance-call-id"),
    fault: error.findDetails(FaultSchema)[0],
  };
}

const jsonTypes: ReadonlySet<string> = new Set(["application/json", "application/problem+json"]);

function parseError(
  contentType: string,
  { headers, trailers, body }: ReceivedReply,
): ConnectError | undefined {
  if (jsonTypes.has(headers.get("content-type") ?? "")) {
    return errorFromJsonBytes(body, headers, new ConnectError("no JSON", Code.Unknown));
  }
  if (contentType.startsWith("application/connect+")) {
    const { error } = endStreamFromJson(body.subarray(5));
    return withHead(error, headers);
  }
  if (headers.has("grpc-status")) return findTrailerError(headers);
  if (!contentType.startsWith("application/grpc-web"))
    return withHead(findTrailerError(trailers), headers);
  const lines = body.subarray(5).toString("latin1").trim().split("\r\n");
  const pairs = lines.map((line): [string, string] => [
    line.slice(0, line.indexOf(":")),
    line.slice(line.indexOf(":") + 2),
  ]);
  return withHead(findTrailerError(new Headers(pairs)), headers);
}

/** Clients put what the head says into the metadata of an error. */
function withHead(error: ConnectError | undefined, head: Headers): ConnectError | undefined {
  for (const [name, value] of head) error?.metadata.append(name, value);
  return error;
}
