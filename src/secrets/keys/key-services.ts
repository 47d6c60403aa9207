import { Buffer } from "node:buffer";
import type { KeyServiceSettings } from "../../config/references/key-service-settings.ts";
import { printBase64 } from "../../json/base64.ts";
import { objectAt, stringAt } from "../../json/json.ts";
import type { MasterKey } from "../../privacy/master-key.ts";
import type { AwsService, AzureService, GoogleService } from "../clouds.ts";
import type { Managers } from "../managers.ts";
import { ServiceError } from "../service-error.ts";
import type { VaultClient } from "../vault/vault-client.ts";
import { bindKey, unbindKey } from "./bound-key.ts";
import { bytesIn, createServiceKey, encodeText, type KeyService } from "./key-service.ts";

/** The master key of the settings; its service is asked when it is used. */
export function createKey(settings: KeyServiceSettings, managers: Managers): MasterKey {
  const who = `secret_managers.${settings.manager.kind}`;
  const make = (name: string, codes: ReadonlySet<string>, open: () => KeyService): MasterKey =>
    createServiceKey(
      {
        id: `${settings.kind}:${name}`.slice(0, maxIdLength),
        who,
        isWrongKey: ({ code }) => codes.has(code),
      },
      later(open),
    );
  switch (settings.kind) {
    case "aws_kms": {
      const { keyId, manager } = settings;
      const region = settings.region || manager.region;
      return make(`${region}/${keyId}`, awsCodes, () =>
        awsKms(managers.aws(manager, "kms", region), keyId),
      );
    }
    case "gcp_kms": {
      const { name, manager } = settings;
      return make(name, googleCodes, () => googleKms(managers.google(manager, "cloudkms"), name));
    }
    case "azure_key_vault": {
      const { origin, name, manager } = settings;
      return make(`${origin}/keys/${name}`, azureCodes, () =>
        azureKey(managers.azure(manager, origin), name),
      );
    }
    case "vault_transit": {
      const { mount, name, manager } = settings;
      const place = [manager.namespace, mount, name].join("/");
      return make(place, noCodes, () => vaultTransit(managers.vault(manager), mount, name));
    }
  }
}

const maxIdLength = 512;

/** The codes that say that something was wrapped by another key, or for another context. */
const awsCodes: ReadonlySet<string> = new Set([
  "InvalidCiphertextException",
  "IncorrectKeyException",
]);
const googleCodes: ReadonlySet<string> = new Set(["INVALID_ARGUMENT"]);
const azureCodes: ReadonlySet<string> = new Set(["BadParameter"]);
const noCodes: ReadonlySet<string> = new Set();

/** Opens a service when it is used, since what opens it may fail. */
function later(open: () => KeyService): KeyService {
  return {
    wrap: async (dataKey, context) => open().wrap(dataKey, context),
    unwrap: async (wrapped, context) => open().unwrap(wrapped, context),
  };
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html */
function awsKms(aws: AwsService, keyId: string): KeyService {
  const bound = (context: string) => ({ KeyId: keyId, EncryptionContext: { parlance: context } });
  return {
    async wrap(dataKey, context) {
      const body = { ...bound(context), Plaintext: printBase64(dataKey) };
      return bytesIn(stringAt(await aws.call("TrentService.Encrypt", body), "CiphertextBlob"));
    },
    async unwrap(wrapped, context) {
      const body = { ...bound(context), CiphertextBlob: printBase64(wrapped) };
      return bytesIn(stringAt(await aws.call("TrentService.Decrypt", body), "Plaintext"));
    },
  };
}

/**
 * https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/encrypt
 */
function googleKms(google: GoogleService, name: string): KeyService {
  return {
    async wrap(dataKey, context) {
      const reply = await google.call("POST", `/v1/${name}:encrypt`, {
        plaintext: printBase64(dataKey),
        additionalAuthenticatedData: encodeText(context),
      });
      return bytesIn(stringAt(reply, "ciphertext"));
    },
    async unwrap(wrapped, context) {
      const reply = await google.call("POST", `/v1/${name}:decrypt`, {
        ciphertext: printBase64(wrapped),
        additionalAuthenticatedData: encodeText(context),
      });
      return bytesIn(stringAt(reply, "plaintext"));
    },
  };
}

/**
 * What it wraps is bound to nothing, and opened by the version of the key that wrapped it alone: so
 * the context is a part of what is wrapped, and the version stands before it. See
 * https://learn.microsoft.com/en-us/rest/api/keyvault/keys/wrap-key/wrap-key.
 */
function azureKey(azure: AzureService, name: string): KeyService {
  const post = (version: string, action: string, bytes: Uint8Array) =>
    azure.call("POST", `/keys/${name}/${version === "" ? "" : `${version}/`}${action}`, {
      alg: "RSA-OAEP-256",
      value: Buffer.from(bytes).toString("base64url"),
    });
  return {
    async wrap(dataKey, context) {
      const reply = await post("", "wrapkey", bindKey(dataKey, context));
      const version = /\/([A-Za-z0-9]{1,64})$/.exec(stringAt(reply, "kid") ?? "")?.[1];
      if (version === undefined) throw new ServiceError("down", "the reply names no version");
      const head = Buffer.from(version);
      return Buffer.concat([Uint8Array.of(head.length), head, bytesIn(stringAt(reply, "value"))]);
    },
    async unwrap(wrapped, context) {
      const [length = 0] = wrapped;
      const version = Buffer.from(wrapped.subarray(1, 1 + length)).toString("latin1");
      if (!/^[A-Za-z0-9]{1,64}$/.test(version)) return undefined;
      const reply = await post(version, "unwrapkey", wrapped.subarray(1 + length));
      return unbindKey(bytesIn(stringAt(reply, "value")), context);
    },
  };
}

/**
 * Keys that are not derived ignore the context, and not every kind of key takes associated data: so
 * the context is a part of what is wrapped, too. See
 * https://developer.hashicorp.com/vault/api-docs/secret/transit.
 */
function vaultTransit(vault: VaultClient, mount: string, name: string): KeyService {
  return {
    async wrap(dataKey, context) {
      const reply = await vault.ask("POST", `${mount}/encrypt/${name}`, {
        plaintext: printBase64(bindKey(dataKey, context)),
        context: encodeText(context),
      });
      const data = objectAt(reply, "data");
      const text = (data && stringAt(data, "ciphertext")) ?? "";
      if (!text.startsWith("vault:")) throw new ServiceError("down", "the reply holds no bytes");
      return Buffer.from(text);
    },
    async unwrap(wrapped, context) {
      const body = {
        ciphertext: Buffer.from(wrapped).toString("latin1"),
        context: encodeText(context),
      };
      const reply = await vault.ask("POST", `${mount}/decrypt/${name}`, body).catch(notOurs);
      const data = reply && objectAt(reply, "data");
      if (reply === undefined) return undefined;
      return unbindKey(bytesIn(data && stringAt(data, "plaintext")), context);
    },
  };
}

/** Vault has no codes: what it does not take is a 400. */
function notOurs(error: unknown): undefined {
  if (error instanceof ServiceError && error.failure === "refused") return undefined;
  throw error;
}
