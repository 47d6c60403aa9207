import type { Settings } from "../config/settings.ts";
import type { TokenIssuer } from "../config/token-issuer.ts";
import type { IssuerKeys } from "../identity/issuer-keys.ts";
import type { ReadTokens } from "../policies/authenticate.ts";

/** Makes the readers of tokens of configurations, one after the other. */
export type CreateTokenReaders = (
  settings: Pick<Settings, "issuers" | "teams">,
) => Promise<ReadTokens | undefined>;

/**
 * Makes what makes readers of tokens, which share the public keys of issuers. Undefined where no
 * issuer is configured: the library for tokens is then not loaded.
 */
export function createTokenReaders(wallMs: () => number): CreateTokenReaders {
  let keysOf: ((issuer: TokenIssuer) => IssuerKeys) | undefined;
  return async ({ issuers, teams }) => {
    if (issuers.length === 0) return undefined;
    const { createKeyRing } = await import("../identity/issuer-keys.ts");
    const { createTokenReader } = await import("../identity/token-reader.ts");
    keysOf ??= createKeyRing(wallMs);
    const shared = { issuers, wallMs, keysOf, teamOf: (name: string) => teams.get(name) };
    return (principalOfKey) => createTokenReader({ ...shared, principalOfKey });
  };
}
