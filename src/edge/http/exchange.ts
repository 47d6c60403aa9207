import type { Principal } from "../../core/call.ts";
/** A look at the first bytes of a body, so that one that will be refused need not come whole. */
export interface BodyPrefix {
  /** How many bytes are looked at; a body that is shorter is not. */
  readonly bytes: number;
  /** Why the body is refused; undefined where it is not. */
  readonly check: (start: Uint8Array) => Error | undefined;
}

/**
 * One HTTP request and its reply, the same for HTTP/1.1 and HTTP/2. It is what every REST route and
 * every RPC protocol is written against. Nothing is built before its first use: no web Headers, no
 * stream objects, no AbortController.
 */
export interface Exchange {
  readonly protocol: "h1" | "h2";
  /** True over TLS. */
  readonly secure: boolean;
  /** The method in upper case, as sent. */
  readonly method: string;
  /**
   * The path of the request target, still percent-encoded, without the query. Starts with `/`, or
   * is `*`.
   */
  readonly path: string;
  /** The query without its `?`; empty when there is none. */
  readonly query: string;
  /** The value of `Host` or `:authority`; empty when the client sent none. */
  readonly authority: string;
  /**
   * The address of the client, behind trusted proxies too; "" where it is not known, because the
   * connection is already gone.
   */
  readonly clientAddress: string;
  /**
   * The names in the certificate of the client, where it has a good one: DNS names, URIs and e-mail
   * addresses.
   */
  readonly clientNames: readonly string[];
  /** Headers as sent: name, value, name, value. Over HTTP/2 the pseudo headers come first. */
  readonly rawHeaders: readonly string[];
  /** True once the head of the reply has been handed to the connection. */
  readonly headSent: boolean;
  /**
   * True once the reply is complete, was aborted, or the client is gone: nothing can be sent any
   * more.
   */
  readonly closed: boolean;

  /**
   * Who calls. Whoever serves the exchange sets it, once the key was found good; undefined until
   * then.
   */
  principal: Principal | undefined;

  /** The id of the call that the exchange became. Whoever makes the call sets it. */
  callId: string | undefined;

  /**
   * Headers of an RPC's reply beside those of its context, until its head has left: name, value,
   * name, value. Whoever answers the call sets them.
   */
  replyHeaders: readonly string[] | undefined;

  /** The value of a header by its LOWER-CASE name; repeated fields are joined as RFC 9110 says. */
  header(name: string): string | undefined;

  /**
   * The whole request body. Rejects with BodyTooLargeError (413) above `maxBytes` (default and
   * ceiling: the server's limit), with BodyMemoryError (503) where all bodies together are too
   * much, with ClientGoneError if the client leaves, and with HttpError 408 if the body does not
   * arrive in time. `prefix` looks at its first bytes as soon as they are there, and rejects with
   * what it finds. Rejects with a GatewayError that says DRAINING where the grace period of a
   * shutdown ends before. Read a body once, by this or by `body()`.
   */
  readBody(maxBytes?: number, prefix?: BodyPrefix): Promise<Uint8Array>;

  /**
   * The request body as it arrives. Throws as `readBody` does. For streams pass `Infinity` and
   * bound each message.
   */
  body(maxBytes?: number): AsyncIterable<Uint8Array>;

  /**
   * Counts bytes as memory of the request's body, such as those of a body that was unpacked, until
   * the exchange is over. False where there is no room for them: fail with BodyMemoryError.
   * `readBody` counts what it reads by itself.
   */
  hold(bytes: number): boolean;

  /**
   * Calls `listener` once if the client is gone before the reply is complete; at once if that has
   * happened already.
   */
  onClose(listener: () => void): void;

  /**
   * Calls `listener` once if the server shuts down and the grace period ends before the reply is
   * complete. The reply can still be sent: this is the moment to end a stream with a truthful
   * error.
   */
  onExpire(listener: () => void): void;

  /**
   * Aborts with ClientGoneError or a GatewayError that says DRAINING, whichever of onClose and
   * onExpire comes first. Created on the first call, and never aborted by an exchange that ends
   * well.
   */
  signal(): AbortSignal;

  /**
   * Headers to send with whatever reply follows: name, value, name, value. Must precede the reply.
   */
  addHeaders(headers: readonly string[]): void;

  /**
   * Sends the complete reply, head and body in one write. `headers` is name, value, name, value in
   * lower case; the length is added. Does nothing when the exchange is closed; throws if the head
   * was sent.
   */
  respond(status: number, headers: readonly string[], body: Uint8Array | string): void;

  /** Begins a streamed reply. The head leaves with the first chunk, or with `flush`. */
  startStream(
    status: number,
    headers: readonly string[],
    options?: { readonly trailers?: boolean },
  ): ResponseStream;

  /**
   * Breaks the reply off so that no client can mistake it for complete: a reset stream, or a closed
   * connection.
   */
  abort(): void;
}

/** The body of a streamed reply. Every call on a closed exchange does nothing. */
export interface ResponseStream {
  /**
   * Sends a chunk. Returns undefined while the connection takes more, else a promise to wait for
   * before the next chunk. It resolves when there is room again, and also when the client goes away
   * (see `Exchange.closed`).
   */
  write(chunk: Uint8Array | string): Promise<void> | undefined;
  /** Sends the head now, if no chunk has taken it along yet. */
  flush(): void;
  /** Completes the reply. Trailers (name, value, ...) need `trailers: true` at the start. */
  end(trailers?: readonly string[]): void;
  /** The same as `Exchange.abort`. */
  abort(): void;
}

/**
 * Answers one exchange. A throw or a rejection before the head is sent is answered by the server's
 * `onError`.
 */
export type ExchangeHandler = (exchange: Exchange) => void | Promise<void>;
