import type { AttackRequest } from "./client/attack-request.ts";
import type { RpcProtocol } from "./requests/rpc-surfaces.ts";

/** A request that was answered wrongly once. */
export interface RequestRow {
  readonly title: string;
  readonly protocol: AttackRequest["protocol"];
  readonly method: string;
  readonly target: string;
  /** Without a key: that of the caller is added. */
  readonly headers: AttackRequest["headers"];
  /** Each character is a byte. */
  readonly body: string;
  /** How an RPC is spoken. Absent: REST. */
  readonly rpc?: RpcProtocol["name"];
}

/** A vendor's reply that was handled wrongly once, by names of subjects.ts and misbehaviours.ts. */
export interface VendorRow {
  readonly title: string;
  readonly subject: string;
  readonly misbehaviour: string;
  readonly stream: boolean;
  /** The seed and number of the call, which draw its caller. */
  readonly seed: number;
  readonly at: number;
}

/**
 * Requests that are played again by a test. A finding of `npm run fuzz -- --only requests --at K`
 * prints its row.
 */
export const requestRows: readonly RequestRow[] = [
  {
    title: "half a surrogate pair that a refusal repeats to a caller of gRPC-Web",
    protocol: "h1",
    method: "POST",
    target: "/parlance.embed.v1.EmbedService/Embed",
    headers: [["content-type", "application/grpc-web+json"]],
    body: '\u0000\u0000\u0000\u0000\u0039{"spec":{"model":"sim/embed","inputs":"","x":"\\ud800"}}',
    rpc: "grpc-web",
  },
  {
    title: "half a surrogate pair that ends a stream of gRPC",
    protocol: "h2",
    method: "POST",
    target: "/parlance.chat.v1.ChatService/StreamComplete",
    headers: [
      ["content-type", "application/grpc+json"],
      ["te", "trailers"],
    ],
    body: '\u0000\u0000\u0000\u0000\u0034{"chat":{"model":"a\\ud800","messages":[{"role":1}]}}',
    rpc: "grpc",
  },
  {
    title: "half a surrogate pair in the name of a service whose health is watched",
    protocol: "h2",
    method: "POST",
    target: "/grpc.health.v1.Health/Watch",
    headers: [
      ["content-type", "application/grpc+json"],
      ["te", "trailers"],
    ],
    body: '\u0000\u0000\u0000\u0000\u0015{"service":"a\\ud800"}',
    rpc: "grpc",
  },
  {
    title: "half a surrogate pair in the name of a file of reflection",
    protocol: "h2",
    method: "POST",
    target: "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    headers: [
      ["content-type", "application/grpc+json"],
      ["te", "trailers"],
    ],
    body: '\u0000\u0000\u0000\u0000\u001c{"fileByFilename":"a\\ud800"}',
    rpc: "grpc",
  },
  {
    title: "half a surrogate pair as a member of a stream's request",
    protocol: "h2",
    method: "POST",
    target: "/parlance.chat.v1.ChatService/StreamComplete",
    headers: [
      ["content-type", "application/grpc+json"],
      ["te", "trailers"],
    ],
    body: '\u0000\u0000\u0000\u0000\u0021{"chat":{"model":"a"},"\\ud800":1}',
    rpc: "grpc",
  },
  {
    title: "half a surrogate pair in the place of a reflection's request",
    protocol: "h2",
    method: "POST",
    target: "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    headers: [
      ["content-type", "application/grpc+json"],
      ["te", "trailers"],
    ],
    body: '\u0000\u0000\u0000\u0000\u0008"\\ud800"',
    rpc: "grpc",
  },
  {
    title: "a timeout longer than any timer",
    protocol: "h1",
    method: "POST",
    target: "/parlance.chat.v1.ChatService/Complete",
    headers: [
      ["content-type", "application/json"],
      ["connect-timeout-ms", "9999999999"],
    ],
    body: '{"chat":{"model":"sim/echo","messages":[{"role":"ROLE_USER","parts":[{"text":{"text":"hi"}}]}]}}',
    rpc: "connect",
  },
];

/**
 * Replies that are played again by a test. A finding of `npm run fuzz -- --only vendors --at K`
 * prints its row.
 */
export const vendorRows: readonly VendorRow[] = [
  {
    title: "a page in place of a stream",
    subject: "anthropic_compatible",
    misbehaviour: "page",
    stream: true,
    seed: 1,
    at: 0,
  },
];
