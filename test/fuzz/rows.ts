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
