/** How a credential travels: `Authorization: Bearer`, a header of its own, a query parameter, or not at all. */
export type CredentialScheme = "bearer" | "none" | { readonly header: string } | { readonly query: string };

/** Where a request carries its credential. */
export interface CredentialPlacement {
  /** Name, value; empty where it travels otherwise. */
  readonly headers: readonly string[];
  /** Such as `key=...`; empty where it travels otherwise. */
  readonly query: string;
}

const nowhere: CredentialPlacement = { headers: [], query: "" };

/**
 * Gives the placement for each next request. Several credentials take turns, so that their rate limits add up. Without
 * any credential nothing is sent, whatever the scheme.
 */
export function createCredentialRotation(
  scheme: CredentialScheme,
  secrets: readonly string[],
): () => CredentialPlacement {
  const placements = secrets.map((secret) => place(scheme, secret));
  let turn = 0;
  return () => {
    const placement = placements[turn % placements.length];
    turn = (turn + 1) % Math.max(1, placements.length);
    return placement ?? nowhere;
  };
}

function place(scheme: CredentialScheme, secret: string): CredentialPlacement {
  if (scheme === "none") return nowhere;
  if (scheme === "bearer") return { headers: ["authorization", `Bearer ${secret}`], query: "" };
  if ("header" in scheme) return { headers: [scheme.header.toLowerCase(), secret], query: "" };
  return { headers: [], query: `${encodeURIComponent(scheme.query)}=${encodeURIComponent(secret)}` };
}
