import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { openKeyServices } from "../../src/composition/secrets/open-key-services.ts";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { decryptBytes, encryptBytes } from "../../src/config/stored/aes-gcm.ts";
import { createMasterKey } from "../../src/privacy/create-master-key.ts";
import { type MasterKey, WrongKeyError } from "../../src/privacy/master-key.ts";
import { cloudEnv, startAws, startAzure, startGoogle } from "./cloud-servers.ts";
import { type Answered, type Asked, startService } from "./vault-server.ts";

const dataKey = Buffer.alloc(32, 7);
const atService = Buffer.alloc(32, 9);

/** The master key that a configuration names. */
function masterKey(kind: string, env: Record<string, string>, waits: number[] = []): MasterKey {
  const text = `privacy: { master_key: { ${kind} } }\n`;
  const loaded = loadConfig({ text, filename: "c.yaml" }, env, () => "");
  const settings = loaded.ok ? loaded.settings.privacy?.masterKey : undefined;
  if (settings === undefined) throw new Error(JSON.stringify(loaded));
  const world = {
    wallMs: Date.now,
    random: () => 0,
    wait: async (ms: number) => void waits.push(ms),
  };
  const services = openKeyServices(world);
  onTestFinished(() => services.close());
  return createMasterKey(settings, services.keys);
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const bytesOf = (value: unknown) => Buffer.from(String(value), "base64");

/** A key service, as its own API has it, whose answers a test may replace. */
interface Keys {
  readonly key: (waits?: number[]) => MasterKey;
  readonly id: string;
  readonly asked: readonly Asked[];
  fails?: Answered | undefined;
  /** Has the key another version from now on. */
  readonly rotate: () => void;
}

async function aws(): Promise<Keys> {
  const keyId = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";
  const service = await startAws("kms", (action, { body }) => {
    if (keys.fails !== undefined) return keys.fails;
    if (body.KeyId !== keyId) return [400, { __type: "NotFoundException" }];
    const context = JSON.stringify(body.EncryptionContext);
    if (action === "TrentService.Encrypt")
      return [
        200,
        { CiphertextBlob: base64(encryptBytes(atService, bytesOf(body.Plaintext), context)) },
      ];
    const found = decryptBytes(atService, bytesOf(body.CiphertextBlob), context);
    return found === undefined
      ? [400, { __type: "InvalidCiphertextException" }]
      : [200, { Plaintext: base64(found) }];
  });
  const env = { ...cloudEnv({ aws: service.origin }), AWS_REGION: "us-east-1" };
  const keys: Keys = {
    key: (waits) => masterKey(`aws_kms: { key_id: "${keyId}" }`, env, waits),
    id: `aws_kms:eu-west-1/${keyId}`,
    asked: service.asked,
    rotate: () => undefined,
  };
  return keys;
}

async function google(): Promise<Keys> {
  const name = "projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k";
  const service = await startGoogle(({ path, body }) => {
    if (keys.fails !== undefined) return keys.fails;
    const context = String(body.additionalAuthenticatedData);
    if (path === `/v1/${name}:encrypt`)
      return [
        200,
        { ciphertext: base64(encryptBytes(atService, bytesOf(body.plaintext), context)) },
      ];
    const found = decryptBytes(atService, bytesOf(body.ciphertext), context);
    return found === undefined
      ? [400, { error: { status: "INVALID_ARGUMENT" } }]
      : [200, { plaintext: base64(found) }];
  });
  const keys: Keys = {
    key: (waits) =>
      masterKey(`gcp_kms: { name: ${name} }`, cloudEnv({ google: service.origin }), waits),
    id: `gcp_kms:${name}`,
    asked: service.asked,
    rotate: () => undefined,
  };
  return keys;
}

async function azure(): Promise<Keys> {
  const versions = ["v1", "v2"].map((version) => ({
    version,
    pair: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  }));
  let current = "v1";
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
  const service = await startAzure(({ path, body }) => {
    if (keys.fails !== undefined) return keys.fails;
    const [, named = "", action] =
      /^\/keys\/k\/(?:(\w+)\/)?(\w+)\?api-version=7\.4$/.exec(path) ?? [];
    const { version, pair } = versions.find((one) => one.version === (named || current)) ?? {};
    if (pair === undefined || body.alg !== "RSA-OAEP-256")
      return [404, { error: { code: "KeyNotFound" } }];
    const value = Buffer.from(String(body.value), "base64url");
    const kid = `${service.origin}/keys/k/${version}`;
    if (action === "wrapkey")
      return [
        200,
        {
          kid,
          value: publicEncrypt({ key: pair.publicKey, ...oaep }, value).toString("base64url"),
        },
      ];
    try {
      return [
        200,
        {
          kid,
          value: privateDecrypt({ key: pair.privateKey, ...oaep }, value).toString("base64url"),
        },
      ];
    } catch {
      return [400, { error: { code: "BadParameter" } }];
    }
  });
  const keys: Keys = {
    key: (waits) =>
      masterKey(
        `azure_key_vault: { vault_url: "${service.origin}", name: k }`,
        cloudEnv({ azure: service.origin }),
        waits,
      ),
    id: `azure_key_vault:${service.origin}/keys/k`,
    asked: service.asked,
    rotate: () => {
      current = "v2";
    },
  };
  return keys;
}

async function vault(): Promise<Keys> {
  let version = 1;
  const service = await startService(({ path, headers, body }) => {
    if (keys.fails !== undefined) return keys.fails;
    if (headers["x-vault-token"] !== "root") return [403, { errors: ["permission denied"] }];
    if (path === "/v1/auth/token/lookup-self") return [200, { data: { ttl: 0 } }];
    if (path === "/v1/transit/encrypt/k") {
      const sealed = encryptBytes(atService, bytesOf(body.plaintext), "");
      return [200, { data: { ciphertext: `vault:v${version}:${base64(sealed)}` } }];
    }
    // A key that is not derived ignores the context.
    const [, sealed = ""] = /^vault:v[12]:(.*)$/.exec(String(body.ciphertext)) ?? [];
    const found = decryptBytes(atService, bytesOf(sealed), "");
    return found === undefined
      ? [400, { errors: ["cipher: message authentication failed"] }]
      : [200, { data: { plaintext: base64(found) } }];
  });
  const keys: Keys = {
    key: (waits) =>
      masterKey(
        "vault_transit: { name: k }",
        { VAULT_ADDR: service.origin, VAULT_TOKEN: "root" },
        waits,
      ),
    id: "vault_transit:/transit/k",
    asked: service.asked,
    rotate: () => {
      version = 2;
    },
  };
  return keys;
}

const services = [
  ["AWS KMS", aws],
  ["Google Cloud KMS", google],
  ["Azure Key Vault", azure],
  ["Vault's transit", vault],
] as const;

for (const [name, start] of services)
  describe(`a master key at ${name}`, () => {
    it("wraps data keys, which it unwraps after a restart and a rotation too", async () => {
      const keys = await start();
      const first = keys.key();
      expect(first.id).toBe(keys.id);
      const wrapped = await first.wrap(dataKey, "acme/ann");
      expect(Buffer.from(wrapped).includes(dataKey)).toBe(false);
      keys.rotate();
      const again = keys.key();
      expect(Buffer.from(await again.unwrap(wrapped, "acme/ann"))).toEqual(dataKey);
      const next = await again.wrap(dataKey, "acme/ann");
      expect(Buffer.from(await first.unwrap(next, "acme/ann"))).toEqual(dataKey);
    });

    it("unwraps nothing for another use, and nothing that was changed", async () => {
      const keys = await start();
      const key = keys.key();
      const wrapped = await key.wrap(dataKey, "acme/ann");
      await expect(key.unwrap(wrapped, "acme/bob")).rejects.toThrow(WrongKeyError);
      const changed = Uint8Array.from(wrapped);
      changed[changed.length - 8] = (changed.at(-8) ?? 0) ^ 1;
      await expect(key.unwrap(changed, "acme/ann")).rejects.toThrow(WrongKeyError);
      await expect(key.unwrap(new Uint8Array(), "acme/ann")).rejects.toThrow(WrongKeyError);
    });

    it("says which key it is and what to do where the service refuses or is down", async () => {
      const keys = await start();
      const waits: number[] = [];
      const key = keys.key(waits);
      const wrapped = await key.wrap(dataKey, "acme/ann");
      keys.fails = [403, { errors: ["no"] }];
      const refused: unknown = await key.unwrap(wrapped, "acme/ann").catch((error) => error);
      expect(refused).not.toBeInstanceOf(WrongKeyError);
      expect(String(refused)).toContain(
        `the master key ${keys.id} could not unwrap a data key: it answered 403; allow the identity of secret_managers.`,
      );
      expect(waits).toEqual([]);
      keys.fails = [503, {}];
      await expect(key.wrap(dataKey, "acme/ann")).rejects.toThrow(
        `the master key ${keys.id} could not wrap a data key: it answered 503; see that`,
      );
      expect(waits).toEqual([250, 500]);
      const shown = [dataKey.toString("base64"), dataKey.toString("hex")];
      for (const one of shown) expect(String(refused)).not.toContain(one);
    });
  });

it("is shown on the page on privacy with a config that can be used", () => {
  const page = readFileSync("docs/privacy.md", "utf8");
  const [, text = ""] = /## Key services\n[\s\S]*?```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const env = { PARLANCE_MASTER_KEY: "0a".repeat(32) };
  expect(text).toContain("aws_kms");
  expect(loadConfig({ text, filename: "privacy.md" }, env, () => "")).toMatchObject({
    ok: true,
    warnings: [],
  });
});
