/** How people sign in by the command line; none of it is a secret. */
export interface SignIn {
  /** What the config calls the issuer. */
  readonly name: string;
  /** The address of the issuer, to the letter. */
  readonly issuer: string;
  readonly clientId: string;
  /** Empty: those that are usual. */
  readonly scopes: readonly string[];
  /** The token that the gateway takes of those that the issuer gives. */
  readonly token: SignInToken;
}

/** Tokens that a sign-in brings: one says who the user is, the other what a program may do. */
export type SignInToken = "id_token" | "access_token";

/** Where a gateway says how people sign in, without a key. */
export const signInPath = "/.well-known/parlance-sign-in";
