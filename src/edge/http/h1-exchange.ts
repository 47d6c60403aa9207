import type { IncomingMessage, ServerResponse } from "node:http";
import { asBuffer } from "../../json/json.ts";
import type { BodyBudget } from "./body-budget.ts";
import { discardRest, iterateBody, readWholeBody, refuseDeclared } from "./body-reader.ts";
import { printChunk } from "./chunk.ts";
import type { Connection } from "./connections.ts";
import type { BodyPrefix, Exchange, ResponseStream } from "./exchange.ts";
import { splitTarget } from "./request-target.ts";
import { pieceBytes, SocketExchange } from "./socket-exchange.ts";

/** What every exchange of a server has in common. */
export interface H1ExchangeOptions {
  readonly maxBodyBytes: number;
  /** See ServerLimits. */
  readonly discardMs: number;
  readonly bodies: BodyBudget;
  readonly secure: boolean;
  /** Whether the client waits to be invited to send its body. */
  readonly continueExpected: boolean;
}

/** An exchange over HTTP/1.1, written straight onto node's request and response. */
export class H1Exchange extends SocketExchange implements Exchange {
  readonly protocol = "h1";
  readonly secure: boolean;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly #connection: Connection;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #maxBodyBytes: number;
  readonly #discardMs: number;
  #continueExpected: boolean;
  #extraHeaders: readonly string[] | undefined;
  /** Whether some of the body is on its way, and the head before it. */
  #flowing = false;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection,
    options: H1ExchangeOptions,
  ) {
    super(connection);
    this.#connection = connection;
    this.#request = request;
    this.#response = response;
    this.#maxBodyBytes = options.maxBodyBytes;
    this.#discardMs = options.discardMs;
    this.bodies = options.bodies;
    this.#continueExpected = options.continueExpected;
    this.secure = options.secure;
    this.method = request.method ?? "";
    const target = splitTarget(request.url ?? "/");
    this.path = target.path;
    this.query = target.query;
  }

  get authority(): string {
    return this.#request.headers.host ?? "";
  }

  get clientAddress(): string {
    const { address, forwards } = this.#connection.peer;
    return forwards === undefined ? address : forwards(this.header("x-forwarded-for"));
  }

  get clientNames(): readonly string[] {
    return this.#connection.peer.names;
  }

  get rawHeaders(): readonly string[] {
    return this.#request.rawHeaders;
  }

  get headSent(): boolean {
    return this.#response.headersSent;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return typeof value === "string" ? value : value?.join(", ");
  }

  readBody(maxBytes: number = this.#maxBodyBytes, prefix?: BodyPrefix): Promise<Uint8Array> {
    const limit = Math.min(maxBytes, this.#maxBodyBytes);
    const refusal = refuseDeclared(this.#request.headers["content-length"], this, limit);
    if (refusal !== undefined) return Promise.reject(refusal);
    this.#sendContinue();
    // node's own request timeout covers the time that the body takes.
    return readWholeBody(this.#request, this, { maxBytes: limit, timeoutMs: 0, prefix });
  }

  body(maxBytes: number = this.#maxBodyBytes): AsyncIterable<Uint8Array> {
    this.#sendContinue();
    return iterateBody(this.#request, this, maxBytes);
  }

  addHeaders(headers: readonly string[]): void {
    this.#extraHeaders =
      this.#extraHeaders === undefined ? headers : [...this.#extraHeaders, ...headers];
  }

  respond(status: number, headers: readonly string[], body: Uint8Array | string): void {
    if (this.closed) return;
    const head = this.#head(headers);
    // 1xx, 204 and 304 have no body and 204 must not have a length (RFC 9110 section 8.6).
    const length = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
    if (status !== 204 && status !== 304) head.push("content-length", String(length));
    this.#response.writeHead(status, head);
    if (length > pieceBytes && this.method !== "HEAD" && status !== 204 && status !== 304) {
      void this.write(body);
      this.end();
      return;
    }
    if (this.#closesTooSoon()) {
      this.#response.flushHeaders();
      this.#response.write(body);
      this.#request.once("close", () => this.#response.end());
      this.#complete();
      return;
    }
    // As many bytes as characters: the text is ASCII, which node copies as it is, into a third of
    // the room that UTF-8 may need.
    if (typeof body === "string")
      this.#response.end(body, length === body.length ? "latin1" : "utf8");
    else if (length <= textBytes) this.#response.end(asBuffer(body).toString("latin1"), "latin1");
    else this.#response.end(body);
    this.#complete();
  }

  startStream(status: number, headers: readonly string[]): ResponseStream {
    if (!this.closed) this.#response.writeHead(status, this.#head(headers));
    return this;
  }

  flush(): void {
    if (this.closed) return;
    this.#flowing = true;
    this.#response.flushHeaders();
  }

  abort(): void {
    this.finish();
    this.#request.socket.destroy();
  }

  protected override send(piece: Uint8Array | string): Promise<void> | undefined {
    const { socket } = this.#response;
    if (this.#flowing && socket?.writable === true && this.#response.chunkedEncoding) {
      const chunk = printChunk(piece);
      // node would write it in four parts, and bring them together in the next turn.
      if (chunk !== undefined)
        return socket.write(chunk, "latin1") ? undefined : this.waitForRoom(socket);
    }
    this.#flowing = true;
    return this.#response.write(piece) ? undefined : this.waitForRoom(this.#response);
  }

  protected override complete(trailers?: readonly string[]): void {
    if (this.closed) return;
    if (trailers !== undefined) this.#response.addTrailers(pairs(trailers));
    this.#response.end();
    this.#complete();
  }

  /**
   * Sends something that means nothing: an interim reply before the head, and within a body the
   * first digit of the next chunk's size, which may have leading zeros (RFC 9112 section 7.1). A
   * head that waits for its first chunk goes ahead of it. HTTP/1.0 has none of these but the head;
   * a body that is not chunked tells by itself.
   */
  override probe(): void {
    const { socket } = this.#response;
    // A reply that waits for the one before it on the same connection has no socket yet.
    if (socket === null) return;
    if (this.#flowing) {
      if (this.#response.chunkedEncoding) socket.write("0");
    } else if (this.#response.headersSent) this.flush();
    else if (this.#request.httpVersionMinor > 0) this.#response.writeContinue();
    else socket.destroy();
  }

  #head(headers: readonly string[]): string[] {
    if (this.owner.closing) this.#response.shouldKeepAlive = false;
    return this.#extraHeaders === undefined ? headers.slice() : [...headers, ...this.#extraHeaders];
  }

  #sendContinue(): void {
    if (!this.#continueExpected) return;
    this.#continueExpected = false;
    this.#response.writeContinue();
  }

  /**
   * Whether the end of the reply would close the connection while the client still sends its body:
   * the reset that it then gets could overtake the reply.
   */
  #closesTooSoon(): boolean {
    if (this.#response.shouldKeepAlive || this.#continueExpected) return false;
    return !this.#request.complete && hasBody(this.#request);
  }

  /**
   * Reads on past an unread body, so that a client that is still sending gets to see the reply and
   * the connection stays usable; but not for ever: past twice the body limit, or after a while, the
   * connection is cut.
   */
  #complete(): void {
    this.finish();
    const request = this.#request;
    if (request.readableEnded || !hasBody(request)) return;
    if (!request.complete && this.#continueExpected) {
      // The client never got `100 Continue`, so the next bytes may be its body or its next request.
      this.#response.once("finish", () => request.socket.destroySoon());
      return;
    }
    const bounds = { maxBytes: 2 * this.#maxBodyBytes, timeoutMs: this.#discardMs };
    discardRest(request, bounds, () => request.socket.destroy());
  }
}

/**
 * Bodies of so many bytes go to node as text, a character for each byte: it writes text behind the
 * head of the reply at once, and bytes as a list of two parts, which takes longer than this copy.
 */
const textBytes = 8 * 1024;

/** RFC 9112 section 6.3: a request without either field has no body. */
function hasBody(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return (
    (length !== undefined && length !== "0") || request.headers["transfer-encoding"] !== undefined
  );
}

function pairs(flat: readonly string[]): [string, string][] {
  const result: [string, string][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2)
    result.push([flat[index] ?? "", flat[index + 1] ?? ""]);
  return result;
}
