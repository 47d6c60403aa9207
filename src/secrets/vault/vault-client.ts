import type { VaultSettings } from "../../config/references/secret-manager-settings.ts";
import { booleanAt, type JsonObject, numberAt, objectAt, stringAt } from "../../json/json.ts";
import { askService, type ServiceTools } from "../ask-service.ts";
import { ServiceError } from "../service-error.ts";
import { type AskVault, createVaultToken } from "./vault-token.ts";

/** A Vault, as whoever the gateway is there. */
export interface VaultClient {
  /** Sends a request with a path below `/v1/` and gives the whole reply. Throws a ServiceError. */
  ask(method: "GET" | "POST" | "PUT", path: string, body?: JsonObject): Promise<JsonObject>;
  /**
   * The data of a secret at a path below `/v1/`. What has a lease is kept while that runs, and
   * renewed. Throws a ServiceError.
   */
  read(path: string): Promise<JsonObject>;
  /** When the next lease or the token ends, in milliseconds since 1970. Undefined: nothing does. */
  endsAtMs(): number | undefined;
}

/** A secret that was made for the gateway. */
interface Leased {
  readonly data: JsonObject;
  readonly id: string;
  readonly renewable: boolean;
  /** How long it was to live at first, and when it ends. */
  readonly lifeMs: number;
  readonly endsAtMs: number;
}

/** Opens a Vault; nothing is sent before the first request. */
export function createVaultClient(
  settings: VaultSettings,
  tools: ServiceTools,
  nowMs: () => number,
): VaultClient {
  const { url, namespace, login } = settings;
  const send: AskVault = (method, path, body, token) =>
    askService(tools, {
      method,
      url: { origin: url.origin, path: `${url.path}/v1/${encodePath(path)}` },
      headers: [
        // https://developer.hashicorp.com/vault/docs/agent-and-proxy/agent#require_request_header
        ...["x-vault-request", "true"],
        ...(token === "" ? [] : ["x-vault-token", token]),
        ...(namespace === "" ? [] : ["x-vault-namespace", namespace]),
      ],
      ...(body === undefined ? {} : { body }),
    });
  const token = createVaultToken(login, send, nowMs);
  const leases = new Map<string, Leased>();

  const ask: VaultClient["ask"] = async (method, path, body) => {
    const shown = await token.value.get();
    try {
      return await send(method, path, body, shown);
    } catch (error) {
      // A token that was revoked is refused as one that may not.
      const refused = error instanceof ServiceError && error.failure === "denied";
      if (!refused || !token.logsIn) throw error;
      token.value.forget(shown);
      return send(method, path, body, await token.value.get());
    }
  };
  const renew = async ({ id, lifeMs, data }: Leased): Promise<Leased | undefined> => {
    const body = { lease_id: id, increment: Math.round(lifeMs / 1000) };
    const reply = await ask("PUT", "sys/leases/renew", body).catch(() => undefined);
    const fresh = reply && leaseOf(reply, data, nowMs());
    // Its greatest age comes: another one is made while this one still holds.
    return fresh === undefined || fresh.lifeMs < lifeMs / 4 ? undefined : { ...fresh, lifeMs };
  };
  const current = async (path: string): Promise<Leased | undefined> => {
    const lease = leases.get(path);
    if (lease === undefined) return undefined;
    const leftMs = lease.endsAtMs - nowMs();
    if (leftMs > lease.lifeMs / 2) return lease;
    const fresh = leftMs > 0 && lease.renewable ? await renew(lease) : undefined;
    if (fresh === undefined) leases.delete(path);
    else leases.set(path, fresh);
    return fresh;
  };
  return {
    ask,
    async read(path) {
      const lease = await current(path);
      if (lease !== undefined) return lease.data;
      const reply = await ask("GET", path);
      const data = objectAt(reply, "data");
      if (data === undefined) throw new ServiceError("down", "the reply holds no data");
      const made = leaseOf(reply, data, nowMs());
      if (made !== undefined) leases.set(path, made);
      return data;
    },
    endsAtMs() {
      let soonest = token.endsAtMs() ?? Number.POSITIVE_INFINITY;
      for (const lease of leases.values()) soonest = Math.min(soonest, lease.endsAtMs);
      return Number.isFinite(soonest) ? soonest : undefined;
    },
  };
}

/** Undefined where there is none: values of engines without leases say how long to cache them. */
function leaseOf(reply: JsonObject, data: JsonObject, nowMs: number): Leased | undefined {
  const id = stringAt(reply, "lease_id") ?? "";
  const lifeMs = (numberAt(reply, "lease_duration") ?? 0) * 1000;
  if (id === "" || lifeMs <= 0) return undefined;
  const renewable = booleanAt(reply, "renewable") ?? false;
  return { data, id, renewable, lifeMs, endsAtMs: nowMs + lifeMs };
}

/** Keeps the query, which is this client's own. */
function encodePath(path: string): string {
  const mark = path.indexOf("?");
  const [plain, query] = mark === -1 ? [path, ""] : [path.slice(0, mark), path.slice(mark)];
  return `${plain.split("/").map(encodeURIComponent).join("/")}${query}`;
}
