import type { Budget } from "../../../gen/parlance/config/v1/budget_pb.js";
import type { TenantAdmin } from "../../edge/gateway-api.ts";
import type { StoredKeys } from "../../policies/authenticate.ts";
import type { KeyRehash } from "../../store/directory/read-directory.ts";
import { createMemoryLink } from "../../store/thread/memory-link.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { timeOrderedId } from "../time-ordered-id.ts";
import type { World } from "../world.ts";
import { Directory } from "./directory.ts";
import { messageOf } from "./object-messages.ts";
import type { ObjectStoreOptions } from "./object-store.ts";
import { createStoredKeys } from "./stored-keys.ts";
import { createTenantAdmin } from "./tenant-admin.ts";

/** The tenants of the store, for calls and for admins. */
export interface StoredTenants {
  readonly keys: StoredKeys;
  readonly admin: TenantAdmin;
  /** Reads them before the first call, and follows what changes from then on. */
  readonly start: () => Promise<void>;
  /** Says that another configuration is in force, whose teams keys may belong to. */
  readonly configured: () => void;
  /** The budgets that there are. */
  readonly budgets: () => Iterable<Budget>;
  readonly close: () => void;
}

/**
 * How often it is looked what has changed although nobody has said so, in milliseconds, and uses of
 * keys are written; and how often while the store does not answer.
 */
const followMs = 10_000;
const staleMs = 1_000;

/** What they are kept by. */
export interface StoredTenantsOptions extends Pick<ObjectStoreOptions, "settings" | "file"> {
  /** Hears that the store answers again. */
  readonly onBack: () => void;
}

/** Makes the tenants of the store of a gateway; without a world's store they are in memory. */
export function createStoredTenants(
  world: World,
  { settings, file, onBack }: StoredTenantsOptions,
): StoredTenants {
  const { wallMs, schedule, notice } = world;
  const store = world.store ?? createMemoryLink(wallMs);
  const directory = new Directory({ store, wallMs });
  const uses = { times: new Map<string, number>(), rehashed: new Map<string, KeyRehash>() };
  const isShared = settings().store !== undefined;
  let isDown = false;
  let closed = false;
  let callOff = (): void => undefined;

  const touch = async (): Promise<void> => {
    const { times, rehashed } = uses;
    if (rehashed.size > 0) {
      const hashes = [...rehashed];
      rehashed.clear();
      await store.request("directory.rehash", { hashes });
    }
    if (times.size === 0) return;
    const written = [...times];
    await store.request("directory.touch", { uses: written });
    for (const [id, atMs] of written) if (times.get(id) === atMs) times.delete(id);
  };
  const follow = async (): Promise<void> => {
    try {
      await directory.catchUp();
      if (isDown) onBack();
      isDown = false;
    } catch (error) {
      if (!isDown)
        notice({
          event: "directory_stale",
          message: `changes of keys are not seen until the store answers again: ${String(error)}`,
        });
      isDown = true;
    }
  };
  const followAgain = oneAtATime(follow);
  const look = async (): Promise<void> => {
    await followAgain();
    // What is not written now is written later.
    if (!isDown) await touch().catch(() => undefined);
  };
  const followOn = (): void => {
    const waitMs = isDown ? staleMs : followMs;
    if (!closed) callOff = schedule(() => void look().finally(followOn), waitMs);
  };
  return {
    keys: createStoredKeys({ directory, settings, wallMs, shared: isShared }, uses),
    admin: createTenantAdmin({
      directory,
      store,
      settings,
      file,
      wallMs,
      newId: () => timeOrderedId(wallMs()),
    }),
    async start() {
      if (!isShared) return;
      store.onChanged(() => void (closed || followAgain()));
      await followAgain();
      followOn();
    },
    configured() {
      directory.epoch += 1;
    },
    budgets: () => budgetsOf(directory),
    close() {
      closed = true;
      callOff();
    },
  };
}

/** The budgets of all that have one: few do, and only their settings are read. */
function* budgetsOf(directory: Directory): Iterable<Budget> {
  for (const kind of ["organization", "team", "user", "key"] as const)
    for (const row of directory.all(kind))
      if (row.settingsJson.includes('"budgets"')) yield* messageOf(kind, row).budgets;
}
