import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { constants } from "node:http2";
import { appendAll } from "../../core/append-all.ts";
import { discardRest, iterateBody, parseContentLength, readWholeBody } from "./body-reader.ts";
import type { Exchange, ResponseStream } from "./exchange.ts";
import { ExchangeLifetime, type ExchangeOwner } from "./exchange-lifetime.ts";
import { BodyTooLargeError } from "./http-error.ts";
import { splitTarget } from "./request-target.ts";

/** An exchange over one HTTP/2 stream. Uses node's core stream API: its request/response imitation costs more. */
export class H2Exchange extends ExchangeLifetime implements Exchange, ResponseStream {
  readonly protocol = "h2";
  readonly secure: boolean;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly rawHeaders: readonly string[];
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #options: { readonly maxBodyBytes: number; readonly requestTimeoutMs: number };
  #extraHeaders: readonly string[] | undefined;
  #trailers: readonly string[] | undefined;
  #headSent = false;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
    owner: ExchangeOwner,
    options: { readonly maxBodyBytes: number; readonly requestTimeoutMs: number; readonly secure: boolean },
  ) {
    super(owner);
    this.#stream = stream;
    this.#headers = headers;
    this.#options = options;
    this.rawHeaders = rawHeaders;
    this.secure = options.secure;
    this.method = text(headers[":method"]);
    const target = splitTarget(text(headers[":path"]) || "/");
    this.path = target.path;
    this.query = target.query;
    const lose = () => this.lose();
    stream.on("aborted", lose);
    stream.on("close", lose);
    // Without a listener a reset by the peer would be an uncaught exception; `close` follows and does the work.
    stream.on("error", lose);
  }

  get authority(): string {
    return text(this.#headers[":authority"]) || (this.#headers.host ?? "");
  }

  get remoteAddress(): string {
    return this.#stream.session?.socket.remoteAddress ?? "";
  }

  get headSent(): boolean {
    return this.#headSent;
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === "string" ? value : value?.join(", ");
  }

  readBody(maxBytes: number = this.#options.maxBodyBytes): Promise<Uint8Array> {
    const limit = Math.min(maxBytes, this.#options.maxBodyBytes);
    const declared = parseContentLength(this.#headers["content-length"]);
    if (declared !== undefined && declared > limit) return Promise.reject(new BodyTooLargeError(limit, declared));
    this.#sendContinue();
    const timeoutMs = this.#options.requestTimeoutMs;
    return readWholeBody(this.#stream, this, { maxBytes: limit, timeoutMs });
  }

  body(maxBytes: number = this.#options.maxBodyBytes): AsyncIterable<Uint8Array> {
    this.#sendContinue();
    return iterateBody(this.#stream, this, maxBytes);
  }

  addHeaders(headers: readonly string[]): void {
    this.#extraHeaders = this.#extraHeaders === undefined ? headers : [...this.#extraHeaders, ...headers];
  }

  respond(status: number, headers: readonly string[], body: Uint8Array | string): void {
    if (this.closed) return;
    const head = this.#head(status, headers);
    const length = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
    if (status !== 204 && status !== 304) head.push("content-length", String(length));
    const empty = length === 0 || this.method === "HEAD" || status === 204 || status === 304;
    this.#headSent = true;
    this.#stream.respond(head, { endStream: empty });
    if (!empty) this.#stream.end(body);
    this.#complete();
  }

  startStream(status: number, headers: readonly string[], options?: { readonly trailers?: boolean }): ResponseStream {
    if (this.closed) return this;
    this.#headSent = true;
    const waitForTrailers = options?.trailers === true;
    if (waitForTrailers) this.#stream.once("wantTrailers", () => this.#sendTrailers());
    this.#stream.respond(this.#head(status, headers), { waitForTrailers });
    return this;
  }

  write(chunk: Uint8Array | string): Promise<void> | undefined {
    if (this.closed || chunk.length === 0 || this.method === "HEAD" || this.#stream.write(chunk)) return undefined;
    return this.waitForRoom(this.#stream);
  }

  flush(): void {
    // The head of an HTTP/2 reply leaves at once.
  }

  end(trailers?: readonly string[]): void {
    if (this.closed) return;
    this.#trailers = trailers;
    this.#stream.end();
    this.#complete();
  }

  abort(): void {
    this.finish();
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
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
    for (let index = 0; index + 1 < flat.length; index += 2) trailers[flat[index] ?? ""] = flat[index + 1] ?? "";
    if (!this.#stream.destroyed) this.#stream.sendTrailers(trailers);
  }

  #sendContinue(): void {
    if (this.#headers.expect === "100-continue" && !this.#headSent) this.#stream.additionalHeaders({ ":status": 100 });
  }

  /** Reads on past an unread body for a while: a reset could overtake the reply that is still on its way. */
  #complete(): void {
    this.finish();
    const stream = this.#stream;
    if (stream.readableEnded) return;
    discardRest(stream, 2 * this.#options.maxBodyBytes, () => stream.close(constants.NGHTTP2_NO_ERROR));
  }
}

/** Fields that RFC 9113 section 8.2.2 forbids in HTTP/2. */
const connectionHeaders: ReadonlySet<string> = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);

function text(value: string | string[] | undefined): string {
  return typeof value === "string" ? value : "";
}
