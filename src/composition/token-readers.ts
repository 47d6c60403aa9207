import type { Settings } from "../config/settings.ts";
import type { TokenIssuer } from "../config/token-issuer.ts";
import type { Gate } from "../core/net/egress.ts";
import type { createKeyRing } from "../identity/issuer-keys.ts";
import type { ReadTokens } from "../policies/authenticate.ts";

/** Makes the readers of tokens of configurations, one after the other. */
export type CreateTokenReaders = (
  settings: Pick<Settings, "issuers" | "teams">,
  gate?: Gate,
) => Promise<ReadTokens | undefined>;

/**
 * Makes what makes readers of tokens, which share the public keys of issuers. Undefined where no
 * issuer is configured: the library for tokens is then not loaded.
 */
export function createTokenReaders(wallMs: () => number): CreateTokenReaders {
  let ring: ReturnType<typeof createKeyRing> | undefined;
  return async ({ issuers, teams }, gate) => {
    if (issuers.length === 0) return undefined;
    const keys = await import("../identity/issuer-keys.ts");
    const { createTokenReader } = await import("../identity/token-reader.ts");
    ring ??= keys.createKeyRing(wallMs);
    const shownTo = ring;
    const keysOf = (issuer: TokenIssuer) => shownTo(issuer, gate);
    const shared = { issuers, wallMs, keysOf, teamOf: (name: string) => teams.get(name) };
    return (principalOfKey) => createTokenReader({ ...shared, principalOfKey });
  };
}
