import type { BodyBudget } from "./body-budget.ts";
import { refuseDeclared } from "./body-reader.ts";
import type { BodyPrefix, Exchange, ResponseStream } from "./exchange.ts";
import { ExchangeLifetime, type ExchangeOwner } from "./exchange-lifetime.ts";
import { BodyMemoryError, BodyTooLargeError, ClientGoneError } from "./http-error.ts";

/** How many bytes of a reply wait for their reader before a writer must wait. */
const bufferBytes = 64 * 1024;

/** What a web-standard exchange is made of. */
export interface FetchExchangeOptions {
  readonly owner: ExchangeOwner;
  readonly maxBodyBytes: number;
  readonly bodies: BodyBudget;
  /** Called once, with the reply as soon as its head is known. */
  readonly reply: (response: Response) => void;
  /** Called instead, when the exchange is aborted before. */
  readonly fail: (error: Error) => void;
}

/**
 * An exchange over a web-standard Request, for callers in this process. There are no trailers: gRPC
 * is not for it.
 */
export class FetchExchange extends ExchangeLifetime implements Exchange, ResponseStream {
  readonly protocol = "h1";
  readonly secure: boolean;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly authority: string;
  readonly clientAddress = "";
  readonly clientNames: readonly string[] = [];
  readonly #request: Request;
  readonly #options: FetchExchangeOptions;
  #headers: readonly string[] = [];
  #head: { readonly status: number; readonly headers: readonly string[] } | undefined;
  #headSent = false;
  #sink: ReadableStreamDefaultController<Uint8Array> | undefined;
  #room: (() => void) | undefined;

  constructor(request: Request, options: FetchExchangeOptions) {
    super(options.owner);
    this.#request = request;
    this.#options = options;
    this.bodies = options.bodies;
    const url = new URL(request.url);
    this.secure = url.protocol === "https:";
    this.method = request.method;
    this.path = url.pathname;
    this.query = url.search.slice(1);
    this.authority = url.host;
    if (request.signal.aborted) this.lose();
    else request.signal.addEventListener("abort", () => this.lose(), { once: true });
    this.onClose(() => this.#breakOff(new ClientGoneError()));
  }

  get rawHeaders(): readonly string[] {
    return [...this.#request.headers].flat();
  }

  get headSent(): boolean {
    return this.#headSent;
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined;
  }

  async readBody(
    maxBytes: number = this.#options.maxBodyBytes,
    prefix?: BodyPrefix,
  ): Promise<Uint8Array> {
    const limit = Math.min(maxBytes, this.#options.maxBodyBytes);
    const refusal = refuseDeclared(this.header("content-length"), this, limit);
    if (refusal !== undefined) throw refusal;
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.body(limit)) {
      if (!this.hold(chunk.byteLength)) throw new BodyMemoryError();
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks);
    // In this process nothing is saved by looking sooner.
    const error =
      prefix === undefined || body.length < prefix.bytes ? undefined : prefix.check(body);
    if (error !== undefined) throw error;
    return body;
  }

  async *body(maxBytes: number = this.#options.maxBodyBytes): AsyncGenerator<Uint8Array> {
    let length = 0;
    for await (const chunk of this.#request.body ?? []) {
      if (this.gone) throw new ClientGoneError();
      length += chunk.byteLength;
      if (length > maxBytes) throw new BodyTooLargeError(maxBytes);
      yield chunk;
    }
  }

  addHeaders(headers: readonly string[]): void {
    this.#headers = [...this.#headers, ...headers];
  }

  respond(status: number, headers: readonly string[], body: Uint8Array | string): void {
    if (this.closed) return;
    const bodiless = status === 204 || status === 304 || this.method === "HEAD";
    this.#headSent = true;
    // A copy, because what a view shares with others may change before the reply is read.
    const payload = typeof body === "string" ? body : new Uint8Array(body);
    this.#options.reply(
      new Response(bodiless ? null : payload, { status, headers: this.#webHeaders(headers) }),
    );
    this.finish();
  }

  startStream(status: number, headers: readonly string[]): ResponseStream {
    this.#head = { status, headers };
    return this;
  }

  write(chunk: Uint8Array | string): Promise<void> | undefined {
    if (this.closed || chunk.length === 0) return undefined;
    this.flush();
    this.#sink?.enqueue(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    if ((this.#sink?.desiredSize ?? 1) > 0) return undefined;
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  flush(): void {
    if (this.closed || this.#headSent || this.#head === undefined) return;
    this.#headSent = true;
    const { status, headers } = this.#head;
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#sink = controller;
        },
        pull: () => this.#makeRoom(),
        cancel: () => this.lose(),
      },
      { highWaterMark: bufferBytes, size: (chunk) => chunk?.byteLength ?? 0 },
    );
    this.#options.reply(new Response(stream, { status, headers: this.#webHeaders(headers) }));
  }

  end(): void {
    if (this.closed) return;
    this.flush();
    this.#sink?.close();
    this.finish();
  }

  abort(): void {
    if (this.closed) return;
    this.finish();
    this.#breakOff(new Error("The reply was broken off."));
  }

  #breakOff(error: Error): void {
    if (this.#headSent) this.#sink?.error(error);
    else this.#options.fail(error);
    this.#makeRoom();
  }

  #makeRoom(): void {
    const wake = this.#room;
    this.#room = undefined;
    wake?.();
  }

  #webHeaders(own: readonly string[]): Headers {
    const headers = new Headers();
    for (const flat of [own, this.#headers]) {
      for (let at = 0; at + 1 < flat.length; at += 2)
        headers.append(flat[at] ?? "", flat[at + 1] ?? "");
    }
    return headers;
  }
}
