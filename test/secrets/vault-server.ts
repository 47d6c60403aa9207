import type { IncomingMessage, ServerResponse } from "node:http";
import { isObject, type JsonObject, parseJson } from "../../src/json/json.ts";
import { serveHttp } from "../upstream/servers.ts";

/** A request as a service got it. */
export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  readonly body: JsonObject;
}

/** An answer: its status and its body, as JSON. */
export type Answered = readonly [status: number, body: object];

/** A service on loopback for one test. */
export interface Service {
  readonly origin: string;
  readonly asked: Asked[];
}

/** Starts a service that answers each request. */
export async function startService(answer: (asked: Asked) => Answered): Promise<Service> {
  const asked: Asked[] = [];
  const origin = await serveHttp(async (request: IncomingMessage, response: ServerResponse) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const read = parseJson(text);
    const body = read.ok && isObject(read.value) ? read.value : {};
    const { method = "", url = "", headers } = request;
    const one = { method, path: url, headers, text, body };
    asked.push(one);
    const [status, reply] = answer(one);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(reply));
  });
  return { origin, asked };
}

/** A Vault with secrets, whose state tests change. */
export interface VaultServer extends Service {
  /** By their whole path below `/v1/`: what its reply holds. */
  readonly secrets: Map<string, object>;
  /** Tokens that it takes. */
  readonly tokens: Set<string>;
  /** How long tokens live after a login or a renewal, in seconds; 0: for ever. */
  tokenSeconds: number;
  /** Every request is answered so. Undefined: as it is. */
  fails: Answered | undefined;
}

/** Starts a Vault that knows the token `root`, an AppRole, and a service account. */
export async function startVault(): Promise<VaultServer> {
  const state = {
    secrets: new Map<string, object>(),
    tokens: new Set(["root"]),
    tokenSeconds: 0,
    fails: undefined as Answered | undefined,
  };
  let logins = 0;
  const auth = (token: string): Answered => {
    state.tokens.add(token);
    const lease = { lease_duration: state.tokenSeconds, renewable: state.tokenSeconds > 0 };
    return [200, { auth: { client_token: token, ...lease } }];
  };
  const login = (asked: Asked): Answered | undefined => {
    const { role_id: role, secret_id: secret, jwt } = asked.body;
    const isRole = role === "role" && secret === "role-secret";
    const isPod = asked.body.role === "gateway" && jwt === "pod-token";
    if (!asked.path.endsWith("/login")) return undefined;
    logins += 1;
    return isRole || isPod ? auth(`login-${logins}`) : [403, { errors: ["permission denied"] }];
  };
  const service = await startService((asked) => {
    if (state.fails !== undefined) return state.fails;
    const given = login(asked);
    if (given !== undefined) return given;
    const token = String(asked.headers["x-vault-token"]);
    if (!state.tokens.has(token)) return [403, { errors: ["permission denied"] }];
    if (asked.path.endsWith("/auth/token/renew-self")) return auth(token);
    if (asked.path.endsWith("/auth/token/lookup-self")) {
      const { tokenSeconds } = state;
      return [200, { data: { ttl: tokenSeconds, renewable: tokenSeconds > 0 } }];
    }
    if (asked.path.endsWith("/sys/leases/renew"))
      return [200, { lease_id: asked.body.lease_id, lease_duration: 3600, renewable: true }];
    const found = state.secrets.get(asked.path.replace("/v1/", ""));
    return found === undefined ? [404, { errors: [] }] : [200, found];
  });
  return Object.assign(state, service);
}

/** What a Vault answers for a secret with versions. */
export function versioned(fields: object): object {
  return { lease_id: "", lease_duration: 0, data: { data: fields, metadata: { version: 3 } } };
}
