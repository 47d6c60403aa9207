import { IssuerFailure } from "../../identity/fetch-json.ts";
import type { Shell } from "../shell.ts";
import { refresh } from "./device-flow.ts";
import { SignInError } from "./sign-in-error.ts";
import { type KeptSignIn, type TokenFile, tokenFile } from "./token-file.ts";

/** A token is not sent that ends so soon, in milliseconds: the call may take that long. */
const spareMs = 30_000;

/**
 * The token of whoever has signed in at a gateway, another one where it has expired; undefined
 * where nobody has. Throws SignInError.
 */
export async function signedInToken(shell: Shell, gatewayUrl: string): Promise<string | undefined> {
  const file = tokenFile(shell.env);
  const kept = file.read(gatewayUrl);
  if (kept === undefined) return undefined;
  const nowMs = shell.clock.nowMs();
  if (holds(kept, nowMs)) return kept.token;
  const again = `run parlance login --url ${gatewayUrl}`;
  if (kept.refreshToken === "") throw new SignInError(`the sign-in has expired: ${again}`);
  try {
    const next = await refresh(kept, nowMs);
    file.write(gatewayUrl, next);
    return next.token;
  } catch (error) {
    const other = renewedBeside(file, gatewayUrl, kept);
    if (other !== undefined && holds(other, nowMs)) return other.token;
    if (error instanceof IssuerFailure)
      throw new SignInError(`the sign-in cannot be renewed now: ${error.message}`, {
        cause: error,
      });
    if (!(error instanceof SignInError)) throw error;
    throw new SignInError(`the sign-in has ended (${error.message}): ${again}`, { cause: error });
  }
}

function holds({ expiresMs }: KeptSignIn, nowMs: number): boolean {
  return expiresMs === 0 || nowMs + spareMs < expiresMs;
}

/** What another command has brought meanwhile: many issuers take each refresh token once. */
function renewedBeside(
  file: TokenFile,
  gatewayUrl: string,
  before: KeptSignIn,
): KeptSignIn | undefined {
  const now = file.read(gatewayUrl);
  return now?.token === before.token ? undefined : now;
}
