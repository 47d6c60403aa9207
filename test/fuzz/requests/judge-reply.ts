import { Code, ConnectError } from "@connectrpc/connect";
import { endStreamFromJson, errorFromJsonBytes } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../../../gen/parlance/error/v1/fault_pb.js";
import { type AttackReply, headerOf } from "../client/attack-request.ts";
import type { RpcProtocol } from "./rpc-surfaces.ts";

/** What a reply is judged by. */
export interface ReplyRules {
  /** What it must not hold. */
  readonly secrets: readonly string[];
  /** How the caller spoke; undefined: REST. */
  readonly protocol: RpcProtocol["name"] | undefined;
  /** The vendor said that it failed with a status 500, so the caller may be told so. */
  readonly saysFailure?: boolean;
}

/** What is wrong with a reply; empty for nothing. */
export function judgeReply(reply: AttackReply, rules: ReplyRules): string[] {
  const problems: string[] = [];
  const { status, body } = reply;
  const ours = rules.saysFailure !== true;
  if (
    status === 500 &&
    ours &&
    (rules.protocol === undefined || rpcError(reply, rules.protocol) === undefined)
  ) {
    problems.push("status 500");
  }
  if (status < 200 || status > 599) problems.push(`status ${status}`);
  const error = rules.protocol === undefined ? undefined : rpcError(reply, rules.protocol);
  if (error !== undefined && isOurs(error))
    problems.push(
      `RPC ${Code[error.code]}: ${error.rawMessage.replaceAll(/\d+/g, "N").slice(0, 120)}`,
    );
  const head = reply.headers.concat(reply.trailers).map(([name, value]) => `${name}: ${value}`);
  const secret = rules.secrets.find(
    (each) => body.includes(each) || head.some((line) => line.includes(each)),
  );
  if (secret !== undefined) problems.push("a credential in the reply");
  if (/\bat \S.*\.[tj]s:\d+:\d+|node_modules\//.test(body.toString("latin1")))
    problems.push("a stack trace in the reply");
  if (head.some((line) => /^set-cookie:/i.test(line))) problems.push("a cookie in the reply");
  if (/html/i.test(headerOf(reply, "content-type"))) problems.push("a reply of type text/html");
  return problems;
}

/**
 * What the protocols themselves want INTERNAL for: https://connectrpc.com/docs/protocol, and gRPC's
 * PROTOCOL-HTTP2.md.
 */
const protocolErrors =
  /^received compressed envelope, but do not know|^protocol error: .* envelope with the flags/;

/** An error that says neither what the caller nor what the vendor did is the gateway's own. */
function isOurs(error: ConnectError): boolean {
  if (error.code !== Code.Internal && error.code !== Code.Unknown && error.code !== Code.DataLoss)
    return false;
  if (protocolErrors.test(error.rawMessage)) return false;
  const [fault] = error.findDetails(FaultSchema);
  return (
    fault === undefined ||
    fault.reason === ErrorReason.INTERNAL ||
    fault.reason === ErrorReason.UNSPECIFIED
  );
}

/**
 * The error that an RPC ended with, in any protocol; undefined where it ended well or was no RPC.
 */
export function rpcError(
  reply: AttackReply,
  protocol: RpcProtocol["name"],
): ConnectError | undefined {
  try {
    return readRpcError(reply, protocol);
  } catch {
    return undefined;
  }
}

function readRpcError(reply: AttackReply, protocol: RpcProtocol["name"]): ConnectError | undefined {
  switch (protocol) {
    case "connect":
      if (reply.status < 400 || !/json/.test(headerOf(reply, "content-type"))) return undefined;
      return errorFromJsonBytes(
        reply.body,
        undefined,
        new ConnectError("no JSON", Code.Unavailable),
      );
    case "connect-stream": {
      const last = lastEnvelope(reply.body, 0x02);
      return last === undefined ? undefined : endStreamFromJson(last).error;
    }
    case "grpc":
      return findTrailerError(
        new Headers([...reply.headers, ...reply.trailers].map(([name, value]) => [name, value])),
      );
    case "grpc-web":
    case "grpc-web-text": {
      const body =
        protocol === "grpc-web" ? reply.body : decodePieces(reply.body.toString("latin1"));
      const last = lastEnvelope(body, 0x80)?.toString("latin1") ?? "";
      const fields = last.split("\r\n").filter((line) => line.includes(":"));
      const trailers = fields.map((line): [string, string] => [
        line.slice(0, line.indexOf(":")),
        line.slice(line.indexOf(":") + 1).trim(),
      ]);
      const heads = reply.headers
        .filter(([name]) => name.startsWith("grpc-"))
        .map(([name, value]): [string, string] => [name, value]);
      return findTrailerError(new Headers([...heads, ...trailers]));
    }
  }
}

/** The bytes of base64 in pieces, each with its padding. */
function decodePieces(text: string): Buffer {
  const pieces = text.match(/[^=]+=*/g) ?? [];
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64")));
}

/** The message of the envelope that ends a stream. */
function lastEnvelope(body: Buffer, flag: number): Buffer | undefined {
  for (let from = 0; from + 5 <= body.length; ) {
    const length = body.readUInt32BE(from + 1);
    if (((body[from] ?? 0) & flag) !== 0) return body.subarray(from + 5, from + 5 + length);
    from += 5 + length;
  }
  return undefined;
}
