import { create, type DescMessage, toJson } from "@bufbuild/protobuf";
import { type Budget, BudgetSchema } from "../../../gen/parlance/admin/v1/budget_pb.js";
import { type Key, KeyKind, KeySchema } from "../../../gen/parlance/admin/v1/key_pb.js";
import { ObjectOrigin } from "../../../gen/parlance/admin/v1/origin_pb.js";
import { type Team, TeamSchema } from "../../../gen/parlance/admin/v1/team_pb.js";
import type { SharedBudget } from "../../../gen/parlance/config/v1/budget_pb.js";
import type { Key as FileKey } from "../../../gen/parlance/config/v1/key_pb.js";
import type { Team as FileTeam } from "../../../gen/parlance/config/v1/team_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../config/settings.ts";
import { type CallerAccess, maySee } from "../../core/caller/caller-access.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { AdminCaller } from "../../edge/gateway-api.ts";
import type { DirectoryKind, DirectoryRow } from "../../store/directory/directory-row.ts";
import type { DirectoryWrite } from "../../store/directory/write-directory.ts";
import type { StoreLink } from "../../store/store.ts";
import type { Directory } from "./directory.ts";
import { etagOf, messageOf, type ObjectKind, type ObjectOf, schemas } from "./object-messages.ts";
import { denied, isAdmin } from "./object-rules.ts";

/** What the admin of tenants works on. */
export interface ObjectStoreOptions {
  readonly directory: Directory;
  readonly store: Pick<StoreLink, "request">;
  readonly settings: () => Settings;
  /** The config file; "" for none. */
  readonly file: () => string;
  readonly wallMs: () => number;
  readonly newId: () => string;
}

/** What the audit says of a change: such as `key.create`, and what it was made of. */
export interface AuditedChange {
  readonly action: string;
  readonly before?: DirectoryRow;
  readonly after?: DirectoryRow;
}

/** Finds objects for callers, and writes changes with what the audit says of them. */
export class ObjectStore {
  readonly options: ObjectStoreOptions;

  constructor(options: ObjectStoreOptions) {
    this.options = options;
  }

  /**
   * The object with an id, or the only one with the name. Throws NOT_FOUND where there is none that
   * the caller may see, and OWNED_BY_FILE for one of the config file.
   */
  find(kind: ObjectKind, wanted: string, access: CallerAccess, field = "id"): DirectoryRow {
    const { directory } = this.options;
    const row = directory.get(kind, wanted);
    if (row !== undefined && maySee(access, row)) return row;
    const named = directory.all(kind).filter((one) => one.name === wanted && maySee(access, one));
    const [only, another] = named;
    if (another !== undefined)
      throw new GatewayError(
        invalidField(field, `${named.length} have this name: say an id, such as ${another.id}`),
      );
    if (only !== undefined) return only;
    if (this.#isOfFile(kind, wanted, access)) throw this.#ownedByFile(kind, wanted);
    throw notFound(kind, wanted, field);
  }

  /** The keys or teams of the config file that a caller may see, by name. */
  fileObjects<K extends ObjectKind>(kind: K, access: CallerAccess): readonly ObjectOf[K][] {
    const { keys, config } = this.options.settings();
    const none = { organizationId: "", teamId: "", userId: "" };
    const made: { readonly [P in ObjectKind]: () => ObjectOf[P][] } = {
      organization: () => [],
      user: () => [],
      end_user: () => [],
      budget: () =>
        config.budgets
          .filter(({ name }) => maySee(access, { ...none, kind, id: name }))
          .map(budgetOfFile),
      team: () =>
        config.teams
          .filter(({ name }) => maySee(access, { ...none, kind, id: name }))
          .map(teamOfFile),
      key: () =>
        keys
          .map(({ settings }) => settings)
          .filter(({ name, team }) => maySee(access, { ...none, kind, id: name, teamId: team }))
          .map(keyOfFile),
    };
    return made[kind]().sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** The id of the object that a name or id stands for; "" for "". File teams have their name. */
  idOf(kind: ObjectKind, wanted: string, access: CallerAccess, field: string): string {
    if (wanted === "") return "";
    if (kind === "team" && this.#isOfFile(kind, wanted, access)) return wanted;
    return this.find(kind, wanted, access, field).id;
  }

  /** Refuses an id that an object of the config file has, and ids of whoever is no admin. */
  checkNewId(kind: ObjectKind, id: string, access: CallerAccess): void {
    if (!isAdmin(access)) throw denied("only admins may say which id an object gets");
    if (this.#isOfFile(kind, id, access)) throw this.#ownedByFile(kind, id);
  }

  /** Makes changes to one object; throws what stands in the way. */
  async write(
    writes: readonly DirectoryWrite[],
    caller: AdminCaller,
    change: AuditedChange,
  ): Promise<void> {
    const { store, directory, settings } = this.options;
    if (settings().store === undefined && settings().workers > 1)
      throw new GatewayError({
        reason: ErrorReason.UNSUPPORTED,
        message: "several workers share no store in memory: set `store` to sqlite or postgres",
      });
    const audit = this.#audit(caller, change);
    const result = await store.request("directory.write", { writes, audit: [audit] });
    if (!result.ok) throw refusalOf(result.why, writes[0]?.row);
    await directory.catchUp();
  }

  #audit(
    { access, name, address, requestId }: AdminCaller,
    { action, before, after }: AuditedChange,
  ) {
    const { wallMs, newId } = this.options;
    const row = after ?? before;
    const nowMs = wallMs();
    return {
      id: newId(),
      at_ms: BigInt(nowMs),
      actor_id: access.userId === "" ? access.keyId : access.userId,
      actor_name: name,
      address,
      request_id: requestId,
      action,
      object_kind: row?.kind ?? "",
      object_id: row?.id ?? "",
      organization_id: (row?.kind === "organization" ? row.id : row?.organizationId) ?? "",
      team_id: (row?.kind === "team" ? row.id : row?.teamId) ?? "",
      before_json: stateOf(before),
      after_json: stateOf(after),
    };
  }

  #isOfFile(kind: ObjectKind, name: string, access: CallerAccess): boolean {
    return this.fileObjects(kind, access).some(({ id }) => id === name);
  }

  #ownedByFile(kind: DirectoryKind, name: string): GatewayError {
    const file = this.options.file();
    const where = file === "" ? "the configuration" : `the config file ${file}`;
    return new GatewayError({
      reason: ErrorReason.OWNED_BY_FILE,
      message: `the ${kind} ${name} belongs to ${where}: change it there`,
      fields: [{ field: "id", message: `belongs to ${where}` }],
    });
  }
}

function teamOfFile({ name, limits, budget }: FileTeam): Team {
  return create(TeamSchema, {
    id: name,
    name,
    origin: ObjectOrigin.FILE,
    ...(limits && { limits }),
    ...(budget && { budgets: [budget] }),
  });
}

function budgetOfFile(shared: SharedBudget): Budget {
  const { name, budget: amount } = shared;
  const origin = ObjectOrigin.FILE;
  return create(BudgetSchema, { id: name, name, origin, shared, ...(amount && { amount }) });
}

function keyOfFile({ name, limits, budget, strict = false, ...key }: FileKey): Key {
  const { models, team, tags, targets, modelAliases, labels, clientNames, priority } = key;
  return create(KeySchema, {
    id: name,
    alias: name,
    origin: ObjectOrigin.FILE,
    kind: KeyKind.INFERENCE,
    ...{ models, team, tags, targets, modelAliases, labels, clientNames, priority, strict },
    ...(limits && { limits }),
    ...(budget && { budgets: [budget] }),
  });
}

/** What the audit keeps of an object: what callers see, which has no secrets. */
function stateOf(row: DirectoryRow | undefined): string {
  if (row === undefined) return "";
  if (row.kind === "member")
    return JSON.stringify({ team: row.teamId, user: row.userId, role: row.role });
  const schema: DescMessage = schemas[row.kind];
  return JSON.stringify(toJson(schema, messageOf(row.kind, row)));
}

/** Refuses a change by somebody who has seen another version. */
export function checkEtag(row: DirectoryRow, etag: string): void {
  if (etag !== "" && etag !== etagOf(row)) throw refusalOf("changed", row);
}

function refusalOf(
  why: "exists" | "changed" | "gone" | "in_use" | "no_budget",
  row: DirectoryRow | undefined,
) {
  const what = `the ${row?.kind ?? "object"} ${row?.name || row?.id || ""}`.trim();
  switch (why) {
    case "exists":
      return new GatewayError({
        reason: ErrorReason.ALREADY_EXISTS,
        message: `another ${row?.kind ?? "object"} has the name ${row?.name ?? ""}, or the id: choose another`,
      });
    case "changed":
      return new GatewayError({
        reason: ErrorReason.ABORTED,
        message: `${what} was changed meanwhile: read it again, and send its etag`,
      });
    case "gone":
      return new GatewayError({ reason: ErrorReason.NOT_FOUND, message: `${what} is gone` });
    case "in_use":
      return new GatewayError({
        reason: ErrorReason.IN_USE,
        message:
          row?.kind === "budget"
            ? `${what} still bounds keys, teams or users: take it from their budget_ids first`
            : `${what} still has keys, teams, users or budgets: delete these first`,
      });
    case "no_budget":
      return new GatewayError(
        invalidField("budget_ids", "a budget is gone that it points to: name others"),
      );
  }
}

/** The refusal of a name that nothing has that the caller may see. */
export function notFound(kind: string, wanted: string, field: string): GatewayError {
  const message = `there is no ${kind} ${wanted} that you may see`;
  return new GatewayError({
    reason: ErrorReason.NOT_FOUND,
    message,
    fields: [{ field, message }],
  });
}
