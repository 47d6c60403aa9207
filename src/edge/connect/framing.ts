import type { JsonWriteOptions } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import {
  endStreamFlag,
  endStreamToJson,
  parseTimeout as parseConnectTimeout,
} from "@connectrpc/connect/protocol-connect";
import {
  parseTimeout as parseGrpcTimeout,
  setTrailerStatus,
} from "@connectrpc/connect/protocol-grpc";
import type { ResponseStream } from "../http/exchange.ts";
import { printEnvelope } from "./envelope.ts";
import { printGrpcStatus } from "./grpc-status.ts";
import type { LeanContext } from "./lean-context.ts";
import { toFlatHeaders } from "./web-headers.ts";

/** What sets the protocols apart that send each message in an envelope. */
export interface Framing {
  readonly protocolName: "connect" | "grpc" | "grpc-web";
  /** Media type of requests and replies, without `+proto` or `+json`. */
  readonly mediaType: string;
  readonly timeoutHeader: string;
  readonly parseTimeout: typeof parseGrpcTimeout;
  readonly encodingHeader: string;
  readonly acceptEncodingHeader: string;
  /** What a message with flags that requests cannot have is refused with. */
  readonly invalidFlags: Code;
  /** True if the outcome travels in HTTP trailers. */
  readonly trailers: boolean;
  /** True if both bodies are base64. */
  readonly text: boolean;
  /** Ends a reply with its outcome. */
  end(
    stream: ResponseStream,
    context: LeanContext,
    error: ConnectError | undefined,
    json: Partial<JsonWriteOptions>,
  ): void;
}

/** gRPC over HTTP/2: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md. */
export const grpcFraming: Framing = {
  protocolName: "grpc",
  mediaType: "application/grpc",
  timeoutHeader: "grpc-timeout",
  parseTimeout: parseGrpcTimeout,
  encodingHeader: "grpc-encoding",
  acceptEncodingHeader: "grpc-accept-encoding",
  invalidFlags: Code.Internal,
  trailers: true,
  text: false,
  end(stream, context, error) {
    stream.end(printOutcome(context, error));
  },
};

/** gRPC-Web, binary: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md. */
export const grpcWebFraming: Framing = {
  ...grpcFraming,
  protocolName: "grpc-web",
  mediaType: "application/grpc-web",
  trailers: false,
  end(stream, context, error) {
    const outcome = printOutcome(context, error);
    let lines = "";
    for (let index = 0; index + 1 < outcome.length; index += 2)
      lines += `${outcome[index]}: ${outcome[index + 1]}\r\n`;
    void stream.write(printEnvelope(grpcWebTrailerFlag, Buffer.from(lines)));
    stream.end();
  },
};

/** gRPC-Web in base64, which Google's client needs for streams. */
export const grpcWebTextFraming: Framing = {
  ...grpcWebFraming,
  mediaType: "application/grpc-web-text",
  text: true,
};

/** Connect's streaming protocol: https://connectrpc.com/docs/protocol#streaming-rpcs. */
export const connectFraming: Framing = {
  protocolName: "connect",
  mediaType: "application/connect",
  timeoutHeader: "connect-timeout-ms",
  parseTimeout: parseConnectTimeout,
  encodingHeader: "connect-content-encoding",
  acceptEncodingHeader: "connect-accept-encoding",
  invalidFlags: Code.InvalidArgument,
  trailers: false,
  text: false,
  end(stream, context, error, json) {
    const end = JSON.stringify(
      endStreamToJson(context.touchedTrailer ?? new Headers(), error, json),
    );
    void stream.write(printEnvelope(endStreamFlag, Buffer.from(end)));
    stream.end();
  },
};

const grpcWebTrailerFlag = 0b10000000;

function printOutcome(context: LeanContext, error: ConnectError | undefined): string[] {
  if (error !== undefined) return printGrpcStatus(error, context.responseTrailer);
  if (context.touchedTrailer === undefined) return ["grpc-status", "0"];
  return toFlatHeaders(setTrailerStatus(context.touchedTrailer, undefined));
}
