import type { CountedBudget, Tenant } from "../../core/caller/tenant.ts";
import type { TenantAdmin } from "../../edge/gateway-api.ts";
import type { AuthenticateWorld, StoredKeys } from "../../policies/authenticate.ts";
import type { KeyRehash } from "../../store/directory/read-directory.ts";
import type { StoreLink } from "../../store/store.ts";
import { createMemoryLink } from "../../store/thread/memory-link.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { timeOrderedId } from "../time-ordered-id.ts";
import type { World } from "../world.ts";
import { Directory } from "./directory.ts";
import { ObjectAdmin } from "./object-admin.ts";
import { messageOf } from "./object-messages.ts";
import { createStoredEndUsers } from "./stored-end-users.ts";
import { createStoredKeys } from "./stored-keys.ts";
import { createTenantAdmin, type PersonAdmin, type TenantAdminOptions } from "./tenant-admin.ts";
import { tenantOf } from "./tenant-bounds.ts";

/** The tenants of the store, for calls and for admins. */
export interface StoredTenants {
  readonly keys: StoredKeys;
  readonly endUsers: AuthenticateWorld["endUser"];
  readonly admin: TenantAdmin;
  /** Reads them before the first call, and follows what changes from then on. */
  readonly start: () => Promise<void>;
  /** Says that another configuration is in force, whose teams keys may belong to. */
  readonly configured: () => void;
  /** The budgets that there are. */
  readonly budgets: () => Iterable<CountedBudget>;
  /** Those who have budgets for some models. */
  readonly byModel: () => Iterable<Tenant>;
  /** Teams that say which content of theirs is stored. */
  readonly withContent: () => Iterable<Tenant>;
  readonly hasEndUsers: () => boolean;
  readonly close: () => void;
}

/**
 * How often it is looked what has changed although nobody has said so, in milliseconds, and uses of
 * keys are written; and how often while the store does not answer.
 */
const followMs = 10_000;
const staleMs = 1_000;

/** What they are kept by. */
export interface StoredTenantsOptions
  extends Pick<TenantAdminOptions, "settings" | "file" | "reservations"> {
  /** Hears that the store answers again. */
  readonly onBack: () => void;
  /** Makes the admin of persons. */
  readonly persons: (admin: ObjectAdmin, store: StoreLink) => PersonAdmin;
}

/** Makes the tenants of the store of a gateway; without a world's store they are in memory. */
export function createStoredTenants(world: World, options: StoredTenantsOptions): StoredTenants {
  const { wallMs, schedule, notice } = world;
  const { settings, onBack } = options;
  const store = world.store ?? createMemoryLink(wallMs);
  const directory = new Directory({ store, wallMs });
  const newId = () => timeOrderedId(wallMs());
  const admin = new ObjectAdmin({ ...options, directory, store, wallMs, newId });
  const persons = options.persons(admin, store);
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
    if (isDown) return;
    await touch().catch(() => undefined);
    await persons.resume().catch(() => undefined);
  };
  const followOn = (): void => {
    const waitMs = isDown ? staleMs : followMs;
    if (!closed) callOff = schedule(() => void look().finally(followOn), waitMs);
  };
  return {
    keys: createStoredKeys({ directory, settings, wallMs, shared: isShared }, uses),
    endUsers: createStoredEndUsers(directory),
    admin: createTenantAdmin(admin, options, persons),
    async start() {
      if (!isShared) return;
      store.onChanged(() => void (closed || followAgain()));
      await followAgain();
      followOn();
    },
    configured() {
      directory.epoch += 1;
    },
    ...listsOf(directory),
    hasEndUsers: () => directory.has("end_user"),
    close() {
      closed = true;
      callOff();
    },
  };
}

function listsOf(directory: Directory): Pick<StoredTenants, "budgets" | "byModel" | "withContent"> {
  return {
    budgets: () => budgetsOf(directory),
    byModel: () => boundByModel(directory),
    withContent: () => boundTenants(directory, /"content"/),
  };
}

/** All who may have bounds whose settings have one of these: few do. */
function* boundTenants(directory: Directory, having: RegExp): Iterable<Tenant> {
  for (const kind of ["organization", "team", "user", "key", "end_user"] as const)
    for (const row of directory.all(kind))
      if (having.test(row.settingsJson)) yield tenantOf(directory, kind, row, messageOf(kind, row));
}

/** The budgets for all models that there are. */
function* budgetsOf(directory: Directory): Iterable<CountedBudget> {
  for (const { budgets } of boundTenants(directory, /"(budgets|budgetIds)"/)) yield* budgets;
}

/** Those who have bounds for some models, also by a budget that they point to. */
function* boundByModel(directory: Directory): Iterable<Tenant> {
  for (const tenant of boundTenants(directory, /"(modelBounds|budgetIds)"/))
    if (tenant.models !== undefined) yield tenant;
}
