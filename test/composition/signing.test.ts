import { spawnSync } from "node:child_process";
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { AuthScheme } from "../../src/adapters/catalog/catalog-row.ts";
import { createSigning } from "../../src/composition/signing.ts";
import { compileWith, testRow } from "../config/compile-with.ts";
import { openUpstream } from "../upstream/servers.ts";
import { startTokenServer, type TokenServer } from "../upstream/token-server.ts";

const user = {
  type: "authorized_user",
  client_id: "c",
  client_secret: "s",
  refresh_token: "r",
  quota_project_id: "q",
};
const request = {
  method: "POST",
  origin: "https://vendor.example",
  path: "/",
  headers: [],
  body: "",
};

function signingOf(auth: AuthScheme, provider: JsonObject, env: Record<string, string> = {}) {
  const compiled = compileWith(testRow({ auth }), provider, env);
  if (compiled.provider === undefined) throw new Error(JSON.stringify(compiled.findings));
  const upstream = openUpstream();
  return createSigning(compiled.provider, { named: upstream, own: upstream }, () => 0);
}

describe("a provider's requests", () => {
  type Case = readonly [
    title: string,
    auth: AuthScheme,
    provider: (origin: string) => JsonObject,
    env: (origin: string) => Record<string, string>,
    more: readonly string[],
  ];
  const nothing = () => ({});
  const cases: readonly Case[] = [
    [
      "of an OAuth 2.0 server",
      "bearer",
      (origin) => ({
        oauth2: { token_url: `${origin}/t`, client_id: "c", client_secret: { value: "s" } },
      }),
      nothing,
      [],
    ],
    [
      "of Entra ID",
      { entra: "scope" },
      () => ({ azure: { tenant_id: "t", client_id: "c", client_secret: { value: "s" } } }),
      (origin) => ({ AZURE_AUTHORITY_HOST: origin }),
      [],
    ],
    [
      "of a managed identity",
      { entra: "scope" },
      nothing,
      (origin) => ({ IDENTITY_ENDPOINT: `${origin}/msi`, IDENTITY_HEADER: "h" }),
      [],
    ],
    [
      "of Google",
      { google: "scope" },
      (origin) => ({
        google: { credentials: { value: JSON.stringify({ ...user, token_uri: origin }) } },
      }),
      nothing,
      ["x-goog-user-project", "q"],
    ],
    [
      "of Google's metadata server",
      { google: "scope" },
      () => ({ google: { project: "p" } }),
      (origin) => ({ GCE_METADATA_HOST: new URL(origin).host }),
      [],
    ],
  ];
  for (const [title, auth, provider, env, more] of cases) {
    it(`carry a token ${title}, which is fetched with the first of them`, async () => {
      const { origin, asked } = await startTokenServer();
      const signing = signingOf(auth, provider(origin), env(origin));
      expect(asked).toEqual([]);
      const signatures = await Promise.all([signing?.sign(request), signing?.sign(request)]);
      const headers = ["authorization", "Bearer token-1", ...more];
      expect(signatures.map((signature) => signature?.headers)).toEqual([headers, headers]);
      expect(asked).toHaveLength(1);
      expect(signatures[0]?.renew()).toBe(true);
      expect((await signing?.sign(request))?.headers.slice(0, 2)).toEqual([
        "authorization",
        "Bearer token-2",
      ]);
    });
  }

  it("carry tokens of IBM for each of the API keys in turn", async () => {
    const { origin, asked }: TokenServer = await startTokenServer();
    const keys = {
      api_key: { value: "k1" },
      api_keys: [{ value: "k2" }],
      oauth2: { token_url: origin },
    };
    const signing = signingOf({ ibmIam: true }, keys);
    const tokens: unknown[] = [];
    for (let call = 0; call < 4; call += 1) tokens.push((await signing?.sign(request))?.headers[1]);
    expect(tokens).toEqual([
      "Bearer token-1",
      "Bearer token-2",
      "Bearer token-1",
      "Bearer token-2",
    ]);
    expect(asked.map(({ form }) => Object.fromEntries(form).apikey)).toEqual(["k1", "k2"]);
  });

  for (const auth of ["bearer", { google: "scope" }, { entra: "scope" }] as const) {
    it(`carry an API key without a token where the vendor takes ${JSON.stringify(auth)}`, () => {
      expect(
        signingOf(auth, { api_key: { value: "k" } }, { GOOGLE_CLOUD_PROJECT: "p" }),
      ).toBeUndefined();
    });
  }
});

/**
 * Makes a signing of federated credentials and a whole gateway; tells whether Google's library is
 * loaded before and after.
 */
const probe = `
import { createRequire } from "node:module";
import { startGateway } from "./src/serve.ts";
import { createSigning } from "./src/composition/signing.ts";
import { createUpstream } from "./src/upstream/client.ts";
import { compileWith, testRow } from "./test/config/compile-with.ts";

const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes("google-auth-library"));
const pool = { type: "external_account", audience: "a", subject_token_type: "t", credential_source: { file: "/nonexistent" } };
const google = { project: "p", credentials: { value: JSON.stringify(pool) } };
const { provider } = compileWith(testRow({ auth: { google: "scope" } }), { google });
const gateway = await startGateway({ port: 0 });
const upstream = createUpstream();
const signing = createSigning(provider, { named: upstream, own: upstream }, Date.now);
const before = loaded();
await signing.sign({}).catch(() => undefined);
console.log(JSON.stringify({ before, after: loaded() }));
await gateway.close();
`;

describe("Google's library", () => {
  it("is loaded with the first request that needs it, not with the start", () => {
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", probe], {
      encoding: "utf8",
    });
    expect(stdout, stderr).toBe('{"before":false,"after":true}\n');
  });
});
