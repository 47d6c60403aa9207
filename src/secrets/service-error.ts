/**
 * Why a service that keeps secrets or keys did not do what it was asked for.
 * - denied: it knows the gateway, or does not, and refuses it.
 * - missing: it has no such thing.
 * - refused: it says that the request makes no sense.
 * - down: it cannot be reached, is overloaded, or answers what it should not.
 */
export type ServiceFailure = "denied" | "missing" | "refused" | "down";

/**
 * A failed request to a service that keeps secrets or keys. The message says what happened and
 * holds no secret, no address and no text of the service.
 */
export class ServiceError extends Error {
  readonly failure: ServiceFailure;
  /** The service's own short code of the error; "" where it has none. */
  readonly code: string;

  constructor(
    failure: ServiceFailure,
    message: string,
    { code = "", cause }: { readonly code?: string; readonly cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ServiceError";
    this.failure = failure;
    this.code = code;
  }
}

/** What to do about a failure, in a few words. `who`: such as `secret_managers.vault`. */
export function hintFor(failure: ServiceFailure, who: string): string {
  switch (failure) {
    case "denied":
      return `allow the identity of ${who} to use it`;
    case "missing":
      return "write its name as the service has it, or make it there";
    case "refused":
      return "write the reference as the service wants it";
    case "down":
      return `see that the service of ${who} can be reached`;
  }
}
