import { inspect } from "node:util";
import { type JsonObject, toJsonString } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ConfigSchema } from "../../../gen/parlance/config/v1/config_pb.js";
import type { AuthScheme } from "../../../src/adapters/catalog/catalog-row.ts";
import { compileWith, testRow } from "../compile-with.ts";

const settings = {
  token_url: "https://t.example/token?x=1",
  client_id: "c",
  client_secret: { value: "shown-never" },
};
const tokenUrl = { origin: "https://t.example", path: "/token?x=1" };
const apiKey = { api_key: { value: "k" } };
const compile = (
  provider: JsonObject,
  auth: AuthScheme = "bearer",
  env: Record<string, string> = {},
) => compileWith({ ...testRow({ auth }), credentialOptional: false }, provider, env);

describe("a provider behind an OAuth 2.0 server", () => {
  const schemes: readonly AuthScheme[] = [
    "bearer",
    "none",
    { header: "x-api-key" },
    { query: "key" },
    { google: "scope" },
    { entra: "scope" },
  ];
  for (const auth of schemes) {
    it(`sends a bearer where the vendor takes ${JSON.stringify(auth)}`, () => {
      const env = { GOOGLE_CLOUD_PROJECT: "p" };
      const { provider, findings } = compile({ oauth2: settings }, auth, env);
      expect(findings).toEqual([]);
      expect(provider).toMatchObject({ auth: "bearer", credentials: [], oauth2: { tokenUrl } });
      expect(provider?.google?.tokens ?? provider?.azure).toBeUndefined();
    });
  }

  it("asks with all that is configured", () => {
    const all = {
      scope: "a b",
      audience: "aud",
      client_authentication: "CLIENT_AUTHENTICATION_BODY",
    };
    const { settings: compiled, provider } = compile({
      oauth2: { ...settings, ...all, parameters: { resource: "r" } },
    });
    expect(provider?.oauth2?.grant).toMatchObject({
      kind: "client_credentials",
      clientId: "c",
      authentication: "body",
      parameters: [
        ["audience", "aud"],
        ["scope", "a b"],
        ["resource", "r"],
      ],
    });
    expect(inspect(compiled, { depth: 9 })).not.toContain("shown-never");
  });

  it("shows no secret of the file, and no value of a parameter", () => {
    const parameters = { resource: "shown", client_assertion: "shown-never" };
    const { settings: compiled } = compile({ oauth2: { ...settings, parameters } });
    const shown = toJsonString(ConfigSchema, compiled.config);
    expect(shown).not.toContain("shown-never");
    expect(shown).toContain('"resource":"[redacted]"');
  });

  it("says who it is in the header unless told otherwise", () => {
    expect(compile({ oauth2: settings }).provider?.oauth2?.grant).toMatchObject({
      authentication: "header",
    });
  });

  const wrong: readonly [title: string, provider: JsonObject, at: readonly string[]][] = [
    [
      "nothing but the block",
      { oauth2: {} },
      ["oauth2.token_url", "oauth2.client_id", "oauth2.client_secret"],
    ],
    [
      "an address that is none",
      { oauth2: { ...settings, token_url: "t.example" } },
      ["oauth2.token_url"],
    ],
    [
      "an address with a password",
      { oauth2: { ...settings, token_url: "https://a:b@t" } },
      ["oauth2.token_url"],
    ],
    [
      "an address with a fragment",
      { oauth2: { ...settings, token_url: "https://t/#x" } },
      ["oauth2.token_url"],
    ],
    [
      "a parameter that has its own field",
      { oauth2: { ...settings, parameters: { scope: "a" } } },
      ["oauth2.parameters.scope"],
    ],
    [
      "another grant",
      { oauth2: { ...settings, parameters: { grant_type: "a" } } },
      ["oauth2.parameters.grant_type"],
    ],
    ["an API key beside it", { oauth2: settings, ...apiKey }, ["oauth2"]],
    ["no credential at all", {}, ["api_key"]],
  ];
  for (const [title, provider, at] of wrong) {
    it(`is refused for ${title}`, () => {
      const { wrong, findings } = compile(provider);
      expect(wrong).toEqual(at);
      expect(findings[0]?.hint).not.toBe("");
    });
  }

  it("is refused beside other credentials of the vendor's cloud", () => {
    const google = { google: { project: "p", credentials: { value: "{}" } } };
    expect(compile({ oauth2: settings, ...google }, { google: "scope" }).wrong).toEqual([
      "google.credentials",
    ]);
    expect(
      compile({ oauth2: settings, azure: { tenant_id: "t" } }, { entra: "scope" }).wrong,
    ).toEqual(["azure.tenant_id"]);
  });
});

describe("a provider on IBM Cloud", () => {
  const ibm: AuthScheme = { ibmIam: true };

  it("exchanges its API keys at IBM's own IAM", () => {
    const { provider, findings } = compile(apiKey, ibm);
    expect(findings).toEqual([]);
    expect(provider?.auth).toEqual(ibm);
    expect(provider?.oauth2).toEqual({
      tokenUrl: { origin: "https://iam.cloud.ibm.com", path: "/identity/token" },
      grant: { kind: "ibm_api_key" },
    });
  });

  it("exchanges them where it is told to", () => {
    const { provider } = compile({ ...apiKey, oauth2: { token_url: "http://127.0.0.1:9/t" } }, ibm);
    expect(provider?.oauth2?.tokenUrl).toEqual({ origin: "http://127.0.0.1:9", path: "/t" });
  });

  it("is refused without an API key, and for settings that an exchange has no use for", () => {
    expect(compile({}, ibm).wrong).toEqual(["api_key"]);
    const { token_url, ...unused } = settings;
    expect(compile({ ...apiKey, oauth2: { token_url, ...unused } }, ibm).wrong).toEqual([
      "oauth2.client_id",
      "oauth2.client_secret",
    ]);
  });
});
