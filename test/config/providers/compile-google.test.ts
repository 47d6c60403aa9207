import { generateKeyPairSync } from "node:crypto";
import { inspect } from "node:util";
import { type JsonObject, toJsonString } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ConfigSchema } from "../../../gen/parlance/config/v1/config_pb.js";
import { compileWith, testRow } from "../compile-with.ts";

const scope = "https://www.googleapis.com/auth/cloud-platform";
const row = testRow({
  auth: { google: scope },
  baseUrl: "https://{location}-models.example/v1/projects/{project}/locations/{location}",
});

const pem = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();
const account = {
  type: "service_account",
  client_email: "sa@x",
  private_key: pem,
  private_key_id: "k",
};
const user = {
  type: "authorized_user",
  client_id: "c",
  client_secret: "shown-never",
  refresh_token: "shown-never",
};
const pool = {
  type: "external_account",
  audience: "a",
  subject_token_type: "t",
  credential_source: { file: "f" },
};
const files = {
  "sa.json": JSON.stringify({ ...account, project_id: "of-the-key" }),
  "elsewhere.json": JSON.stringify({ ...account, token_uri: "http://127.0.0.1:9/token" }),
  "user.json": JSON.stringify({ ...user, quota_project_id: "paying" }),
  "pool.json": JSON.stringify(pool),
  "half.json": JSON.stringify({ type: "service_account", client_email: "sa@x" }),
  "key.json": JSON.stringify({
    ...account,
    private_key: "-----BEGIN PRIVATE KEY-----\nshown-never",
  }),
  "uri.json": JSON.stringify({ ...account, token_uri: "ftp://shown-never" }),
  "type.json": JSON.stringify({ type: "toString" }),
  "text.json": "shown-never",
  "/home/.config/gcloud/application_default_credentials.json": JSON.stringify(user),
};

const compile = (provider: JsonObject, env: Readonly<Record<string, string>> = {}) =>
  compileWith(row, provider, env, files);
const file = (path: string): JsonObject => ({ google: { credentials: { file: path } } });
const project = { GOOGLE_CLOUD_PROJECT: "of-the-env" };
const adc = (path: string) => ({ GOOGLE_APPLICATION_CREDENTIALS: path });
const apiKey = { api_key: { value: "k" } };

describe("a provider on Google Cloud", () => {
  const cases: readonly [
    title: string,
    provider: JsonObject,
    env: Record<string, string>,
    google: object,
  ][] = [
    [
      "takes its project of the service account's key",
      file("sa.json"),
      {},
      {
        project: "of-the-key",
        location: "global",
        tokens: { kind: "service_account", scope, email: "sa@x", keyId: "k" },
      },
    ],
    [
      "takes its project of the environment before the key",
      file("sa.json"),
      project,
      { project: "of-the-env" },
    ],
    [
      "takes its project and location of the file before all",
      { google: { project: "mine", location: "eu-west1", credentials: { file: "sa.json" } } },
      { ...project, GOOGLE_CLOUD_LOCATION: "us-east1" },
      { project: "mine", location: "eu-west1" },
    ],
    [
      "takes its location of the environment",
      file("sa.json"),
      { GOOGLE_CLOUD_LOCATION: "us-east1" },
      { location: "us-east1" },
    ],
    [
      "asks for tokens where the key says",
      file("elsewhere.json"),
      project,
      { tokens: { tokenUrl: { origin: "http://127.0.0.1:9", path: "/token" } } },
    ],
    [
      "finds the credentials of the environment",
      {},
      adc("user.json"),
      { project: "paying", tokens: { kind: "authorized_user", quotaProject: "paying" } },
    ],
    [
      "finds what gcloud wrote",
      {},
      { ...project, HOME: "/home" },
      { tokens: { kind: "authorized_user" } },
    ],
    [
      "finds what gcloud wrote elsewhere",
      {},
      { ...project, CLOUDSDK_CONFIG: "/home/.config/gcloud" },
      { tokens: { kind: "authorized_user" } },
    ],
    [
      "takes a workload identity federation",
      file("pool.json"),
      project,
      { tokens: { kind: "federated" } },
    ],
    [
      "takes the identity of the host where it is told to",
      { google: {} },
      { ...project, HOME: "/nobody" },
      { tokens: { kind: "metadata", scope, origin: "http://metadata.google.internal" } },
    ],
    [
      "takes the identity of the host at the address of the environment",
      {},
      { ...project, GCE_METADATA_HOST: "127.0.0.1:9" },
      { tokens: { kind: "metadata", scope, origin: "http://127.0.0.1:9" } },
    ],
  ];
  for (const [title, provider, env, google] of cases) {
    it(title, () => {
      const compiled = compile(provider, env);
      expect(compiled.findings).toEqual([]);
      expect(compiled.provider?.google).toMatchObject(google);
      expect(compiled.provider?.auth).toEqual({ google: scope });
    });
  }

  for (const [location, host] of [
    ["europe-west4", "europe-west4-models.example"],
    ["global", "models.example"],
  ] as const) {
    it(`is called in ${location} at ${host}`, () => {
      const { provider } = compile({
        google: { project: "p1", location, credentials: { file: "sa.json" } },
      });
      const path = `/v1/projects/p1/locations/${location}`;
      expect(provider?.baseUrl).toEqual({ origin: `https://${host}`, path });
    });
  }

  it("shows an API key in a header of its own, and no token", () => {
    const given = { ...apiKey, google: { project: "mine" } };
    const { provider, findings } = compile(given, { ...project, ...adc("text.json") });
    expect(findings).toEqual([]);
    expect(provider).toMatchObject({
      auth: { header: "x-goog-api-key" },
      google: { project: "mine" },
    });
    expect(provider?.google?.tokens).toBeUndefined();
  });

  it("needs no project with an API key where the address has no place for one", () => {
    expect(compile({ ...apiKey, base_url: "https://express.example" }).wrong).toEqual([]);
  });

  const wrong: readonly [
    title: string,
    provider: JsonObject,
    env: Record<string, string>,
    at: string,
  ][] = [
    ["no project", file("elsewhere.json"), {}, "google.project"],
    [
      "no project of its own beside an API key, though the address has a place for it",
      apiKey,
      project,
      "google.project",
    ],
    [
      "a project of the environment that is none",
      file("sa.json"),
      { GOOGLE_CLOUD_PROJECT: "../x" },
      "google.project",
    ],
    [
      "a location of the environment that is none",
      file("sa.json"),
      { GOOGLE_CLOUD_LOCATION: "x.evil/" },
      "google.location",
    ],
    ["no credentials at all", {}, project, "google.credentials"],
    ["a file that is not there", file("none.json"), project, "google.credentials.file"],
    [
      "a file of the environment that is not there",
      {},
      { ...project, ...adc("none.json") },
      "google.credentials",
    ],
    ["a file that is no JSON", file("text.json"), project, "google.credentials"],
    ["a type that nobody knows", file("type.json"), project, "google.credentials"],
    ["a key without its half", file("half.json"), project, "google.credentials"],
    ["a key that is none", file("key.json"), project, "google.credentials"],
    ["a token address that is none", file("uri.json"), project, "google.credentials"],
    [
      "credentials beside an API key",
      { ...apiKey, google: { project: "mine", credentials: { file: "sa.json" } } },
      {},
      "google.credentials",
    ],
  ];
  for (const [title, provider, env, at] of wrong) {
    it(`is refused for ${title}`, () => {
      const { wrong, findings } = compile(provider, env);
      expect(wrong).toEqual([at]);
      expect(findings[0]?.hint).not.toBe("");
      expect(JSON.stringify(findings)).not.toContain("shown-never");
    });
  }

  it("is refused for settings of Google at another vendor", () => {
    expect(compileWith(testRow({ auth: "bearer" }), { google: {} }).wrong).toEqual(["google"]);
  });

  it("shows no secret of the file", () => {
    const { settings } = compile(
      { google: { credentials: { value: JSON.stringify(user) } } },
      project,
    );
    expect(settings.providers.get("p")?.google?.tokens?.kind).toBe("authorized_user");
    expect(toJsonString(ConfigSchema, settings.config)).not.toContain("shown-never");
    expect(inspect(settings, { depth: 9 })).not.toContain("shown-never");
  });
});
