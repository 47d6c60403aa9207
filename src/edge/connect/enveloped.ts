import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import type { ConnectError, MethodImplSpec } from "@connectrpc/connect";
import {
  type Compression,
  compressedFlag,
  compressionNegotiate,
  createMethodSerializationLookup,
  type Serialization,
} from "@connectrpc/connect/protocol";
import { appendAll } from "../../core/append-all.ts";
import { asBuffer } from "../../json/json.ts";
import { callIdHeader } from "../call-id.ts";
import type { BodyPrefix, Exchange, ResponseStream } from "../http/exchange.ts";
import { BodyTooLargeError } from "../http/http-error.ts";
import { unpack } from "./compressions.ts";
import { messageOf } from "./contract/beside-key.ts";
import {
  checkEnvelopeHead,
  envelopeHeadBytes,
  parseSingleEnvelope,
  printEnvelope,
} from "./envelope.ts";
import type { Framing } from "./framing.ts";
import { printGrpcStatus } from "./grpc-status.ts";
import { LeanContext } from "./lean-context.ts";
import { createRequestDecoder } from "./request-decoder.ts";
import { takeCallId } from "./rpc-error.ts";
import type { RpcOptions } from "./rpc-options.ts";
import { toCallError } from "./services/call-abort.ts";
import { messagesOf, takeMessages } from "./streams/message-flow.ts";
import { withTextDeltas } from "./streams/print-text-delta.ts";
import { decodeText, textBytes, textStream } from "./text-body.ts";
import { toFlatHeaders } from "./web-headers.ts";

/** A method with one request, and one reply or a stream of them. */
export type SingleRequestSpec = Extract<MethodImplSpec, { kind: "unary" | "server_streaming" }>;

/**
 * Serves a method with a single request in a protocol that uses envelopes, as connect's own handler
 * does but without its chain of async generators, web Headers and signals. Interceptors are not
 * applied. Never rejects.
 */
export function createEnvelopedHandler(
  spec: SingleRequestSpec,
  framing: Framing,
  binary: boolean,
  options: RpcOptions,
): (exchange: Exchange) => Promise<void> {
  const lookup = createMethodSerializationLookup(
    spec.method,
    options.binaryOptions,
    options.jsonOptions,
    options,
  );
  const decode = createRequestDecoder(spec.method, binary, options);
  const output = binary ? withTextDeltas(lookup.getO(true)) : lookup.getO(false);
  const kind = spec.kind === "unary" ? "unary" : "server-streaming";
  const prefix = prefixOf(framing, options);
  const read = framing.text ? decodeText : (body: Uint8Array) => body;
  const maxBytes = options.readMaxBytes + envelopeHeadBytes;
  const maxBodyBytes = framing.text ? textBytes(maxBytes) : maxBytes;

  async function run(exchange: Exchange, call: Call, reply: Reply): Promise<void> {
    if (call.error !== undefined) throw call.error;
    const body = read(await exchange.readBody(maxBodyBytes, prefix));
    const { flags, data } = parseSingleEnvelope(body, kind, call.requestCompression !== null);
    const message =
      (flags & compressedFlag) === 0 || call.requestCompression === null
        ? data
        : await unpack(exchange, call.requestCompression, data, options.readMaxBytes);
    const request = messageOf(decode(message), call.context);
    if (spec.kind === "unary") {
      await reply.send(await spec.impl(request, call.context));
      return;
    }
    const answers = messagesOf(spec.impl(request, call.context));
    const leaveWhenGone = (): void => {
      if (exchange.closed) void answers.return?.();
    };
    await takeMessages(answers, (messages) => {
      const room = reply.sendAll(messages);
      leaveWhenGone();
      return room?.then(leaveWhenGone);
    });
  }

  return async function answerEnveloped(exchange) {
    const call = beginCall(spec, framing, binary, exchange, options);
    const reply = createReply(spec, framing, exchange, call, output, options);
    let failure: ConnectError | undefined;
    try {
      await run(exchange, call, reply);
    } catch (reason) {
      // The body of an enveloped message is larger than the message; the client knows only of
      // messages.
      const limited =
        reason instanceof BodyTooLargeError ? new BodyTooLargeError(options.readMaxBytes) : reason;
      failure = options.toStatus?.(limited, exchange) ?? toCallError(limited);
      reply.nameCall(failure);
    }
    call.context.finish(failure);
    if (failure !== undefined && reply.endAtOnce(failure)) return;
    framing.end(reply.open(), call.context, failure, options.jsonOptions);
  };
}

/** Refuses a body by the head of its first envelope. */
function prefixOf({ text, invalidFlags }: Framing, { readMaxBytes }: RpcOptions): BodyPrefix {
  return {
    bytes: text ? textHeadBytes : envelopeHeadBytes,
    check(start) {
      const head = text ? Buffer.from(asBuffer(start).toString("latin1"), "base64") : start;
      if (head.length < envelopeHeadBytes) return undefined;
      return checkEnvelopeHead(head, readMaxBytes, invalidFlags);
    },
  };
}

/** As much base64 as holds the head of an envelope. */
const textHeadBytes = 8;

/** What the headers of a request say about its call. */
interface Call {
  readonly context: LeanContext;
  readonly contentType: string;
  readonly requestCompression: Compression | null;
  readonly responseCompression: Compression | null;
  /** Why the call must fail before its body is read. */
  readonly error: ConnectError | undefined;
}

function beginCall(
  spec: SingleRequestSpec,
  framing: Framing,
  binary: boolean,
  exchange: Exchange,
  options: RpcOptions,
): Call {
  const timeout = exchange.header(framing.timeoutHeader);
  const deadline =
    timeout === undefined ? undefined : framing.parseTimeout(timeout, options.maxTimeoutMs);
  const requested = exchange.header(framing.encodingHeader) ?? null;
  const accepted = exchange.header(framing.acceptEncodingHeader) ?? null;
  const compression =
    requested === null && accepted === null
      ? undefined
      : compressionNegotiate(
          [...options.acceptCompression],
          requested,
          accepted,
          framing.acceptEncodingHeader,
        );
  const contentType = `${framing.mediaType}+${binary ? "proto" : "json"}`;
  const { method } = spec;
  const { protocolName } = framing;
  const timeoutMs = deadline?.timeoutMs;
  return {
    context: new LeanContext({ exchange, method, protocolName, timeoutMs, contentType }),
    contentType,
    requestCompression: compression?.request ?? null,
    responseCompression: compression?.response ?? null,
    error: compression?.error ?? deadline?.error,
  };
}

/**
 * The reply of a call. Its head leaves with the first message, so that implementations can set
 * headers until then.
 */
interface Reply {
  open(): ResponseStream;
  /**
   * Moves the id of a failed call into the head, where proxies see it; one that has left has it.
   */
  nameCall(failure: ConnectError): void;
  /**
   * Ends a gRPC reply of which nothing was sent with headers alone ("Trailers-Only"), where nothing
   * was set in them: clients and proxies retry by themselves until they have seen headers
   * (https://github.com/grpc/proposal/blob/master/A6-client-retries.md). False: it cannot be ended
   * so.
   */
  endAtOnce(failure: ConnectError): boolean;
  send(message: MessageInitShape<DescMessage>): Promise<void> | undefined;
  sendAll(messages: readonly MessageInitShape<DescMessage>[]): Promise<void> | undefined;
}

function createReply(
  spec: SingleRequestSpec,
  framing: Framing,
  exchange: Exchange,
  call: Call,
  output: Serialization<ReturnType<typeof create<DescMessage>>>,
  options: RpcOptions,
): Reply {
  const { context, responseCompression } = call;
  let stream: ResponseStream | undefined;

  function open(): ResponseStream {
    if (stream !== undefined) return stream;
    const touched = context.touchedHeader;
    const headers =
      touched === undefined ? ["content-type", call.contentType] : toFlatHeaders(touched);
    if (exchange.callId !== undefined && touched?.has(callIdHeader) !== true)
      headers.push(callIdHeader, exchange.callId);
    if (exchange.replyHeaders !== undefined) appendAll(headers, exchange.replyHeaders);
    if (responseCompression !== null)
      headers.push(framing.encodingHeader, responseCompression.name);
    const raw = exchange.startStream(200, headers, { trailers: framing.trailers });
    stream = framing.text ? textStream(raw) : raw;
    return stream;
  }

  async function sendCompressed(
    bytes: Uint8Array<ArrayBuffer>,
    compression: Compression,
  ): Promise<void> {
    await open().write(printEnvelope(compressedFlag, await compression.compress(bytes)));
  }

  function print(message: MessageInitShape<DescMessage>): Uint8Array<ArrayBuffer> {
    return output.serialize(create(spec.method.output, message));
  }

  function send(message: MessageInitShape<DescMessage>): Promise<void> | undefined {
    const bytes = print(message);
    if (responseCompression !== null && bytes.byteLength >= options.compressMinBytes)
      return sendCompressed(bytes, responseCompression);
    return open().write(printEnvelope(0, bytes));
  }

  async function sendInTurn(messages: readonly MessageInitShape<DescMessage>[]): Promise<void> {
    for (const message of messages) await send(message);
  }

  return {
    open,
    nameCall(failure) {
      const [, id] = takeCallId(failure);
      exchange.callId ??= id;
    },
    endAtOnce(failure) {
      const { contentType } = call;
      if (!framing.trailers || stream !== undefined || context.touchedHeader !== undefined)
        return false;
      const own = new Headers(context.touchedTrailer);
      own.set("content-type", contentType);
      if (exchange.callId !== undefined) own.set(callIdHeader, exchange.callId);
      const more = exchange.replyHeaders ?? [];
      for (let at = 0; at < more.length; at += 2) own.set(more[at] ?? "", more[at + 1] ?? "");
      exchange.respond(200, printGrpcStatus(failure, own), "");
      return true;
    },
    send,
    sendAll(messages) {
      const [first] = messages;
      if (first !== undefined && messages.length === 1) return send(first);
      return responseCompression === null
        ? open().write(Buffer.concat(messages.map((message) => printEnvelope(0, print(message)))))
        : sendInTurn(messages);
    },
  };
}
