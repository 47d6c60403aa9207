import type { Principal } from "../../core/call.ts";
import { draining } from "../../core/faults/draining.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { BodyBudget } from "./body-budget.ts";
import { ClientGoneError } from "./http-error.ts";

/** The exchanges that are running on one connection, and what the connection is about to do. */
export interface ExchangeOwner {
  readonly exchanges: Set<ExchangeLifetime>;
  /** True when the connection closes after the replies that are running. */
  closing: boolean;
}

/**
 * From the arrival of a request to the end of its reply, whichever way that comes. A class, because
 * one object per request with its methods on the prototype is what keeps an exchange cheap.
 */
export abstract class ExchangeLifetime {
  readonly owner: ExchangeOwner;
  principal: Principal | undefined = undefined;
  callId: string | undefined = undefined;
  replyHeaders: readonly string[] | undefined = undefined;
  closed = false;
  gone = false;
  expired = false;
  /** What bodies are held on; undefined where nothing bounds them. */
  protected bodies: BodyBudget | undefined = undefined;
  #heldBytes = 0;
  #closeListeners: (() => void)[] | undefined;
  #expireListeners: (() => void)[] | undefined;
  #controller: AbortController | undefined;

  constructor(owner: ExchangeOwner) {
    this.owner = owner;
    owner.exchanges.add(this);
  }

  /** Whether a body of so many bytes could be held now. Nothing is taken for it. */
  fits(bytes: number): boolean {
    return this.bodies === undefined || bytes <= this.bodies.leftBytes;
  }

  hold(bytes: number): boolean {
    if (this.closed || this.bodies?.take(bytes) === false) return false;
    this.#heldBytes += bytes;
    return true;
  }

  onClose(listener: () => void): void {
    if (this.gone) listener();
    else if (this.#closeListeners === undefined) this.#closeListeners = [listener];
    else this.#closeListeners.push(listener);
  }

  onExpire(listener: () => void): void {
    if (this.expired) listener();
    else if (this.#expireListeners === undefined) this.#expireListeners = [listener];
    else this.#expireListeners.push(listener);
  }

  signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      if (this.gone) controller.abort(new ClientGoneError());
      else if (this.expired) controller.abort(new GatewayError(draining));
    }
    return this.#controller.signal;
  }

  /** True once the head of the reply has been handed to the connection. */
  abstract get headSent(): boolean;

  /** Sends something that means nothing to the client, which fails where it is gone. */
  probe(): void {
    // Only HTTP/1.1 has to ask.
  }

  /** The reply is complete. */
  finish(): void {
    if (this.closed) return;
    this.closed = true;
    this.bodies?.give(this.#heldBytes);
    this.owner.exchanges.delete(this);
  }

  /** The client went away first. */
  lose(): void {
    if (this.closed) return;
    this.gone = true;
    this.finish();
    this.#controller?.abort(new ClientGoneError());
    for (const listener of this.#closeListeners ?? []) listener();
  }

  /** The grace period of a shutdown is over. */
  expire(): void {
    if (this.closed || this.expired) return;
    this.expired = true;
    this.#controller?.abort(new GatewayError(draining));
    for (const listener of this.#expireListeners ?? []) listener();
  }
}
