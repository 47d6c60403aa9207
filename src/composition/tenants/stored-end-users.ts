import type { EndUser, FindEndUser } from "../../core/caller/end-user.ts";
import type { DirectoryRow } from "../../store/directory/directory-row.ts";
import type { Directory } from "./directory.ts";
import { messageOf } from "./object-messages.ts";
import { tenantOf } from "./tenant-bounds.ts";

/** End users that are kept ready at most; the first make room. */
const maxReady = 20_000;

/** Makes what finds the end users of the store; it gives undefined while there are none. */
export function createStoredEndUsers(directory: Directory): () => FindEndUser | undefined {
  let ready = new Map<string, EndUser>();
  let epoch = -1;
  const find: FindEndUser = (name) => {
    if (epoch !== directory.epoch) {
      ready = new Map();
      epoch = directory.epoch;
    }
    const known = ready.get(name);
    if (known !== undefined) return known;
    const row = directory.get("end_user", name);
    if (row === undefined) return undefined;
    const [oldest] = ready.keys();
    if (ready.size >= maxReady && oldest !== undefined) ready.delete(oldest);
    const made = endUserOf(directory, row);
    ready.set(name, made);
    return made;
  };
  return () => (directory.has("end_user") ? find : undefined);
}

function endUserOf(directory: Directory, row: DirectoryRow): EndUser {
  const message = messageOf("end_user", row);
  const { labels, defaultModel, blocked } = message;
  return {
    id: row.id,
    tenants: [tenantOf(directory, "end_user", { id: row.id, name: row.id }, message)],
    ...(Object.keys(labels).length === 0 ? undefined : { labels: { ...labels } }),
    defaultModel,
    blocked,
  };
}
