import type { FieldMask } from "@bufbuild/protobuf/wkt";
import { Role } from "../../../gen/parlance/access/v1/access_pb.js";
import type { Key } from "../../../gen/parlance/admin/v1/key_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { mayManage, maySee } from "../../core/caller/caller-access.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { AdminCaller } from "../../edge/gateway-api.ts";
import { mayMakeTenants } from "../../policies/made-tenants.ts";
import { type DirectoryRow, directoryRow, memberId } from "../../store/directory/directory-row.ts";
import { pointedBudgets } from "../../store/directory/pointed-budgets.ts";
import { withChanges } from "./change-mask.ts";
import { messageOf, type ObjectKind, type ObjectOf, rowOf, schemas } from "./object-messages.ts";
import {
  checkContent,
  checkObject,
  denied,
  isAdmin,
  refuseChange,
  refuseStronger,
} from "./object-rules.ts";
import { checkEtag, notFound, ObjectStore, type ObjectStoreOptions } from "./object-store.ts";

/** As many objects as a page has where a request does not say. */
export const defaultPageSize = 100;

/** Where an object is, for filters of lists. */
export type ListedPlace = Pick<DirectoryRow, "organizationId" | "teamId" | "userId" | "id">;

/** What a list shows beside what the caller may see. */
export interface ListQuery {
  readonly pageSize: number;
  readonly pageToken: string;
  /** How many are left out before the page. Default: 0. */
  readonly skip?: number;
  readonly fits: (place: ListedPlace) => boolean;
}

/** A page of a list. */
export interface ListedPage<K extends ObjectKind> {
  readonly found: ObjectOf[K][];
  readonly nextPageToken: string;
  /** How many there are on all pages. */
  readonly totalSize: number;
}

/** What all kinds of objects have in common for admins. */
export class ObjectAdmin {
  readonly options: ObjectStoreOptions;
  readonly objects: ObjectStore;

  constructor(options: ObjectStoreOptions) {
    this.options = options;
    this.objects = new ObjectStore(options);
  }

  /** The object as it is in the store; throws NOT_FOUND. */
  async get<K extends ObjectKind>(
    kind: K,
    id: string,
    { access }: AdminCaller,
  ): Promise<ObjectOf[K]> {
    const { directory, store } = this.options;
    await directory.catchUp();
    const ofFile = this.objects.fileObjects(kind, access).find((one) => one.id === id);
    if (ofFile !== undefined) return ofFile;
    const found = this.objects.find(kind, id, access);
    const fresh = await store.request("directory.read", { kind, id: found.id });
    return messageOf(kind, fresh ?? found);
  }

  /** Those that the caller may see: of the config file, then of the store, by id. */
  async list<K extends ObjectKind>(
    kind: K,
    { fits, pageToken, pageSize, skip = 0 }: ListQuery,
    { access }: AdminCaller,
  ): Promise<ListedPage<K>> {
    const { directory } = this.options;
    await directory.catchUp();
    const ofFile = this.objects
      .fileObjects(kind, access)
      .filter((one) => fits(placeOfFile(one)))
      .map((one) => ({ place: `0${one.id}`, message: () => one }));
    const stored = directory
      .all(kind)
      .filter((row) => maySee(access, row) && fits(row))
      .sort((one, other) => (one.id < other.id ? -1 : 1))
      .map((row) => ({ place: `1${row.id}`, message: () => messageOf(kind, row) }));
    const all = [...ofFile, ...stored];
    const left = all.filter(({ place }) => place > pageToken).slice(skip);
    const size = pageSize === 0 ? defaultPageSize : pageSize;
    const page = left.slice(0, size);
    return {
      found: page.map(({ message }) => message()),
      nextPageToken: left.length > size ? (page.at(-1)?.place ?? "") : "",
      totalSize: all.length,
    };
  }

  /**
   * Makes an object, with an id that an admin brings where `id` is not "". `secret` is what a key
   * has beside its message.
   */
  async create<K extends ObjectKind>(
    kind: K,
    wanted: ObjectOf[K],
    caller: AdminCaller,
    { id = "", ...secret }: Partial<DirectoryRow> = {},
  ): Promise<ObjectOf[K]> {
    const { directory, wallMs, newId } = this.options;
    await directory.catchUp();
    if (id !== "" && kind !== "key") this.objects.checkNewId(kind, id, caller.access);
    const nowMs = wallMs();
    const times = { createdMs: nowMs, updatedMs: nowMs, version: 1 };
    const empty = directoryRow({ kind, id: id || newId(), ...times, ...secret });
    this.#refuseUnheld(wanted);
    const row = rowOf(kind, this.#placed(kind, { wanted }, caller), empty);
    if (!mayManage(caller.access, row) && !makesOwn(row, caller))
      throw denied(`you may not make a ${kind} here`);
    this.#check(kind, row, caller);
    await this.objects.write([{ row, how: "create" }], caller, {
      action: `${kind}.create`,
      after: row,
    });
    return messageOf(kind, row);
  }

  /** Changes what a mask names. */
  async update<K extends ObjectKind>(
    kind: K,
    { wanted, mask }: { readonly wanted: ObjectOf[K]; readonly mask: FieldMask | undefined },
    caller: AdminCaller,
  ): Promise<ObjectOf[K]> {
    const { wallMs } = this.options;
    const before = await this.current(kind, wanted, caller);
    const { message, fields } = withChanges(schemas[kind], messageOf(kind, before), wanted, mask);
    refuseFixed(kind, fields);
    refuseChange(caller.access, before, fields);
    this.#refuseUnheld(message);
    const changed = rowOf(kind, this.#placed(kind, { wanted: message, before }, caller), before);
    const row = { ...changed, updatedMs: wallMs(), version: before.version + 1 };
    this.#check(kind, row, caller);
    const moves = fields.some((name) => places.has(name));
    if (moves && !mayManage(caller.access, row)) throw denied("you may not move it there");
    await this.change(row, caller, { action: `${kind}.update`, before });
    return messageOf(kind, row);
  }

  /** Deletes an object that nothing belongs to. */
  async delete(
    kind: ObjectKind,
    wanted: { readonly id: string; readonly etag: string },
    caller: AdminCaller,
  ): Promise<void> {
    const before = await this.current(kind, wanted, caller);
    refuseChange(caller.access, before, []);
    refuseStronger(this.options.directory, caller.access, before);
    const write = { row: before, how: "delete", version: before.version } as const;
    await this.objects.write([write], caller, { action: `${kind}.delete`, before });
  }

  /** Puts a row in the place of the one that it was made of. */
  change(
    row: DirectoryRow,
    caller: AdminCaller,
    { action, before }: { readonly action: string; readonly before: DirectoryRow },
  ): Promise<void> {
    const write = { row, how: "update", version: before.version } as const;
    return this.objects.write([write], caller, { action, before, after: row });
  }

  /** The object as it is in the store, with the etag that is wanted. */
  async current(
    kind: ObjectKind,
    { id, etag }: { readonly id: string; readonly etag: string },
    { access }: AdminCaller,
  ): Promise<DirectoryRow> {
    const { directory, store } = this.options;
    await directory.catchUp();
    const known = this.objects.find(kind, id, access);
    const fresh = await store.request("directory.read", { kind, id: known.id });
    if (fresh === undefined || !maySee(access, fresh)) throw notFound(kind, id, "id");
    checkEtag(fresh, etag);
    return fresh;
  }

  /** A filter for what is in an organization; "": everything. */
  inOrganization(wanted: string, { access }: AdminCaller): ListQuery["fits"] {
    const id = this.objects.idOf("organization", wanted, access, "organization");
    return ({ organizationId }) => id === "" || organizationId === id;
  }

  #check(kind: ObjectKind, row: DirectoryRow, { access }: AdminCaller): void {
    const { directory, settings } = this.options;
    const message = messageOf(kind, row);
    checkObject(directory, message, row, access);
    checkContent(message, settings());
  }

  /** Nothing holds callers to limits and budgets where nobody can have any. */
  #refuseUnheld(object: ObjectOf[ObjectKind]): void {
    const { limits, modelBounds } = object;
    const bounds = [
      ...modelBounds,
      ...("budgets" in object ? object.budgets : []),
      ...("budgetIds" in object ? object.budgetIds : []),
      ...("amount" in object && object.amount !== undefined ? [object.amount] : []),
    ];
    if (limits === undefined && bounds.length === 0) return;
    if (mayMakeTenants(this.options.settings())) return;
    throw new GatewayError({
      reason: ErrorReason.UNSUPPORTED,
      message:
        "limits and budgets need a database in `store`, or `auth.admin_key`: here anybody may call",
    });
  }

  /** The object with ids in the place of names. `before`: what it was. */
  #placed<K extends ObjectKind>(
    kind: K,
    { wanted, before }: { readonly wanted: ObjectOf[K]; readonly before?: DirectoryRow },
    caller: AdminCaller,
  ): ObjectOf[K] {
    const message = this.#inPlace(kind, wanted, caller);
    if (!("budgetIds" in message) || message.budgetIds.length === 0) return message;
    const organization = organizationOf(message, before);
    const stays = before !== undefined && placeOf(before) === organization;
    const known = stays ? pointedBudgets(before.settingsJson) : [];
    const budgetIds = message.budgetIds.map((id) =>
      known.includes(id) ? id : this.#budgetFor(organization, id, caller),
    );
    return { ...message, budgetIds: [...new Set(budgetIds)] };
  }

  /** The id of a budget that an object of an organization may point to. */
  #budgetFor(organization: string, wanted: string, { access }: AdminCaller): string {
    const field = "budget_ids";
    if (this.objects.fileObjects("budget", access).some(({ id }) => id === wanted))
      throw new GatewayError(
        invalidField(field, `${wanted} is of the config file, which says whose calls it bounds`),
      );
    const row = this.objects.find("budget", wanted, access, field);
    if (row.organizationId === "" || row.organizationId === organization) return row.id;
    throw new GatewayError(invalidField(field, `${wanted} belongs to another organization`));
  }

  #inPlace<K extends ObjectKind>(kind: K, message: ObjectOf[K], caller: AdminCaller): ObjectOf[K] {
    if (!("organization" in message)) return message;
    if (message.$typeName === "parlance.admin.v1.Key")
      return { ...message, ...this.#placeOfKey(message, caller) };
    const { access } = caller;
    const { organization } = message;
    const id = this.objects.idOf("organization", organization, access, `${kind}.organization`);
    if (id !== "" || isAdmin(access)) return { ...message, organization: id };
    const own = access.grants.find(({ role }) => role === Role.ORGANIZATION_ADMIN);
    return { ...message, organization: own?.organizationId ?? "" };
  }

  /** A key belongs to the organization of its team and of its user. */
  #placeOfKey(key: Key, { access }: AdminCaller): Pick<Key, "team" | "user" | "organization"> {
    const { directory } = this.options;
    const wanted = this.objects.idOf("organization", key.organization, access, "key.organization");
    const team = this.objects.idOf("team", key.team, access, "key.team");
    const ofTeam = directory.get("team", team)?.organizationId;
    // Whoever administers a team makes keys for its members, who are not shown otherwise.
    const member = { userId: key.user, teamId: team, organizationId: ofTeam ?? "" };
    const isMember = directory.get("member", memberId(member)) !== undefined;
    const user = isMember ? key.user : this.objects.idOf("user", key.user, access, "key.user");
    const ofUser = directory.get("user", user)?.organizationId;
    const organization = wanted || ofTeam || ofUser || "";
    if (team !== "" && (ofTeam ?? "") !== organization) throw elsewhere("key.team");
    if (user !== "" && (ofUser ?? "") !== organization) throw elsewhere("key.user");
    return { team, user, organization };
  }
}

function placeOf({ kind, id, organizationId }: DirectoryRow): string {
  return kind === "organization" ? id : organizationId;
}

function organizationOf(message: ObjectOf[ObjectKind], before: DirectoryRow | undefined): string {
  if ("organization" in message) return message.organization;
  return message.$typeName === "parlance.admin.v1.Organization" ? (before?.id ?? "") : "";
}

const places: ReadonlySet<string> = new Set(["team", "user", "organization"]);

function refuseFixed(kind: ObjectKind, fields: readonly string[]): void {
  if (fields.includes("kind") || (fields.includes("organization") && kind !== "key"))
    throw new GatewayError(
      invalidField("update_mask", "kind and organization are fixed once an object is made"),
    );
}

function elsewhere(field: string): GatewayError {
  return new GatewayError(invalidField(field, "belongs to another organization than the key"));
}

const makingRoles: ReadonlySet<Role> = new Set([Role.TEAM_ADMIN, Role.MEMBER]);

/** Members make keys of their own in their teams. */
function makesOwn(row: DirectoryRow, { access: { userId, grants } }: AdminCaller): boolean {
  if (row.kind !== "key" || userId === "" || row.userId !== userId) return false;
  return grants.some(
    ({ role, teamId }) => makingRoles.has(role) && teamId !== undefined && teamId === row.teamId,
  );
}

function placeOfFile(one: ObjectOf[ObjectKind]): ListedPlace {
  return {
    id: one.id,
    organizationId: "",
    userId: "",
    teamId: one.$typeName === "parlance.admin.v1.Key" ? one.team : "",
  };
}

/** The contract's rules have refused a request without it. */
export function required<Message>(message: Message | undefined): Message {
  if (message === undefined) throw new Error("a required message is missing");
  return message;
}
