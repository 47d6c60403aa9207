import type { DescMethod, DescService } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ContextValues,
  createContextValues,
  type HandlerContext,
} from "@connectrpc/connect";
import type { Exchange } from "../http/exchange.ts";
import { printCallUrl } from "./call-url.ts";
import { exchangeKey } from "./exchange-key.ts";
import { abortWithExchange } from "./services/call-abort.ts";
import { toWebHeaders } from "./web-headers.ts";

/** What a context knows of its call. */
export interface LeanContextInit {
  readonly exchange: Exchange;
  readonly method: DescMethod;
  readonly protocolName: string;
  /** Milliseconds from now to the deadline. */
  readonly timeoutMs: number | undefined;
  /** The content type of a good reply; the first entry of `responseHeader`. */
  readonly contentType: string;
}

/**
 * Connect's context of a call, every part built when it is first read: connect's own copies three
 * web Headers and links three AbortControllers for each call. A class, because getters on a
 * prototype cost a call nothing; so do not spread it.
 */
export class LeanContext implements HandlerContext {
  readonly method: DescMethod;
  readonly protocolName: string;
  readonly #init: LeanContextInit;
  readonly #deadlineMs: number | undefined;
  #requestHeader: Headers | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;
  #values: ContextValues | undefined;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #done = false;

  constructor(init: LeanContextInit) {
    this.#init = init;
    this.method = init.method;
    this.protocolName = init.protocolName;
    this.#deadlineMs =
      init.timeoutMs === undefined
        ? undefined
        : Date.now() + Math.min(init.timeoutMs, longestTimerMs);
  }

  get service(): DescService {
    return this.method.parent;
  }

  get requestMethod(): string {
    return this.#init.exchange.method;
  }

  get url(): string {
    return printCallUrl(this.#init.exchange);
  }

  get requestHeader(): Headers {
    this.#requestHeader ??= toWebHeaders(this.#init.exchange.rawHeaders);
    return this.#requestHeader;
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers({ "content-type": this.#init.contentType });
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  get values(): ContextValues {
    this.#values ??= createContextValues().set(exchangeKey, this.#init.exchange);
    return this.#values;
  }

  get timeoutMs(): () => number | undefined {
    const deadlineMs = this.#deadlineMs;
    return () => (deadlineMs === undefined ? undefined : deadlineMs - Date.now());
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      if (this.#done) controller.abort(completed);
      else this.#arm(controller);
    }
    return this.#controller.signal;
  }

  /** The response headers, or undefined if nobody has touched them. */
  get touchedHeader(): Headers | undefined {
    return this.#responseHeader;
  }

  /** The response trailers, or undefined if nobody has touched them. */
  get touchedTrailer(): Headers | undefined {
    return this.#responseTrailer;
  }

  /**
   * Ends the call: the signal aborts, as Connect promises, with the error or a plain word as its
   * reason.
   */
  finish(error?: unknown): void {
    this.#done = true;
    clearTimeout(this.#timer);
    this.#controller?.abort(error ?? completed);
  }

  #arm(controller: AbortController): void {
    abortWithExchange(controller, this.#init.exchange);
    if (this.#deadlineMs === undefined) return;
    const expire = () =>
      controller.abort(new ConnectError("the operation timed out", Code.DeadlineExceeded));
    const remainingMs = this.#deadlineMs - Date.now();
    if (remainingMs <= 0) expire();
    else this.#timer = setTimeout(expire, remainingMs);
  }
}

/**
 * About 24 days. Longer timers fire at once:
 * https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
 */
const longestTimerMs = 2 ** 31 - 1;

/**
 * A word rather than a DOMException: an error object per call that ends well would cost more than
 * the call's framing.
 */
const completed = "the call is complete";
