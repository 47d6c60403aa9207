import { generateKeyPairSync, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { createSecretValue } from "../../../src/config/secret-value.ts";
import { fetchGoogleToken } from "../../../src/upstream/credentials/credential-google.ts";
import { secret, secretText, startTokenServer, tokenClient } from "../token-server.ts";

const scope = "https://www.googleapis.com/auth/cloud-platform";
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

describe("a token of Google", () => {
  it("is asked for with a claim that the service account's key has signed", async () => {
    const { origin, asked } = await startTokenServer();
    const pem = createSecretValue(privateKey.export({ type: "pkcs8", format: "pem" }).toString());
    const source = {
      kind: "service_account",
      scope,
      tokenUrl: { origin, path: "/token" },
      email: "sa@p.iam.gserviceaccount.com",
      keyId: "k1",
      privateKey: pem,
      quotaProject: "",
    } as const;
    const loaded = await fetchGoogleToken(source, tokenClient());
    expect(loaded).toEqual({ value: { value: "token-1", headers: [] }, expiresAtMs: 4_600_000 });
    const { grant_type, assertion = "" } = Object.fromEntries(asked[0]?.form ?? []);
    expect(grant_type).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
    const [header = "", claims = "", signature = ""] = assertion.split(".");
    const decode = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());
    expect(decode(header)).toEqual({ alg: "RS256", typ: "JWT", kid: "k1" });
    expect(decode(claims)).toEqual({
      iss: source.email,
      scope,
      aud: `${origin}/token`,
      iat: 1000,
      exp: 4600,
    });
    const signed = Buffer.from(`${header}.${claims}`);
    expect(verify("RSA-SHA256", signed, publicKey, Buffer.from(signature, "base64url"))).toBe(true);
  });

  it("is asked for in the name of a user, whose calls count for a project of theirs", async () => {
    const { origin, asked } = await startTokenServer();
    const loaded = await fetchGoogleToken(
      {
        kind: "authorized_user",
        scope,
        tokenUrl: { origin, path: "/token" },
        clientId: "c",
        clientSecret: secret,
        refreshToken: createSecretValue("r"),
        quotaProject: "paying",
      },
      tokenClient(),
    );
    expect(loaded.value).toEqual({ value: "token-1", headers: ["x-goog-user-project", "paying"] });
    expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
      grant_type: "refresh_token",
      client_id: "c",
      client_secret: secretText,
      refresh_token: "r",
    });
  });

  it("is asked of the metadata server of the host", async () => {
    const { origin, asked } = await startTokenServer();
    await fetchGoogleToken({ kind: "metadata", scope, origin }, tokenClient());
    expect(asked).toMatchObject([
      {
        method: "GET",
        path: `/computeMetadata/v1/instance/service-accounts/default/token?scopes=${encodeURIComponent(scope)}`,
        headers: { "metadata-flavor": "Google" },
      },
    ]);
  });
});

/** Credentials of a workload identity federation, whose own token is in a file. */
function external(origin: string, more: object = {}) {
  const folder = mkdtempSync(join(tmpdir(), "parlance-google-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "token");
  writeFileSync(file, "token-of-the-cluster");
  const json = {
    type: "external_account",
    audience:
      "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/p",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: `${origin}/v1/token`,
    credential_source: { file },
    ...more,
  };
  return {
    kind: "federated",
    scope,
    quotaProject: "",
    json: createSecretValue(JSON.stringify(json)),
  } as const;
}

describe("a federated token of Google", () => {
  it("is exchanged for the cluster's own", async () => {
    const { origin, asked } = await startTokenServer();
    const loaded = await fetchGoogleToken(external(origin), tokenClient(Date.now));
    expect(loaded.value).toEqual({ value: "token-1", headers: [] });
    expect(loaded.expiresAtMs).toBeGreaterThan(Date.now() + 3_500_000);
    expect(asked).toHaveLength(1);
    expect(Object.fromEntries(asked[0]?.form ?? [])).toMatchObject({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: "token-of-the-cluster",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      scope,
    });
  });

  it("is exchanged once more for that of a service account that it stands for", async () => {
    const { origin, asked } = await startTokenServer((response, count) => {
      const expireTime = new Date(Date.now() + 3_600_000).toISOString();
      const first = {
        access_token: "of-the-pool",
        expires_in: 3600,
        token_type: "Bearer",
        issued_token_type: "x",
      };
      response.end(
        JSON.stringify(count === 1 ? first : { accessToken: "of-the-account", expireTime }),
      );
    });
    const path = "/v1/projects/-/serviceAccounts/sa@p.iam.gserviceaccount.com:generateAccessToken";
    const source = external(origin, { service_account_impersonation_url: `${origin}${path}` });
    expect((await fetchGoogleToken(source, tokenClient(Date.now))).value.value).toBe(
      "of-the-account",
    );
    expect(asked[1]).toMatchObject({ path, headers: { authorization: "Bearer of-the-pool" } });
  });

  for (const [title, status, body, reason] of [
    [
      "is refused",
      400,
      { error: "invalid_grant", error_description: "token-of-the-cluster" },
      "UPSTREAM_UNAUTHENTICATED",
    ],
    ["fails", 404, { error: "token-of-the-cluster" }, "CREDENTIAL_MISSING"],
    ["gives no token", 200, { token_type: "Bearer" }, "CREDENTIAL_MISSING"],
  ] as const) {
    it(`is a typed error without a secret where the exchange ${title}`, async () => {
      const { origin } = await startTokenServer((response) => {
        response.statusCode = status;
        response.end(JSON.stringify(body));
      });
      const error: unknown = await fetchGoogleToken(external(origin), tokenClient()).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ fault: { reason: ErrorReason[reason], provider: "acme" } });
      expect(inspect(error, { depth: 9 })).not.toContain("token-of-the-cluster");
    });
  }
});
