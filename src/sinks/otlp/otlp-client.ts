import type { DescMethodUnary } from "@bufbuild/protobuf";
import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { OtlpSettings } from "../../config/settings.ts";
import { post } from "../places/post.ts";
import type { SendFailure } from "../sink.ts";

/** A kind of what is sent to collectors, such as spans. */
export interface OtlpSignal<Request extends DescMessage, Reply extends DescMessage> {
  /** Its method of gRPC, with the messages that HTTP has too. */
  readonly method: DescMethodUnary<Request, Reply>;
  /** What a collector says that it did not take of a request that it took. */
  readonly partOf: (reply: MessageShape<Reply>) => PartlyTaken | undefined;
}

/** What a collector says of a request of which it did not take all. */
export interface PartlyTaken {
  /** How many were refused. 0: it took all, and warns. */
  readonly rejected: bigint;
  readonly errorMessage: string;
}

/** Sends a request; resolves once the collector has it, or says why it has not. */
export type OtlpSend<Request extends DescMessage> = (
  request: MessageShape<Request>,
  signal: AbortSignal,
) => Promise<SendFailure | undefined>;

/** Sends to a collector what is of one kind: https://opentelemetry.io/docs/specs/otlp/ (1.11). */
export function createOtlpSend<Request extends DescMessage, Reply extends DescMessage>(
  settings: OtlpSettings,
  kind: OtlpSignal<Request, Reply>,
): OtlpSend<Request> {
  return settings.protocol === "grpc" ? sendByGrpc(settings, kind) : sendByHttp(settings, kind);
}

/** After these the same may be sent again: https://opentelemetry.io/docs/specs/otlp/#failures-1 */
const statusesAgain: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

function sendByHttp<Request extends DescMessage, Reply extends DescMessage>(
  { url, headers }: OtlpSettings,
  { method, partOf }: OtlpSignal<Request, Reply>,
): OtlpSend<Request> {
  return (request, signal) =>
    post(
      url,
      { "content-type": "application/x-protobuf", ...revealed(headers) },
      toBinary(method.input, request),
      signal,
      {
        again: (status) => statusesAgain.has(status),
        read: (body) => partlyTaken(readReply(method.output, body, partOf)),
      },
    );
}

/** A reply that is none, such as JSON or nothing, says nothing of what was refused. */
function readReply<Reply extends DescMessage>(
  schema: Reply,
  body: Uint8Array,
  partOf: (reply: MessageShape<Reply>) => PartlyTaken | undefined,
): PartlyTaken | undefined {
  try {
    return partOf(fromBinary(schema, body));
  } catch {
    return undefined;
  }
}

function partlyTaken(part: PartlyTaken | undefined): SendFailure | undefined {
  if (part === undefined || part.rejected <= 0n) return undefined;
  // Its words may repeat what was sent.
  return { why: "it refuses some of a batch", again: false, count: Number(part.rejected) };
}

/** After these the same may be sent again: https://opentelemetry.io/docs/specs/otlp/#failures */
const codesAgain: ReadonlySet<string> = new Set([
  "Canceled",
  "DeadlineExceeded",
  "Aborted",
  "OutOfRange",
  "Unavailable",
  "DataLoss",
  "ResourceExhausted",
]);

/** What speaks gRPC is loaded when it is first needed. */
function sendByGrpc<Request extends DescMessage, Reply extends DescMessage>(
  { url, headers }: OtlpSettings,
  { method, partOf }: OtlpSignal<Request, Reply>,
): OtlpSend<Request> {
  const connect = async () => {
    const { createGrpcTransport } = await import("@connectrpc/connect-node");
    return createGrpcTransport({ baseUrl: url });
  };
  let connected: ReturnType<typeof connect> | undefined;
  return async (request, signal) => {
    try {
      connected ??= connect();
      const transport = await connected;
      const { message } = await transport.unary(
        method,
        signal,
        undefined,
        revealed(headers),
        request,
      );
      return partlyTaken(partOf(message));
    } catch (error) {
      const { Code, ConnectError } = await import("@connectrpc/connect");
      const code = Code[ConnectError.from(error).code];
      return { why: `gRPC status ${code}`, again: codesAgain.has(code) };
    }
  };
}

function revealed(headers: OtlpSettings["headers"]): Record<string, string> {
  return Object.fromEntries([...headers].map(([name, value]) => [name, value.reveal()]));
}
