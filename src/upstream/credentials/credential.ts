import { type SecretForms, secretForms } from "./secret-forms.ts";
import { createShownSecrets, type ShownSecrets } from "./sent-secrets.ts";

/**
 * How a credential travels: `Authorization: Bearer`, a header of its own, a query parameter, or not
 * at all.
 */
export type CredentialScheme =
  | "bearer"
  | "none"
  | { readonly header: string }
  | { readonly query: string };

/** Where a request carries its credential. */
export interface CredentialPlacement {
  /** What must not come back of it, and of the provider's own headers. */
  readonly secrets: ShownSecrets;
  /** Name, value; empty where it travels otherwise. */
  readonly headers: readonly string[];
  /** Such as `key=...`; empty where it travels otherwise. */
  readonly query: string;
}

/**
 * Gives the placement for each next request. Several credentials take turns, so that their rate
 * limits add up. Without any credential nothing is sent, whatever the scheme. `shown`: what each
 * request shows the vendor beside.
 */
export function createCredentialRotation(
  scheme: CredentialScheme,
  credentials: readonly string[],
  shown: readonly SecretForms[],
): () => CredentialPlacement {
  const nowhere: CredentialPlacement = {
    headers: [],
    query: "",
    secrets: createShownSecrets(shown),
  };
  const placements = credentials.map((secret): CredentialPlacement => {
    if (scheme === "none") return nowhere;
    const forms = secretForms(secret);
    const secrets = createShownSecrets(forms === undefined ? shown : [forms, ...shown]);
    return { ...place(scheme, secret), secrets };
  });
  let turn = 0;
  return () => {
    const placement = placements[turn % placements.length];
    turn = (turn + 1) % Math.max(1, placements.length);
    return placement ?? nowhere;
  };
}

function place(
  scheme: Exclude<CredentialScheme, "none">,
  secret: string,
): Omit<CredentialPlacement, "secrets"> {
  if (scheme === "bearer") return { headers: ["authorization", `Bearer ${secret}`], query: "" };
  if ("header" in scheme) return { headers: [scheme.header.toLowerCase(), secret], query: "" };
  return {
    headers: [],
    query: `${encodeURIComponent(scheme.query)}=${encodeURIComponent(secret)}`,
  };
}
