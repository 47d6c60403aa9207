import type { ExpiringValue } from "./expiring-value.ts";
import type { RequestSigning } from "./request-signing.ts";
import { type SecretForms, secretForms } from "./secret-forms.ts";
import type { Token } from "./token.ts";

const ownHeaders: ReadonlySet<string> = new Set(["authorization"]);

/**
 * Signs requests with a bearer token (RFC 6750). Several sources of tokens take turns, so that
 * their rate limits add up.
 */
export function createTokenSigning(
  sources: readonly [ExpiringValue<Token>, ...ExpiringValue<Token>[]],
): RequestSigning {
  let turn = 0;
  const secrets = new WeakMap<Token, readonly SecretForms[]>();
  const secretsOf = (token: Token): readonly SecretForms[] => {
    const known = secrets.get(token);
    if (known !== undefined) return known;
    const forms = secretForms(token.value);
    const fresh = forms === undefined ? [] : [forms];
    secrets.set(token, fresh);
    return fresh;
  };
  return {
    ownHeaders,
    async sign() {
      const source = sources[turn] ?? sources[0];
      turn = (turn + 1) % sources.length;
      const token = await source.get();
      return {
        headers: ["authorization", `Bearer ${token.value}`, ...(token.headers ?? [])],
        secrets: secretsOf(token),
        renew() {
          source.forget(token);
          return true;
        },
      };
    },
  };
}
