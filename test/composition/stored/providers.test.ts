import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { toJsonString } from "@bufbuild/protobuf";
import { beforeAll, describe, expect, it } from "vitest";
import { AuditService } from "../../../gen/parlance/admin/v1/audit_service_pb.js";
import {
  ConfigService,
  GetConfigResponseSchema,
} from "../../../gen/parlance/admin/v1/config_service_pb.js";
import { ModelService } from "../../../gen/parlance/admin/v1/model_service_pb.js";
import { ObjectOrigin } from "../../../gen/parlance/admin/v1/origin_pb.js";
import { ProviderService } from "../../../gen/parlance/admin/v1/provider_service_pb.js";
import { until } from "../../redis/until.ts";
import { emptyStore } from "../../store/engines.ts";
import { type PostgresServer, startPostgres } from "../../store/postgres-server.ts";
import { startRecordingVendor } from "./openai-vendor.ts";
import { refusal, startStored } from "./stored-gateway.ts";

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});

const secret = (value: string) => ({ source: { case: "value", value } }) as const;
const kind = "openai_compatible";

/** All values of a message as text. */
function print(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? `${one}` : one));
}

for (const store of ["sqlite", "postgres"] as const)
  describe(`providers in ${store}`, () => {
    it("are called with their credentials at once, and after a restart", async () => {
      const address = await emptyStore(store, postgres);
      const vendor = await startRecordingVendor();
      const first = await startStored({ address });
      const settings = { kind, baseUrl: vendor.baseUrl, apiKey: secret("vendor-key-1") };
      await first.client(ProviderService).createProvider({ name: "mine", settings });
      await first.client(ModelService).createModel({
        model: { name: "smart", targets: [{ model: "mine/m" }] },
      });
      expect(await first.chat("smart")).toBe(200);
      expect(await first.chat("mine/m")).toBe(200);
      await first.close();
      const second = await startStored({ address });
      expect(await second.chat("smart")).toBe(200);
      await second.client(ProviderService).updateProvider({
        name: "mine",
        settings: { apiKey: secret("vendor-key-2") },
      });
      expect(await second.chat("smart")).toBe(200);
      expect(vendor.shown.map(({ authorization }) => authorization)).toEqual([
        ...Array.from({ length: 3 }, () => "Bearer vendor-key-1"),
        "Bearer vendor-key-2",
      ]);
    });

    it("are seen by another gateway within a second, and are gone there once they are deleted", async () => {
      const address = await emptyStore(store, postgres);
      const one = await startStored({ address });
      const other = await startStored({ address });
      await one.client(ProviderService).createProvider({ name: "twin", settings: { kind: "sim" } });
      await until(async () => (await other.chat("twin/echo")) === 200);
      await other.client(ProviderService).deleteProvider({ name: "twin" });
      await until(async () => (await one.chat("twin/echo")) === 404);
    });
  });

describe("providers of the store", () => {
  it("show their secrets to nobody: no reply, no log, no audit, no file", async () => {
    const address = await emptyStore("sqlite", postgres);
    const vendor = await startRecordingVendor();
    const stored = await startStored({ address });
    const providers = stored.client(ProviderService);
    const secrets = ["vendor-key-777", "header-value-888", "parameter-value-999"];
    const [apiKey = "", header = "", parameter = ""] = secrets;
    const replies: unknown[] = [];
    const settings = {
      kind,
      baseUrl: vendor.baseUrl,
      apiKey: secret(apiKey),
      headers: { "x-extra": header },
    };
    replies.push(await providers.createProvider({ name: "mine", settings }));
    replies.push(await providers.getProvider({ name: "mine" }));
    replies.push(await providers.listProviders({}));
    replies.push(await providers.updateProvider({ name: "mine", settings: { variables: {} } }));
    replies.push(
      await refusal(
        providers.createProvider({
          name: "wrong",
          settings: {
            kind,
            apiKey: secret(apiKey),
            oauth2: { tokenUrl: "no url", parameters: { it: parameter } },
          },
        }),
      ),
    );
    expect(await stored.chat("mine/m")).toBe(200);
    expect(vendor.shown.at(-1)).toEqual({ authorization: `Bearer ${apiKey}`, extra: header });
    const config = await stored.client(ConfigService).getConfig({});
    replies.push(toJsonString(GetConfigResponseSchema, config));
    replies.push(await stored.client(AuditService).listAuditEntries({}));
    await providers.deleteProvider({ name: "mine" });
    replies.push(await stored.client(AuditService).listAuditEntries({}));
    await stored.close();
    const folder = dirname(address.kind === "sqlite" ? address.path : "");
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
    expect(files.length).toBeGreaterThan(0);
    const everything = [print(replies), stored.logged(), ...files];
    for (const text of everything) for (const one of secrets) expect(text).not.toContain(one);
    expect(print(replies)).toContain("[redacted]");
  });

  it("keep their secrets when what was read is written back", async () => {
    const vendor = await startRecordingVendor();
    const stored = await startStored({ address: { kind: "memory" } });
    const providers = stored.client(ProviderService);
    const settings = { kind, baseUrl: vendor.baseUrl, apiKey: secret("vendor-key-1") };
    const headers = { "x-extra": "first", "x-other": "second" };
    await providers.createProvider({ name: "mine", settings: { ...settings, headers } });
    const { provider } = await providers.getProvider({ name: "mine" });
    const etag = provider?.etag ?? "";
    if (provider?.settings === undefined) throw new Error("no settings");
    await providers.updateProvider({ name: "mine", settings: provider.settings, etag });
    expect(await stored.chat("mine/m")).toBe(200);
    expect(vendor.shown).toEqual([{ authorization: "Bearer vendor-key-1", extra: "first" }]);
    const strange = providers.createProvider({ name: "new", settings: provider.settings });
    expect(await refusal(strange)).toMatchObject({ code: "InvalidArgument" });
  });

  it("are refused without a key to encrypt credentials with, unless they have none", async () => {
    const stored = await startStored({ address: { kind: "memory" }, key: "" });
    const providers = stored.client(ProviderService);
    const create = (name: string, apiKey: object) =>
      providers.createProvider({ name, settings: { kind: "openai", ...apiKey } });
    expect(await refusal(create("mine", { apiKey: secret("vendor-key-1") }))).toMatchObject({
      message: expect.stringContaining("store.encryption_key"),
    });
    const ofEnv = { apiKey: { source: { case: "env", value: "SOME_KEY" } } };
    await create("mine", ofEnv);
    const { provider } = await providers.getProvider({ name: "mine" });
    expect(provider).toMatchObject({ origin: ObjectOrigin.STORE, settings: ofEnv });
    expect(print(provider)).not.toContain("secret-of-the-environment");
    const ofFile = { apiKey: { source: { case: "file", value: "/etc/passwd" } } };
    expect(await refusal(create("other", ofFile))).toMatchObject({ code: "InvalidArgument" });
    const tlsOfFile = { tls: { caFile: "/etc/passwd" } };
    expect(await refusal(create("other", tlsOfFile))).toMatchObject({
      message: expect.stringContaining("are named in the config file alone"),
    });
    const missing = { apiKey: { source: { case: "env", value: "NO_SUCH_KEY" } } };
    expect(await refusal(create("other", missing))).toMatchObject({
      code: "InvalidArgument",
      message: expect.stringContaining("settings.api_key"),
    });
  });

  it("are left out, and said so, where the key is another one or the config has their name", async () => {
    const address = await emptyStore("sqlite", postgres);
    const first = await startStored({ address });
    const settings = { kind: "openai", apiKey: secret("vendor-key-1") };
    await first.client(ProviderService).createProvider({ name: "mine", settings });
    await first.client(ProviderService).createProvider({ name: "twin", settings: { kind: "sim" } });
    const target = { targets: [{ model: "mine/gpt-5-mini" }] };
    await first.client(ModelService).createModel({ model: { name: "smart", ...target } });
    await first.close();
    const more = { providers: { sim: { kind: "sim" }, twin: { kind: "sim" } } };
    const second = await startStored({ address, key: "cd".repeat(32), more });
    const warnings = second.gateway.warnings.map(({ message }) => message);
    for (const name of ["mine", "twin", "smart"])
      expect(warnings).toContainEqual(expect.stringContaining(`"${name}" of the store`));
    expect(await second.chat("fast")).toBe(200);
    expect(await second.chat("smart")).toBe(404);
    const { settings: smart } = await second.client(ModelService).getModel({ name: "smart" });
    expect(smart?.problem).toContain("mine");
    const providers = second.client(ProviderService);
    const { provider } = await providers.getProvider({ name: "mine" });
    expect(provider?.problem).toContain("encryption_key");
    const { providers: listed } = await providers.listProviders({});
    expect(listed.map(({ name, origin }) => [name, origin])).toEqual([
      ["mine", ObjectOrigin.STORE],
      ["sim", ObjectOrigin.FILE],
      ["twin", ObjectOrigin.FILE],
    ]);
    expect(await refusal(providers.deleteProvider({ name: "sim" }))).toMatchObject({
      code: "FailedPrecondition",
      message: expect.stringContaining("gateway.yaml"),
    });
    await providers.deleteProvider({ name: "mine" });
  });

  it("lead into no private network that the config file does not list, whenever they are called", async () => {
    const address = await emptyStore("sqlite", postgres);
    const vendor = await startRecordingVendor();
    const { port } = new URL(vendor.baseUrl);
    const addresses: Record<string, string> = { "rebind.test": "169.254.169.254" };
    const lookup = async (host: string) => [addresses[host] ?? "127.0.0.1"];
    const closed = { egress: { allow_loopback: false } };
    const first = await startStored({ address, lookup, server: closed });
    const providers = first.client(ProviderService);
    const create = (name: string, baseUrl: string, more: object = {}) =>
      providers.createProvider({ name, settings: { kind, baseUrl, ...more } });
    for (const host of ["127.0.0.1", "2130706433", "[::1]", "localhost", "169.254.169.254"])
      expect([host, await refusal(create("mine", `http://${host}/v1`))]).toMatchObject([
        host,
        { code: "InvalidArgument", message: expect.stringContaining("settings.base_url") },
      ]);
    const oauth2 = { tokenUrl: "http://10.0.0.1/token", clientId: "a", clientSecret: secret("b") };
    expect(await refusal(create("mine", "https://a.test/v1", { oauth2 }))).toMatchObject({
      message: expect.stringContaining("settings.oauth2.token_url"),
    });
    const headers = { "Metadata-Flavor": "Google" };
    expect(await refusal(create("mine", "https://a.test/v1", { headers }))).toMatchObject({
      message: expect.stringContaining("server.egress.allow_headers"),
    });
    await create("rebind", `http://rebind.test:${port}/v1`);
    expect(await first.chat("rebind/m")).toBe(502);
    expect(first.logged()).toContain("server.egress.private_hosts");
    addresses["rebind.test"] = "127.0.0.1";
    expect(await first.chat("rebind/m")).toBe(502);
    await first.close();
    const open = { egress: { allow_loopback: false, private_hosts: [`rebind.test:${port}`] } };
    const second = await startStored({ address, lookup, server: open });
    expect(vendor.shown).toHaveLength(0);
    expect(await second.chat("rebind/m")).toBe(200);
    await second.close();
    const listed = { egress: { allow: ["api.openai.com"] } };
    const third = await startStored({ address, lookup, server: listed });
    expect(third.gateway.warnings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("would connect to rebind.test"),
    );
    expect(await third.chat("rebind/m")).toBe(404);
  });

  it("stay while a model of the store needs them", async () => {
    const stored = await startStored({ address: { kind: "memory" } });
    const providers = stored.client(ProviderService);
    await providers.createProvider({ name: "twin", settings: { kind: "sim" } });
    const model = { name: "smart", targets: [{ model: "twin/echo" }] };
    await stored.client(ModelService).createModel({ model });
    expect(await refusal(providers.deleteProvider({ name: "twin" }))).toMatchObject({
      code: "FailedPrecondition",
      message: expect.stringContaining("smart"),
    });
  });
});
