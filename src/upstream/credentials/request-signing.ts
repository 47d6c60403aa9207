import type { SignableRequest } from "./credential-sigv4.ts";
import type { SecretForms } from "./secret-forms.ts";

/** Lets requests show who sends them, with something that may end: a signature, or a token. */
export interface RequestSigning {
  /**
   * Headers that are set by the signature alone, in lower case: a second one would make the request
   * ambiguous.
   */
  readonly ownHeaders: ReadonlySet<string>;
  /**
   * What a request is signed with. Throws a GatewayError that names the provider where nothing can
   * be had.
   */
  sign(request: SignableRequest): Promise<Signature>;
}

/** What shows who sends a request. */
export interface Signature {
  /** Flat: name, value, name, value; lower case. */
  readonly headers: readonly string[];
  /** What must not come back of it. */
  readonly secrets: readonly SecretForms[];
  /** The vendor refused it. True where the next one is made with something that is fetched anew. */
  renew(): boolean;
}
