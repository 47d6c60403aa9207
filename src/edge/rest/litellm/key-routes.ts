import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Key, KeySchema } from "../../../../gen/parlance/admin/v1/key_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import { answerKeys, answerOneKey } from "./key-answer.ts";
import type { ManagementCall, ServeManagement } from "./management-call.ts";
import { refuseMembers, warnOf } from "./management-call.ts";
import { readKey } from "./members/key-fields.ts";
import { lengthOf } from "./members/litellm-duration.ts";
import { wrong } from "./members/management-members.ts";
import { pageOf } from "./members/page-of.ts";

const prefix = "sk-";

/** `POST /key/generate`. */
export const generateKey: ServeManagement = async (call) => {
  const { services } = call;
  const value = ownValue(call, "key");
  const { key } = readKey(call);
  await refuseTakenAlias(call, key.alias ?? "");
  const made = await services.keys.createKey({
    key: create(KeySchema, key),
    value,
    sha256Id: value === "",
  });
  return { ...(await answerOneKey(call, needed(made.key))), ...shownValue(made.value, made.key) };
};

/** `GET /key/info`: of a value, an id, or of whoever asks. */
export const keyInfo: ServeManagement = async (call) => {
  const named = call.members.text("key") ?? "";
  const id = named === "" ? call.caller.access.keyId : await keyId(call, named);
  const { key } = await call.services.keys.getKey({ id });
  return { key: named === "" ? id : named, info: await answerOneKey(call, needed(key)) };
};

/** `GET /key/list`. */
export const listKeys: ServeManagement = async (call) => {
  const { members, services } = call;
  warnOf(call, {
    sort_by: "keys are in the order of their ids",
    sort_order: "keys are in the order of their ids",
    status: "all keys are listed: `blocked` and `expires` say which can be used",
    expand: "users are not among the answer",
  });
  const full = members.flag("return_full_object") ?? false;
  // What a caller may see is seen here anyway.
  members.flag("include_team_keys");
  members.flag("include_created_by_keys");
  const one = members.text("key_hash") ?? members.text("key_alias");
  const page = pageOf(members, { size: "size", usual: 10, max: 1_000 });
  const place = {
    user: members.text("user_id") ?? "",
    team: members.text("team_id") ?? "",
    organization: members.text("organization_id") ?? "",
  };
  const { keys, totalSize } =
    one === undefined || one === ""
      ? await services.keys.listKeys({ ...place, ...page.request })
      : await oneKey(call, one);
  return {
    keys: full ? await answerKeys(call, keys) : keys.map(({ id }) => id),
    ...page.answer(totalSize),
  };
};

/** `POST /key/update`. Without `key` the alias says which. */
export const updateKey: ServeManagement = async (call) => {
  const { members } = call;
  const named = members.text("key") ?? "";
  const alias = members.text("key_alias") ?? "";
  if (named === "" && alias === "") throw wrong("key", "say a key, or its key_alias");
  const before = await foundKey(call, named === "" ? alias : named);
  const key = await changeKey(call, before, named === "");
  return { ...(await answerOneKey(call, key)), key: named === "" ? key.id : named };
};

/** `POST /key/delete`: nothing is deleted where one of the keys is not found. */
export const deleteKeys: ServeManagement = async (call) => {
  const { members, services } = call;
  const values = members.texts("keys") ?? [];
  const aliases = members.texts("key_aliases") ?? [];
  const named = values.length > 0 ? values : aliases;
  if (named.length === 0) throw wrong("keys", "name at least one of keys, or of key_aliases");
  if (named.length > maxDeleted) throw wrong("keys", `name at most ${maxDeleted} at once`);
  const found: Key[] = [];
  for (const one of named) found.push(await foundKey(call, one));
  for (const id of new Set(found.map((key) => key.id))) await services.keys.deleteKey({ id });
  return { deleted_keys: named };
};

const maxDeleted = 1_000;

/** `POST /key/regenerate` and `POST /key/{key}/regenerate`: the id stays, the value is another. */
export const regenerateKey: ServeManagement = async (call) => {
  const { members, services, pathKey } = call;
  const named = pathKey === "" ? members.neededText("key") : pathKey;
  members.value("key");
  refuseMembers(call, { new_master_key: "the admin key is in the config: change it there" });
  const value = ownValue(call, "new_key");
  const grace = members.text("grace_period") ?? "";
  const graceMs = grace === "" ? 0 : lengthOf("grace_period", grace);
  const changed = await changeKey(call, await foundKey(call, named), false);
  const rotated = await services.keys.rotateKey({
    id: changed.id,
    value,
    ...(graceMs === 0 ? {} : { gracePeriod: durationFromMs(graceMs) }),
  });
  const key = needed(rotated.key);
  return { ...(await answerOneKey(call, key)), ...shownValue(rotated.value, key) };
};

/** `POST /key/block`. */
export const blockKey: ServeManagement = async (call) => {
  const { id } = await foundKey(call, call.members.neededText("key"));
  const { key } = await call.services.keys.blockKey({ id });
  return answerOneKey(call, needed(key));
};

/** `POST /key/unblock`. */
export const unblockKey: ServeManagement = async (call) => {
  const { id } = await foundKey(call, call.members.neededText("key"));
  const { key } = await call.services.keys.unblockKey({ id });
  return answerOneKey(call, needed(key));
};

/** Changes what a request names of a key, if it has not changed meanwhile. */
async function changeKey(call: ManagementCall, before: Key, byAlias: boolean): Promise<Key> {
  const { key, paths: named } = readKey(call, before);
  const paths = byAlias ? named.filter((path) => path !== "alias") : named;
  if (paths.includes("alias") && key.alias !== before.alias)
    await refuseTakenAlias(call, key.alias ?? "");
  if (paths.length === 0) return before;
  const { id, etag } = before;
  const changed = await call.services.keys.updateKey({
    key: create(KeySchema, { ...key, id, etag }),
    updateMask: { paths: [...paths] },
  });
  return needed(changed.key);
}

/** The value that a request chooses; "" for none. */
function ownValue({ members }: ManagementCall, member: string): string {
  const value = members.text(member) ?? "";
  if (value === "" || value.startsWith(prefix)) return value;
  throw wrong(member, `must begin with ${prefix}`);
}

/** The key that a value, an id or an alias stands for; throws NOT_FOUND. */
async function foundKey(call: ManagementCall, named: string): Promise<Key> {
  return needed((await call.services.keys.getKey({ id: await keyId(call, named) })).key);
}

/** The id of a key by its value, else what was said: an id or an alias. Values are not repeated. */
async function keyId({ engine }: ManagementCall, named: string): Promise<string> {
  const id = await engine.tenants.idOfKey(named);
  if (id !== undefined) return id;
  if (!named.startsWith(prefix)) return named;
  throw new GatewayError({
    reason: ErrorReason.NOT_FOUND,
    message: "there is no key with this value that you may see",
    fields: [{ field: "key", message: "no key has this value" }],
  });
}

/** LiteLLM's aliases are of one key each; of other keys than the caller may see nothing is said. */
async function refuseTakenAlias(call: ManagementCall, alias: string): Promise<void> {
  if (alias === "" || !(await isTaken(call, alias))) return;
  throw new GatewayError({
    reason: ErrorReason.ALREADY_EXISTS,
    message: `another key has the key_alias ${alias}: choose another`,
    fields: [{ field: "key.alias", message: "another key has it" }],
  });
}

async function isTaken({ services }: ManagementCall, alias: string): Promise<boolean> {
  try {
    await services.keys.getKey({ id: alias });
    return true;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    // Several keys of other origin may have one alias.
    if (error.fault.reason === ErrorReason.INVALID_REQUEST) return true;
    if (error.fault.reason === ErrorReason.NOT_FOUND) return false;
    throw error;
  }
}

async function oneKey(call: ManagementCall, named: string) {
  try {
    return { keys: [await foundKey(call, named)], totalSize: 1 };
  } catch (error) {
    const { reason } = error instanceof GatewayError ? error.fault : {};
    if (reason !== ErrorReason.NOT_FOUND) throw error;
    return { keys: [], totalSize: 0 };
  }
}

function shownValue(value: string, key: Key | undefined) {
  return { key: value, token_id: key?.id ?? "" };
}

/** What a service always answers. */
export function needed<Message>(message: Message | undefined): Message {
  if (message === undefined) throw new Error("a service left out what it answers");
  return message;
}
