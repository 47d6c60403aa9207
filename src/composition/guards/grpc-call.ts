import { GuardFailure } from "../../core/guard/guard-failure.ts";
import type { ServiceMethodCall } from "../../guards/services/ports.ts";

/** No message of a reply is longer, in bytes; that of gRPC itself. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024;

/** How long a connection without calls is kept, in milliseconds. */
const IDLE_MS = 60_000;

/** Calls methods of gRPC at a URL. What speaks it is loaded with the first call. */
export function grpcCall(url: string): ServiceMethodCall {
  const connect = async () => {
    const { createGrpcTransport } = await import("@connectrpc/connect-node");
    return createGrpcTransport({
      baseUrl: url,
      readMaxBytes: MAX_REPLY_BYTES,
      idleConnectionTimeoutMs: IDLE_MS,
    });
  };
  let connected: ReturnType<typeof connect> | undefined;
  return async (method, input, headers, signal) => {
    try {
      connected ??= connect();
      const transport = await connected;
      const { message } = await transport.unary(method, signal, undefined, headers, input);
      return message;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const { Code, ConnectError } = await import("@connectrpc/connect");
      const code = Code[ConnectError.from(error).code];
      throw new GuardFailure(`failed with gRPC status ${code}`, { cause: error });
    }
  };
}
