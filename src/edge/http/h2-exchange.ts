import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { constants } from "node:http2";
import { appendAll } from "../../core/append-all.ts";
import type { BodyBudget } from "./body-budget.ts";
import { callOffRest, iterateBody, readWholeBody, refuseDeclared } from "./body-reader.ts";
import type { Connection } from "./connections.ts";
import type { BodyPrefix, Exchange, ResponseStream } from "./exchange.ts";
import { splitTarget } from "./request-target.ts";
import type { Sender } from "./send-timeout.ts";
import { pieceBytes, SocketExchange } from "./socket-exchange.ts";

/** What every exchange of a server has in common. */
export interface H2ExchangeOptions {
  readonly maxBodyBytes: number;
  readonly bodies: BodyBudget;
  readonly requestTimeoutMs: number;
  readonly secure: boolean;
}

/**
 * An exchange over one HTTP/2 stream. Uses node's core stream API: its request/response imitation
 * costs more.
 */
export class H2Exchange extends SocketExchange implements Exchange, Sender {
  readonly protocol = "h2";
  readonly secure: boolean;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly rawHeaders: readonly string[];
  readonly #connection: Connection;
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #options: H2ExchangeOptions;
  #extraHeaders: readonly string[] | undefined;
  #trailers: readonly string[] | undefined;
  #headSent = false;
  #written = 0;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
    connection: Connection,
    options: H2ExchangeOptions,
  ) {
    super(connection);
    this.#connection = connection;
    this.#stream = stream;
    this.#headers = headers;
    this.#options = options;
    this.bodies = options.bodies;
    this.rawHeaders = rawHeaders;
    this.secure = options.secure;
    this.method = text(headers[":method"]);
    const target = splitTarget(text(headers[":path"]) || "/");
    this.path = target.path;
    this.query = target.query;
    connection.streams.add(this);
    const lose = () => this.lose();
    stream.on("aborted", lose);
    stream.on("close", () => {
      connection.streams.delete(this);
      this.lose();
    });
    // Without a listener a reset by the peer would be an uncaught exception; `close` follows and
    // does the work.
    stream.on("error", lose);
  }

  get authority(): string {
    return text(this.#headers[":authority"]) || (this.#headers.host ?? "");
  }

  get clientAddress(): string {
    const { address, forwards } = this.#connection.peer;
    return forwards === undefined ? address : forwards(this.header("x-forwarded-for"));
  }

  get clientNames(): readonly string[] {
    return this.#connection.peer.names;
  }

  get headSent(): boolean {
    return this.#headSent;
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === "string" ? value : value?.join(", ");
  }

  readBody(
    maxBytes: number = this.#options.maxBodyBytes,
    prefix?: BodyPrefix,
  ): Promise<Uint8Array> {
    const limit = Math.min(maxBytes, this.#options.maxBodyBytes);
    const refusal = refuseDeclared(this.#headers["content-length"], this, limit);
    if (refusal !== undefined) return Promise.reject(refusal);
    this.#sendContinue();
    const timeoutMs = this.#options.requestTimeoutMs;
    return readWholeBody(this.#stream, this, { maxBytes: limit, timeoutMs, prefix });
  }

  body(maxBytes: number = this.#options.maxBodyBytes): AsyncIterable<Uint8Array> {
    this.#sendContinue();
    return iterateBody(this.#stream, this, maxBytes);
  }

  addHeaders(headers: readonly string[]): void {
    this.#extraHeaders =
      this.#extraHeaders === undefined ? headers : [...this.#extraHeaders, ...headers];
  }

  respond(status: number, headers: readonly string[], body: Uint8Array | string): void {
    if (this.#isReset()) return;
    const head = this.#head(status, headers);
    const length = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
    if (status !== 204 && status !== 304) head.push("content-length", String(length));
    const empty = length === 0 || this.method === "HEAD" || status === 204 || status === 304;
    this.#headSent = true;
    this.#stream.respond(head, { endStream: empty });
    if (!empty && length > pieceBytes) {
      void this.write(body);
      this.end();
      return;
    }
    this.#written = body.length;
    if (!empty) this.#stream.end(body);
    this.#complete();
  }

  startStream(
    status: number,
    headers: readonly string[],
    options?: { readonly trailers?: boolean },
  ): ResponseStream {
    if (this.#isReset()) return this;
    this.#headSent = true;
    const waitForTrailers = options?.trailers === true;
    if (waitForTrailers) this.#stream.once("wantTrailers", () => this.#sendTrailers());
    this.#stream.respond(this.#head(status, headers), { waitForTrailers });
    return this;
  }

  flush(): void {
    // The head of an HTTP/2 reply leaves at once.
  }

  abort(): void {
    this.finish();
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** A stream whose reply is complete has its end to send, also where no byte is left. */
  get waiting(): number {
    const { writableLength } = this.#stream;
    return this.closed ? Math.max(1, writableLength) : writableLength;
  }

  get sent(): number {
    return this.#written - this.#stream.writableLength;
  }

  drop(): void {
    const stream = this.#stream;
    // The reset of the look before has not left either: it is the connection that is stuck.
    if (stream.closed) this.#connection.cut();
    else
      stream.close(
        this.closed && stream.writableFinished
          ? constants.NGHTTP2_NO_ERROR
          : constants.NGHTTP2_CANCEL,
      );
    this.lose();
  }

  protected override send(piece: Uint8Array | string): Promise<void> | undefined {
    if (this.method === "HEAD") return undefined;
    this.#written += piece.length;
    return this.#stream.write(piece) ? undefined : this.waitForRoom(this.#stream);
  }

  protected override complete(trailers?: readonly string[]): void {
    if (this.closed) return;
    this.#trailers = trailers;
    this.#stream.end();
    this.#complete();
  }

  #head(status: number, headers: readonly string[]): string[] {
    const head = [":status", String(status)];
    for (let index = 0; index + 1 < headers.length; index += 2) {
      const name = headers[index] ?? "";
      if (!connectionHeaders.has(name)) head.push(name, headers[index + 1] ?? "");
    }
    if (this.#extraHeaders !== undefined) appendAll(head, this.#extraHeaders);
    return head;
  }

  #sendTrailers(): void {
    const trailers: Record<string, string> = {};
    const flat = this.#trailers ?? [];
    for (let index = 0; index + 1 < flat.length; index += 2)
      trailers[flat[index] ?? ""] = flat[index + 1] ?? "";
    if (!this.#stream.closed && !this.#stream.destroyed) this.#stream.sendTrailers(trailers);
  }

  #sendContinue(): void {
    if (this.#headers.expect !== "100-continue" || this.#headSent || this.#isReset()) return;
    this.#stream.additionalHeaders({ ":status": 100 });
  }

  /**
   * Whether nothing can be sent any more. A stream is reset a little before its events say so, and
   * throws already.
   */
  #isReset(): boolean {
    if (this.#stream.closed || this.#stream.destroyed) this.lose();
    return this.closed;
  }

  #complete(): void {
    this.finish();
    if (!this.#stream.readableEnded) callOffRest(this.#stream);
  }
}

/** Fields that RFC 9113 section 8.2.2 forbids in HTTP/2. */
const connectionHeaders: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

function text(value: string | string[] | undefined): string {
  return typeof value === "string" ? value : "";
}
