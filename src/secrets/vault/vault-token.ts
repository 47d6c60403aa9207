import { readFile } from "node:fs/promises";
import type { VaultLogin } from "../../config/references/secret-manager-settings.ts";
import { booleanAt, type JsonObject, numberAt, objectAt, stringAt } from "../../json/json.ts";
import {
  createExpiringValue,
  type ExpiringValue,
  type Loaded,
} from "../../upstream/credentials/expiring-value.ts";
import { ServiceError } from "../service-error.ts";

/** A request to a Vault: its method, its path below `/v1/`, its body, and the token that it has. */
export type AskVault = (
  method: "GET" | "POST" | "PUT",
  path: string,
  body: JsonObject | undefined,
  token: string,
) => Promise<JsonObject>;

/** The token of a gateway at a Vault. */
export interface VaultToken {
  readonly value: ExpiringValue<string>;
  /** Whether another one can be had in the place of one that is refused. */
  readonly logsIn: boolean;
  /** When the present one ends, in milliseconds since 1970. Undefined: never, or there is none. */
  endsAtMs(): number | undefined;
}

/** What is known of a token. */
interface Held {
  readonly token: string;
  readonly renewable: boolean;
  /** How long it may live after a login or a renewal, in milliseconds; 0: for ever. */
  readonly lifeMs: number;
  /** How long it was to live at first. */
  readonly firstLifeMs: number;
}

/**
 * Keeps a token: it is renewed in the last quarter of its life, and where that is not possible any
 * more there is another login. See https://developer.hashicorp.com/vault/api-docs/auth/token.
 */
export function createVaultToken(
  login: VaultLogin,
  ask: AskVault,
  nowMs: () => number,
): VaultToken {
  let held: Held | undefined;
  let endsAtMs: number | undefined;
  const load = async (): Promise<Loaded<string>> => {
    held = (held && (await renewed(held, ask))) ?? (await loggedIn(login, held, ask));
    endsAtMs = held.lifeMs === 0 ? undefined : nowMs() + held.lifeMs;
    return { value: held.token, expiresAtMs: endsAtMs };
  };
  const value = createExpiringValue(load, { now: nowMs, refreshAheadMs: Number.MAX_SAFE_INTEGER });
  return {
    logsIn: login.kind !== "token",
    endsAtMs: () => endsAtMs,
    value: {
      get: value.get,
      forget(refused) {
        held = undefined;
        value.forget(refused);
      },
    },
  };
}

/** Undefined where it cannot be renewed, or not for long: its greatest age comes. */
async function renewed(held: Held, ask: AskVault): Promise<Held | undefined> {
  if (!held.renewable) return undefined;
  try {
    const fresh = heldOf(await ask("POST", "auth/token/renew-self", {}, held.token));
    if (fresh.lifeMs !== 0 && fresh.lifeMs < held.firstLifeMs / 4) return undefined;
    return { ...fresh, firstLifeMs: held.firstLifeMs };
  } catch (error) {
    // One that is down would not take a login either.
    if (error instanceof ServiceError && error.failure !== "down") return undefined;
    throw error;
  }
}

async function loggedIn(login: VaultLogin, before: Held | undefined, ask: AskVault): Promise<Held> {
  switch (login.kind) {
    case "token":
      return before ?? givenToken(login.token.reveal(), ask);
    case "app_role": {
      const { mount, roleId, secretId } = login;
      const secret = secretId === undefined ? {} : { secret_id: secretId.reveal() };
      const body = { role_id: roleId.reveal(), ...secret };
      return heldOf(await ask("POST", `auth/${mount}/login`, body, ""));
    }
    case "kubernetes": {
      const { mount, role, tokenFile } = login;
      const jwt = await readFile(tokenFile, "utf8").catch(() => "");
      if (jwt.trim() === "")
        throw new ServiceError("denied", "the token of the service account cannot be read");
      return heldOf(await ask("POST", `auth/${mount}/login`, { role, jwt: jwt.trim() }, ""));
    }
  }
}

/** A policy may keep a token from looking at itself: then nothing is known of its end. */
async function givenToken(token: string, ask: AskVault): Promise<Held> {
  try {
    const data = objectAt(await ask("GET", "auth/token/lookup-self", undefined, token), "data");
    const lifeMs = Math.max(0, (data && numberAt(data, "ttl")) ?? 0) * 1000;
    const renewable = (data && booleanAt(data, "renewable")) ?? false;
    return { token, renewable, lifeMs, firstLifeMs: lifeMs };
  } catch (error) {
    if (!(error instanceof ServiceError) || error.failure === "down") throw error;
    return { token, renewable: false, lifeMs: 0, firstLifeMs: 0 };
  }
}

function heldOf(reply: JsonObject): Held {
  const auth = objectAt(reply, "auth");
  const token = auth && stringAt(auth, "client_token");
  if (auth === undefined || token === undefined || !/^[\x21-\x7e]+$/.test(token))
    throw new ServiceError("down", "the reply to the login holds no token");
  const lifeMs = Math.max(0, numberAt(auth, "lease_duration") ?? 0) * 1000;
  return { token, renewable: booleanAt(auth, "renewable") ?? false, lifeMs, firstLifeMs: lifeMs };
}
