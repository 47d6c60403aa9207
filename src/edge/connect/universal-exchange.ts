import { Code, ConnectError, createContextValues } from "@connectrpc/connect";
import type {
  UniversalHandlerFn,
  UniversalServerRequest,
  UniversalServerResponse,
} from "@connectrpc/connect/protocol";
import type { Exchange } from "../http/exchange.ts";
import { printCallUrl } from "./call-url.ts";
import { createFlagCheck } from "./envelope.ts";
import { exchangeKey } from "./exchange-key.ts";
import { connectFraming, grpcFraming } from "./framing.ts";
import { abortWithExchange, toReadError } from "./services/call-abort.ts";
import { toFlatHeaders, toWebHeaders } from "./web-headers.ts";

/**
 * Answers what connect's handlers refuse with a bare HTTP status: the method, the media type, the
 * version of HTTP.
 */
export type HttpRefusal = (exchange: Exchange, status: number, headers: readonly string[]) => void;

/** Serves an exchange with one of connect's own handlers: any protocol, any kind of method. */
export async function serveUniversal(
  handler: UniversalHandlerFn,
  exchange: Exchange,
  refuse: HttpRefusal,
): Promise<void> {
  const response = await handler(toUniversalRequest(exchange));
  if (response.body !== undefined) await sendResponse(response, response.body, exchange);
  else refuse(exchange, response.status, toFlatHeaders(response.header));
}

function toUniversalRequest(exchange: Exchange): UniversalServerRequest {
  const controller = new AbortController();
  abortWithExchange(controller, exchange);
  return {
    httpVersion: exchange.protocol === "h1" ? "1.1" : "2.0",
    method: exchange.method,
    url: printCallUrl(exchange),
    header: toWebHeaders(exchange.rawHeaders),
    body: readChunks(exchange),
    signal: controller.signal,
    contextValues: createContextValues().set(exchangeKey, exchange),
  };
}

/**
 * A stream may be endless; connect's handlers bound each message in it, and the body of a unary
 * call.
 */
async function* readChunks(exchange: Exchange): AsyncGenerator<Uint8Array> {
  const type = exchange.header("content-type") ?? "";
  const framing = [grpcFraming, connectFraming].find(({ mediaType }) => type.startsWith(mediaType));
  const check = framing === undefined ? ignore : createFlagCheck(framing.invalidFlags);
  try {
    for await (const chunk of exchange.body(Number.POSITIVE_INFINITY)) {
      check(chunk);
      yield chunk;
    }
  } catch (error) {
    throw toReadError(error);
  }
}

async function sendResponse(
  response: UniversalServerResponse,
  body: AsyncIterable<Uint8Array>,
  exchange: Exchange,
): Promise<void> {
  const chunks = body[Symbol.asyncIterator]();
  try {
    const headers = toFlatHeaders(response.header);
    const stream = exchange.startStream(response.status, headers, {
      trailers: response.trailer !== undefined,
    });
    for (let chunk = await chunks.next(); chunk.done !== true; chunk = await chunks.next()) {
      await stream.write(chunk.value);
      if (exchange.closed) {
        const gone = new ConnectError("the client closed the connection", Code.Canceled);
        await chunks.throw?.(gone).catch(ignore);
        return;
      }
    }
    stream.end(response.trailer === undefined ? undefined : toFlatHeaders(response.trailer));
  } finally {
    await chunks.return?.().catch(ignore);
  }
}

function ignore(): void {
  // The iterator hands the error that it was thrown back; the client is gone, so nobody is left to
  // tell.
}
