import { type Key, KeyKind } from "../../../gen/parlance/admin/v1/key_pb.js";
import type { ListKeysRequest } from "../../../gen/parlance/admin/v1/key_service_pb.js";
import { durationMs } from "../../core/duration-ms.ts";
import type { AdminCaller, TenantAdmin } from "../../edge/gateway-api.ts";
import type { DirectoryRow } from "../../store/directory/directory-row.ts";
import { hintOf, keyedHash, newKeyValue } from "./key-value.ts";
import { type ListQuery, type ObjectAdmin, required } from "./object-admin.ts";
import { messageOf } from "./object-messages.ts";
import { refuseChange, refuseStronger } from "./object-rules.ts";

/** The methods of KeyService. */
export function keyMethods(admin: ObjectAdmin): TenantAdmin["keys"] {
  const { directory, wallMs } = admin.options;

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
    async createKey(request, caller) {
      await directory.catchUp();
      const value = newKeyValue();
      const secret = { hash: keyedHash(value, directory.secret), hint: hintOf(value) };
      const wanted = required(request.key);
      const kind = wanted.kind === KeyKind.UNSPECIFIED ? KeyKind.INFERENCE : wanted.kind;
      return { key: await admin.create("key", { ...wanted, kind }, caller, secret), value };
    },
    getKey: async ({ id }, caller) => ({ key: await admin.get("key", id, caller) }),
    listKeys: (request, caller) => listKeys(admin, request, caller),
    updateKey: async ({ key, updateMask }, caller) => ({
      key: await admin.update("key", { wanted: required(key), mask: updateMask }, caller),
    }),
    async rotateKey(request, caller) {
      const value = newKeyValue();
      const { gracePeriod } = request;
      const graceMs = gracePeriod === undefined ? 0 : durationMs(gracePeriod);
      const key = await change(request, caller, {
        action: "key.rotate",
        changed: (before) => ({
          hash: keyedHash(value, directory.secret),
          hint: hintOf(value),
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

async function listKeys(
  admin: ObjectAdmin,
  { pageSize, pageToken, ...wanted }: ListKeysRequest,
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
  const { found, nextPageToken } = await admin.list("key", { pageSize, pageToken, fits }, caller);
  return { keys: found, nextPageToken };
}
