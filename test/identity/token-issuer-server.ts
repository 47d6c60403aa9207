import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";
import { serveHttp } from "../upstream/servers.ts";

/** An issuer of tokens on loopback for one test, with one key until it rotates. */
export interface IssuerServer {
  readonly issuer: string;
  /** Paths that were fetched, in order. */
  readonly fetched: string[];
  /** Signs claims; the issuer, the audience and an hour are filled in where they are not there. */
  sign(claims: JWTPayload, header?: { readonly kid?: string }): Promise<string>;
  /** Has another key from now on. */
  rotate(): Promise<void>;
  /** Answers every request with this status, until it is 200 again. */
  status: number;
  /** The forms that were posted to /device, /token and /revoke, in order. */
  readonly forms: Readonly<Record<string, string>>[];
  /** Answers one of them. */
  answerForm: (
    path: string,
    form: Readonly<Record<string, string>>,
  ) => FormAnswer | Promise<FormAnswer>;
  /** Members of its discovery document beside the usual ones. */
  readonly described: Record<string, unknown>;
}

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>["privateKey"];

/** What an issuer answers at an endpoint that forms are posted to. */
export interface FormAnswer {
  readonly status?: number;
  readonly body: object;
}

/** When tests begin, in milliseconds since 1970. */
export const startMs = Date.UTC(2026, 10, 30);

/** Starts an issuer. */
export async function startIssuer(): Promise<IssuerServer> {
  const fetched: string[] = [];
  const keys: { readonly id: string; readonly key: PrivateKey; readonly jwk: JWK }[] = [];
  const server: IssuerServer = {
    issuer: await serveHttp(async (request, response) => {
      fetched.push(request.url ?? "");
      response.statusCode = server.status;
      response.setHeader("content-type", "application/json");
      const { issuer } = server;
      if (request.method === "POST") {
        const text = (await request.toArray()).join("");
        const form = Object.fromEntries(new URLSearchParams(text));
        server.forms.push(form);
        const { status = 200, body } = await server.answerForm(request.url ?? "", form);
        if (server.status === 200) response.statusCode = status;
        response.end(JSON.stringify(body));
        return;
      }
      const found =
        request.url === "/.well-known/openid-configuration"
          ? { issuer, jwks_uri: `${issuer}/keys`, ...endpointsOf(issuer), ...server.described }
          : { keys: keys.map(({ jwk }) => jwk) };
      response.end(JSON.stringify(found));
    }),
    forms: [],
    answerForm: () => ({ status: 400, body: { error: "unsupported_grant_type" } }),
    described: {},
    fetched,
    status: 200,
    async rotate() {
      const id = `key-${keys.length + 1}`;
      const { publicKey, privateKey } = await generateKeyPair("ES256");
      const jwk = { ...(await exportJWK(publicKey)), kid: id, alg: "ES256", use: "sig" };
      keys.push({ id, key: privateKey, jwk });
    },
    sign(claims, header = {}) {
      const newest = keys.at(-1);
      if (newest === undefined) throw new Error("the issuer has no key");
      const seconds = Math.floor(startMs / 1000);
      return new SignJWT({
        iss: server.issuer,
        aud: "parlance",
        sub: "alice",
        exp: seconds + 3600,
        ...claims,
      })
        .setProtectedHeader({ alg: "ES256", kid: newest.id, ...header })
        .sign(newest.key);
    },
  };
  await server.rotate();
  return server;
}

function endpointsOf(issuer: string): object {
  return {
    device_authorization_endpoint: `${issuer}/device`,
    token_endpoint: `${issuer}/token`,
    revocation_endpoint: `${issuer}/revoke`,
  };
}
