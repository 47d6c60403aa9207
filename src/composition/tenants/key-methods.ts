import { timingSafeEqual } from "node:crypto";
import { type Key, KeyKind } from "../../../gen/parlance/admin/v1/key_pb.js";
import type {
  CreateKeyRequest,
  ListKeysRequest,
} from "../../../gen/parlance/admin/v1/key_service_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { durationMs } from "../../core/time/duration-ms.ts";
import type { AdminCaller, TenantAdmin } from "../../edge/gateway-api.ts";
import type { DirectoryRow } from "../../store/directory/directory-row.ts";
import { hintOf, keyedHash, newKeyValue, plainHash, sha256Of } from "./key-value.ts";
import { type ListQuery, type ObjectAdmin, required } from "./object-admin.ts";
import { messageOf } from "./object-messages.ts";
import { refuseChange, refuseStronger } from "./object-rules.ts";
import { sealValue } from "./signing-secrets.ts";

/** The methods of KeyService. */
export function keyMethods(admin: ObjectAdmin): TenantAdmin["keys"] {
  const { directory, wallMs, settings } = admin.options;

  /** Changes what no message of a request says. */
  async function change(
    wanted: { readonly id: string; readonly etag: string },
    caller: AdminCaller,
    {
      action,
      changed,
    }: {
      readonly action: string;
      readonly changed: (before: DirectoryRow) => Partial<DirectoryRow>;
    },
  ): Promise<Key> {
    const before = await admin.current("key", wanted, caller);
    refuseChange(caller.access, before, []);
    refuseStronger(directory, caller.access, before);
    const version = before.version + 1;
    const row = { ...before, ...changed(before), updatedMs: wallMs(), version };
    await admin.change(row, caller, { action, before });
    return messageOf("key", row);
  }

  return {
    createKey: (request, caller) => createKey(admin, request, caller),
    getKey: async ({ id }, caller) => ({ key: await admin.get("key", id, caller) }),
    listKeys: (request, caller) => listKeys(admin, request, caller),
    updateKey: async ({ key, updateMask }, caller) => ({
      key: await admin.update("key", { wanted: required(key), mask: updateMask }, caller),
    }),
    async rotateKey(request, caller) {
      await directory.catchUp();
      const value = await newValue(admin, request.value);
      const { gracePeriod } = request;
      const graceMs = gracePeriod === undefined ? 0 : durationMs(gracePeriod);
      const key = await change(request, caller, {
        action: "key.rotate",
        changed: (before) => ({
          hash: keyedHash(value, directory.secret),
          hint: hintOf(value),
          sealed:
            before.sealed === "" ? "" : sealValue(value, before, settings().storeEncryptionKey),
          previousHash: graceMs === 0 ? "" : before.hash,
          previousUntilMs: graceMs === 0 ? 0 : wallMs() + graceMs,
        }),
      });
      return { key, value };
    },
    async deleteKey(request, caller) {
      await admin.delete("key", request, caller);
      return {};
    },
    blockKey: async (request, caller) => ({
      key: await change(request, caller, {
        action: "key.block",
        changed: () => ({ blocked: true }),
      }),
    }),
    unblockKey: async (request, caller) => ({
      key: await change(request, caller, {
        action: "key.unblock",
        changed: () => ({ blocked: false }),
      }),
    }),
  };
}

async function createKey(admin: ObjectAdmin, request: CreateKeyRequest, caller: AdminCaller) {
  const { directory, settings, newId } = admin.options;
  await directory.catchUp();
  const { sha256Id, signing } = request;
  if (sha256Id && request.value !== "")
    throw new GatewayError(invalidField("sha256_id", "is only for values that are made here"));
  const value = await newValue(admin, request.value);
  const id = sha256Id ? sha256Of(value) : newId();
  const sealed = signing ? sealValue(value, { id, sealed: "" }, settings().storeEncryptionKey) : "";
  const secret = { id, sealed, hash: keyedHash(value, directory.secret), hint: hintOf(value) };
  const wanted = required(request.key);
  const kind = wanted.kind === KeyKind.UNSPECIFIED ? KeyKind.INFERENCE : wanted.kind;
  return { key: await admin.create("key", { ...wanted, kind }, caller, secret), value };
}

async function listKeys(
  admin: ObjectAdmin,
  { pageSize, pageToken, skip, ...wanted }: ListKeysRequest,
  caller: AdminCaller,
) {
  await admin.options.directory.catchUp();
  const { access } = caller;
  const inOrganization = admin.inOrganization(wanted.organization, caller);
  const team = admin.objects.idOf("team", wanted.team, access, "team");
  const user = admin.objects.idOf("user", wanted.user, access, "user");
  const fits: ListQuery["fits"] = (place) =>
    inOrganization(place) &&
    (team === "" || place.teamId === team) &&
    (user === "" || place.userId === user);
  const { found, ...rest } = await admin.list("key", { pageSize, pageToken, skip, fits }, caller);
  return { keys: found, ...rest };
}

/** A value for a key: the one that is wanted, which no other key may have, or a new one. */
async function newValue(admin: ObjectAdmin, wanted: string): Promise<string> {
  if (wanted === "") return newKeyValue();
  if ((await idOfKey(admin, wanted)) === undefined) return wanted;
  throw new GatewayError({
    reason: ErrorReason.ALREADY_EXISTS,
    message: "another key has this value: leave it out, or choose another",
    fields: [{ field: "value", message: "another key has it" }],
  });
}

/** The id of the key that has a value, or had it before its last rotation; undefined for none. */
export async function idOfKey(
  { options: { directory, store, settings } }: ObjectAdmin,
  value: string,
): Promise<string | undefined> {
  if (value === "" || value.length > maxValueLength) return undefined;
  const { keys, auth } = settings();
  if (auth.adminKey !== undefined && isSame(auth.adminKey.reveal(), value)) return adminKeyId;
  const ofFile = keys.find((key) => key.value !== undefined && isSame(key.value.reveal(), value));
  if (ofFile !== undefined) return ofFile.settings.name;
  await directory.catchUp();
  const hashes = [keyedHash(value, directory.secret), plainHash(value)];
  return (await store.request("directory.find", { hashes }))?.id;
}

/** The name of whoever has the admin key of the config. */
const adminKeyId = "admin";
const maxValueLength = 1_024;

function isSame(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(sha256Of(one)), Buffer.from(sha256Of(other)));
}
