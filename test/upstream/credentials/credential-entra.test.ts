import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { EntraTokenSource } from "../../../src/config/provider-identity.ts";
import { createSecretValue } from "../../../src/config/secret-value.ts";
import { fetchEntraToken } from "../../../src/upstream/credentials/credential-entra.ts";
import {
  type AskedToken,
  secret,
  secretText,
  startTokenServer,
  tokenClient,
} from "../token-server.ts";

const scope = "https://cognitiveservices.azure.com/.default";
const path = "/tenant/oauth2/v2.0/token";
const clientForm: AskedToken["form"] = [
  ["grant_type", "client_credentials"],
  ["client_id", "app"],
  ["scope", scope],
];

function clusterToken(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "parlance-entra-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "token");
  writeFileSync(file, text);
  return file;
}

describe("a token of Entra ID", () => {
  const query = (more: string) => `resource=https%3A%2F%2Fcognitiveservices.azure.com${more}`;
  const cases: readonly [
    title: string,
    source: (origin: string) => EntraTokenSource,
    asked: Partial<AskedToken>,
  ][] = [
    [
      "is asked for with a secret",
      (origin) => ({
        kind: "client_secret",
        scope,
        tokenUrl: { origin, path },
        clientId: "app",
        clientSecret: secret,
      }),
      { method: "POST", path, form: [...clientForm, ["client_secret", secretText]] },
    ],
    [
      "is asked of a virtual machine",
      (origin) => ({ kind: "managed_identity", scope, metadataOrigin: origin }),
      {
        method: "GET",
        path: `/metadata/identity/oauth2/token?api-version=2018-02-01&${query("")}`,
        headers: { metadata: "true" },
        form: [],
      },
    ],
    [
      "is asked of a virtual machine for the identity that the user assigned",
      (origin) => ({ kind: "managed_identity", scope, clientId: "app", metadataOrigin: origin }),
      { path: `/metadata/identity/oauth2/token?api-version=2018-02-01&${query("&client_id=app")}` },
    ],
    [
      "is asked of App Service",
      (origin) => ({
        kind: "managed_identity",
        scope,
        metadataOrigin: "http://127.0.0.1:1",
        service: { endpoint: { origin, path: "/msi/token" }, header: createSecretValue("shown") },
      }),
      {
        method: "GET",
        path: `/msi/token?api-version=2019-08-01&${query("")}`,
        headers: { "x-identity-header": "shown" },
      },
    ],
  ];
  for (const [title, source, asked] of cases) {
    it(title, async () => {
      const server = await startTokenServer();
      expect((await fetchEntraToken(source(server.origin), tokenClient())).value).toEqual({
        value: "token-1",
      });
      expect(server.asked).toMatchObject([asked]);
    });
  }

  it("is asked for with the cluster's token, which is read each time", async () => {
    const { origin, asked } = await startTokenServer();
    const tokenFile = clusterToken("first\n");
    const source = {
      kind: "workload_identity",
      scope,
      tokenUrl: { origin, path },
      clientId: "app",
      tokenFile,
    } as const;
    await fetchEntraToken(source, tokenClient());
    writeFileSync(tokenFile, "second");
    await fetchEntraToken(source, tokenClient());
    const type = [
      "client_assertion_type",
      "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    ];
    expect(asked.map(({ form }) => form)).toEqual([
      [...clientForm, type, ["client_assertion", "first"]],
      [...clientForm, type, ["client_assertion", "second"]],
    ]);
  });

  for (const [title, tokenFile] of [
    ["is not there", () => "/nonexistent/token"],
    ["is empty", () => clusterToken(" \n")],
  ] as const) {
    it(`cannot be had where the file of the cluster's token ${title}`, async () => {
      const tokenUrl = { origin: "http://127.0.0.1:1", path };
      const source = {
        kind: "workload_identity",
        scope,
        tokenUrl,
        clientId: "app",
        tokenFile: tokenFile(),
      } as const;
      await expect(fetchEntraToken(source, tokenClient())).rejects.toMatchObject({
        fault: { reason: ErrorReason.CREDENTIAL_MISSING, provider: "acme" },
      });
    });
  }
});
