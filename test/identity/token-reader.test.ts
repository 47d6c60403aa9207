import { SignJWT } from "jose";
import { describe, expect, it, test } from "vitest";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { TokenIssuer, TokenMapping } from "../../src/config/token-issuer.ts";
import type { Principal } from "../../src/core/call.ts";
import { createClaimTest } from "../../src/core/caller/claims.ts";
import type { Tenant } from "../../src/core/caller/tenant.ts";
import { GatewayError } from "../../src/core/faults/gateway-error.ts";
import { createNameSet } from "../../src/core/names/name-pattern.ts";
import type { Gate } from "../../src/core/net/egress.ts";
import { createKeyRing } from "../../src/identity/issuer-keys.ts";
import { createTokenReader } from "../../src/identity/token-reader.ts";
import { type IssuerServer, startIssuer, startMs } from "./token-issuer-server.ts";

const hourS = 3600;
const nowS = startMs / 1000;

function mapping(claim: string, value: string, of: Partial<TokenMapping>): TokenMapping {
  return { test: createClaimTest(claim, value), key: "", team: "", admin: false, role: 0, ...of };
}

const support: Tenant = { kind: "team", id: "support", name: "support", budgets: [] };

/** A reader of the tokens of one issuer, on a clock of its own. */
function readerOf(
  server: IssuerServer,
  mappings: readonly TokenMapping[],
  { gate, ...more }: Partial<TokenIssuer> & { readonly gate?: Gate } = {},
) {
  const clock = { nowMs: startMs };
  const keys = new Map<string, Principal>([
    ["shop", { name: "shop", admin: false, models: createNameSet(["fast"]), strict: true }],
  ]);
  const issuer: TokenIssuer = {
    name: "corp",
    issuer: server.issuer,
    audiences: ["parlance", "other"],
    clockSkewMs: 30_000,
    userClaim: ["sub"],
    mappings,
    ...more,
  };
  const wallMs = () => clock.nowMs;
  const ring = createKeyRing(wallMs);
  const read = createTokenReader({
    issuers: [issuer],
    wallMs,
    principalOfKey: (name) => keys.get(name),
    teamOf: (name) => (name === "support" ? support : undefined),
    keysOf: (one) => ring(one, gate),
  });
  return { read, clock, keys };
}

const everybody = mapping("", "", { team: "support" });

async function failureOf(run: () => unknown): Promise<{ reason: string; message: string }> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const { reason, message } = error.fault;
    return { reason: ErrorReason[reason] ?? "", message };
  }
  throw new Error("nothing was thrown");
}

describe("a token is refused", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ["that has expired", { exp: nowS - 31 }, "the token of corp has expired: sign in again"],
    ["without an end", { exp: undefined }, "the token of corp has no good `exp`"],
    ["for another audience", { aud: "elsewhere" }, "the token of corp is for another audience"],
    ["without an audience", { aud: undefined }, "the token of corp is for another audience"],
    ["that begins later", { nbf: nowS + 31 }, "the token of corp is not valid yet"],
    ["without a user", { sub: undefined }, "the token of corp has no `sub`"],
  ])("%s", async (_, claims, message) => {
    const server = await startIssuer();
    const { read } = readerOf(server, [everybody]);
    const token = await server.sign(claims);
    expect(await failureOf(() => read(token))).toEqual({ reason: "UNAUTHENTICATED", message });
  });

  it("whose signature was changed", async () => {
    const server = await startIssuer();
    const { read } = readerOf(server, [everybody]);
    const [head, , signature] = (await server.sign({})).split(".");
    const [, payload] = (await server.sign({ sub: "mallory" })).split(".");
    expect(await failureOf(() => read(`${head}.${payload}.${signature}`))).toEqual({
      reason: "UNAUTHENTICATED",
      message: "the token of corp is not valid",
    });
  });

  it("that is signed with a secret, or not at all", async () => {
    const server = await startIssuer();
    const { read } = readerOf(server, [everybody]);
    const claims = { iss: server.issuer, aud: "parlance", sub: "alice", exp: nowS + hourS };
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const secret = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", kid: "key-1" })
      .sign(Buffer.alloc(32, 7));
    for (const token of [secret, `${part({ alg: "none" })}.${part(claims)}.`]) {
      const { reason } = await failureOf(() => read(token));
      expect(reason).toBe("UNAUTHENTICATED");
    }
  });

  it("that no mapping fits", async () => {
    const server = await startIssuer();
    const { read } = readerOf(server, [mapping("groups", "ml", { team: "support" })]);
    const token = await server.sign({ groups: ["sales"] });
    expect(await failureOf(() => read(token))).toEqual({
      reason: "PERMISSION_DENIED",
      message: "no mapping of the issuer corp fits the claims of corp/alice",
    });
  });

  it("while the issuer does not answer, which is asked no more than twice a minute", async () => {
    const server = await startIssuer();
    server.status = 500;
    const { read, clock } = readerOf(server, [everybody]);
    const token = await server.sign({});
    const host = new URL(server.issuer).host;
    expect(await failureOf(() => read(token))).toEqual({
      reason: "IDENTITY_PROVIDER_UNAVAILABLE",
      message: `the token cannot be checked now: ${host} answered with status 500`,
    });
    await failureOf(() => read(token));
    expect(server.fetched).toHaveLength(1);
    server.status = 200;
    clock.nowMs += 30_000;
    expect(await read(token)).toMatchObject({ name: "corp/alice" });
  });
});

test.each<[string, string | undefined]>([
  ["a key", "sk-1234"],
  ["a token of nobody known", undefined],
  ["what only begins as a token", "eyJhbGciOi.!!.x"],
])("%s is no token of an issuer, which is not asked", async (_, text) => {
  const server = await startIssuer();
  const { read } = readerOf(server, [everybody]);
  const token = text ?? (await server.sign({ iss: "https://elsewhere.example" }));
  expect(read(token)).toBeUndefined();
  expect(server.fetched).toEqual([]);
});

describe("mappings", () => {
  test.each<[string, TokenMapping[], Record<string, unknown>, Partial<Principal>]>([
    [
      "the first that fits counts",
      [mapping("groups", "ml", { admin: true }), everybody],
      { groups: ["x", "ml"] },
      { name: "corp/alice", admin: true },
    ],
    [
      "a word of the scopes",
      [mapping("scope", "llm:use", { team: "free" })],
      { scope: "openid llm:use" },
      { team: "free" },
    ],
    [
      "a claim within another",
      [mapping("realm_access.roles", "ml-*", { team: "team-*" })],
      { realm_access: { roles: ["ml-eu"] } },
      { team: "team-eu" },
    ],
    [
      "a claim with dots in its name",
      [mapping("https://a.example/team", "x", { team: "support" })],
      { "https://a.example/team": "x" },
      { team: "support" },
    ],
    [
      "a Kubernetes service account calls as a key",
      [mapping("sub", "system:serviceaccount:*:api", { key: "*" })],
      { sub: "system:serviceaccount:shop:api" },
      { name: "shop", strict: true, admin: false },
    ],
  ])("%s", async (_, mappings, claims, expected) => {
    const server = await startIssuer();
    const { read } = readerOf(server, mappings);
    expect(await read(await server.sign(claims))).toMatchObject(expected);
  });

  it("give the user and the team whose limits hold", async () => {
    const server = await startIssuer();
    const { read } = readerOf(server, [everybody]);
    const principal = await read(await server.sign({}));
    const user = { kind: "user", id: "corp/alice", name: "corp/alice", budgets: [] };
    expect(principal?.tenants).toEqual([user, support]);
  });
});

describe("a token that was read", () => {
  it("is not checked again until it expires", async () => {
    const server = await startIssuer();
    const { read, clock } = readerOf(server, [everybody]);
    const token = await server.sign({});
    const first = await read(token);
    expect(read(token)).toBe(first);
    clock.nowMs += (hourS + 31) * 1000;
    expect((await failureOf(() => read(token))).message).toContain("has expired");
  });

  it("no longer calls as a key that has gone", async () => {
    const server = await startIssuer();
    const { read, keys } = readerOf(server, [mapping("", "", { key: "shop" })]);
    const token = await server.sign({});
    await read(token);
    keys.delete("shop");
    expect(await failureOf(() => read(token))).toEqual({
      reason: "PERMISSION_DENIED",
      message: "corp/alice calls as the key shop, which is not there",
    });
  });
});

describe("public keys", () => {
  it("are not fetched where no connection may be opened, unless the config says the address", async () => {
    const server = await startIssuer();
    const refused = new Error("no way");
    const asked: string[] = [];
    const gate: Gate = {
      refusal(host, port) {
        asked.push(`${host}:${port}`);
        return refused;
      },
      lookup: () => (host) => expect.unreachable(host),
    };
    const { port } = new URL(server.issuer);
    server.described.jwks_uri = `http://[::1]:${port}/keys`;
    const token = await server.sign({});
    const { read } = readerOf(server, [everybody], { gate });
    expect(await failureOf(() => read(token))).toEqual({
      reason: "IDENTITY_PROVIDER_UNAVAILABLE",
      message: `the token cannot be checked now: [::1]:${port} is refused: no way`,
    });
    expect(asked).toEqual([`::1:${port}`]);
    server.described.jwks_uri = "no address";
    const { read: other } = readerOf(server, [everybody], { gate });
    expect((await failureOf(() => other(token))).message).toContain(
      "names an address that is none",
    );
    const jwksUrl = `${server.issuer}/keys`;
    const { read: named } = readerOf(server, [everybody], { gate, jwksUrl });
    expect(await named(token)).toMatchObject({ name: "corp/alice" });
    expect(asked).toHaveLength(1);
  });

  it("are fetched again for a token with a new one, not sooner than after 30 seconds", async () => {
    const server = await startIssuer();
    const { read, clock } = readerOf(server, [everybody]);
    await read(await server.sign({}));
    await server.rotate();
    const token = await server.sign({ sub: "bob" });
    expect((await failureOf(() => read(token))).message).toContain("a key that is not known");
    clock.nowMs += 30_000;
    expect(await read(token)).toMatchObject({ name: "corp/bob" });
    expect(server.fetched.filter((path) => path === "/keys")).toHaveLength(2);
  });

  it("are used for a day while the issuer does not answer", async () => {
    const server = await startIssuer();
    const { read, clock } = readerOf(server, [everybody]);
    await read(await server.sign({}));
    server.status = 503;
    clock.nowMs += 23 * hourS * 1000;
    const exp = nowS + 48 * hourS;
    expect(await read(await server.sign({ sub: "bob", exp }))).toMatchObject({ name: "corp/bob" });
    clock.nowMs += 2 * hourS * 1000;
    const { reason } = await failureOf(async () => read(await server.sign({ sub: "eve", exp })));
    expect(reason).toBe("IDENTITY_PROVIDER_UNAVAILABLE");
  });
});
