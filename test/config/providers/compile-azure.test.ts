import { inspect } from "node:util";
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { compileWith, testRow } from "../compile-with.ts";

const scope = "https://cognitiveservices.azure.com/.default";
const row = testRow({ auth: { entra: scope } });
const compile = (provider: JsonObject, env: Readonly<Record<string, string>> = {}) =>
  compileWith(row, provider, env);

const application = { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: "c" };
const secret = { AZURE_CLIENT_SECRET: "shown-never" };
const cluster = { AZURE_FEDERATED_TOKEN_FILE: "/token" };
const service = {
  IDENTITY_ENDPOINT: "http://127.0.0.1:9/msi/token",
  IDENTITY_HEADER: "shown-never",
};
const tokenUrl = { origin: "https://login.microsoftonline.com", path: "/t/oauth2/v2.0/token" };
const virtualMachine = "http://169.254.169.254";
const configured = { tenant_id: "t", client_id: "c", client_secret: { value: "shown-never" } };
const apiKey = { api_key: { value: "k" } };

describe("a provider on Azure", () => {
  const cases: readonly [
    title: string,
    provider: JsonObject,
    env: Record<string, string>,
    tokens: object,
  ][] = [
    [
      "is called as the application of the file",
      { azure: configured },
      { ...cluster, AZURE_CLIENT_ID: "another" },
      { kind: "client_secret", scope, tokenUrl, clientId: "c" },
    ],
    [
      "is called as the application of the environment",
      {},
      { ...application, ...secret, ...cluster },
      { kind: "client_secret", tokenUrl, clientId: "c" },
    ],
    [
      "asks the authority of the environment for tokens",
      {},
      { ...application, ...secret, AZURE_AUTHORITY_HOST: "http://127.0.0.1:9/" },
      { tokenUrl: { origin: "http://127.0.0.1:9", path: "/t/oauth2/v2.0/token" } },
    ],
    [
      "takes an authority without a scheme",
      {},
      { ...application, ...secret, AZURE_AUTHORITY_HOST: "login.microsoftonline.us" },
      { tokenUrl: { origin: "https://login.microsoftonline.us", path: "/t/oauth2/v2.0/token" } },
    ],
    [
      "is called as the workload identity of the cluster",
      {},
      { ...application, ...cluster },
      { kind: "workload_identity", tokenUrl, clientId: "c", tokenFile: "/token" },
    ],
    [
      "is called as the managed identity of App Service",
      {},
      service,
      {
        kind: "managed_identity",
        service: { endpoint: { origin: "http://127.0.0.1:9", path: "/msi/token" } },
      },
    ],
    [
      "is called as the managed identity of a virtual machine where it is told to",
      { azure: {} },
      {},
      { kind: "managed_identity", scope, metadataOrigin: virtualMachine },
    ],
    [
      "is called as a managed identity that the user assigned",
      { azure: { client_id: "mine" } },
      {},
      { kind: "managed_identity", clientId: "mine" },
    ],
    [
      "finds the metadata service where the environment says",
      {},
      { AZURE_POD_IDENTITY_AUTHORITY_HOST: "http://127.0.0.1:9" },
      { kind: "managed_identity", metadataOrigin: "http://127.0.0.1:9" },
    ],
  ];
  for (const [title, provider, env, tokens] of cases) {
    it(title, () => {
      const compiled = compile(provider, env);
      expect(compiled.findings).toEqual([]);
      expect(compiled.provider?.azure).toMatchObject(tokens);
      expect(compiled.provider?.auth).toEqual({ entra: scope });
      expect(inspect(compiled.settings, { depth: 9 })).not.toContain("shown-never");
    });
  }

  it("shows an API key in a header of its own, and no token", () => {
    const { provider, findings } = compile(
      { ...apiKey, azure: { api_version: "2024-10-21" } },
      application,
    );
    expect(findings).toEqual([]);
    expect(provider).toMatchObject({
      auth: { header: "api-key" },
      settings: { azure: { apiVersion: "2024-10-21" } },
    });
    expect(provider?.azure).toBeUndefined();
  });

  const wrong: readonly [
    title: string,
    provider: JsonObject,
    env: Record<string, string>,
    at: readonly string[],
  ][] = [
    ["nothing that it could be called as", {}, {}, ["api_key"]],
    ["half an application", {}, { AZURE_TENANT_ID: "t", ...secret }, ["api_key"]],
    [
      "a secret without a tenant",
      { azure: { client_secret: { value: "s" } } },
      {},
      ["azure.tenant_id"],
    ],
    [
      "a secret without a client",
      { azure: { tenant_id: "t", client_secret: { value: "s" } } },
      {},
      ["azure.client_id"],
    ],
    [
      "a tenant without a secret",
      { azure: { tenant_id: "t", client_id: "c" } },
      {},
      ["azure.client_secret"],
    ],
    [
      "a secret that is not set",
      { azure: { ...configured, client_secret: { env: "NO" } } },
      {},
      ["azure.client_secret.env"],
    ],
    [
      "an authority that is none",
      {},
      { ...application, ...secret, AZURE_AUTHORITY_HOST: "ftp://x" },
      ["azure"],
    ],
    ["an endpoint that is none", {}, { ...service, IDENTITY_ENDPOINT: "nowhere" }, ["azure"]],
    [
      "an application beside an API key",
      { ...apiKey, azure: configured },
      {},
      ["azure.tenant_id", "azure.client_id", "azure.client_secret"],
    ],
  ];
  for (const [title, provider, env, at] of wrong) {
    it(`is refused for ${title}`, () => {
      const { wrong, findings } = compile(provider, env);
      expect(wrong).toEqual(at);
      expect(findings[0]?.hint).not.toBe("");
      expect(JSON.stringify(findings)).not.toContain("shown-never");
    });
  }

  it("is refused for settings of Azure at another vendor", () => {
    expect(compileWith(testRow({ auth: "bearer" }), { azure: {} }).wrong).toEqual(["azure"]);
  });
});
