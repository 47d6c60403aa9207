import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { LoadResult } from "../../config/loading/load-config.ts";
import type { Settings } from "../../config/settings.ts";
import type { Check } from "../../core/check.ts";
import { invalidFields } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { ConfigObject, ConfigObjectKind } from "../../core/stored/config-object.ts";
import type { AdminCaller } from "../../edge/gateway-api.ts";
import type { ObjectWrite } from "../../store/objects/write-objects.ts";
import type { StoreLink } from "../../store/store.ts";
import { auditOf } from "./audit-of.ts";
import { objectNamed, type StoredState } from "./stored-state.ts";

/** What the objects of the store are changed through. */
export interface ObjectChangesOptions {
  /** Undefined: there is no store. */
  readonly store?: Pick<StoreLink, "request"> | undefined;
  readonly settings: () => Settings;
  /** The config file; "" for none. */
  readonly file: () => string;
  readonly state: StoredState;
  readonly check: Check;
  /** Loads the configuration in force as it would be with other objects. */
  readonly loadStored: (objects: readonly ConfigObject[]) => Promise<LoadResult>;
  readonly wallMs: () => number;
}

/** A change that is wanted, and what a caller calls the object in its request. */
export interface WantedChange {
  readonly write: ObjectWrite;
  /** The field of the request that has it, such as `model`. */
  readonly field: string;
}

const maxObjects: Readonly<Record<ConfigObjectKind, number>> = {
  provider: 1_000,
  model: 10_000,
  price: 1_000,
};

/** Finds objects of the store, and changes them: first in a trial, then there, then in force. */
export class ObjectChanges {
  readonly options: ObjectChangesOptions;

  constructor(options: ObjectChangesOptions) {
    this.options = options;
  }

  /** The names that the config itself has, and not the store. */
  ownedByConfig(kind: ConfigObjectKind, name: string): boolean {
    const { models, aliases, providers, stored } = this.options.settings();
    switch (kind) {
      case "model":
        return (models.has(name) && stored?.models.has(name) !== true) || aliases.has(name);
      case "provider":
        return providers.has(name) && stored?.providers.has(name) !== true;
      case "price":
        return false;
    }
  }

  /** Why an object is not in force; "": it is. */
  problemOf(kind: ConfigObjectKind, name: string): string {
    const { leftOut } = this.options.state.current();
    const found = leftOut.find((one) => one.kind === kind && one.name === name);
    if (found === undefined) return "";
    return found.problems
      .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
      .join("; ")
      .slice(0, maxProblemText);
  }

  /** An object of the store that has the etag that is wanted; "": any. */
  wanted(kind: ConfigObjectKind, name: string, etag: string): ConfigObject {
    const object = objectNamed(this.options.state.current(), { kind, name });
    if (object === undefined) {
      if (this.ownedByConfig(kind, name)) throw this.#ownedByFile(kind, name);
      throw noSuchObject(kind, name);
    }
    if (etag !== "" && etag !== etagOf(object)) throw refusalOf("changed", object);
    return object;
  }

  /** Refuses a new object whose name there is. */
  refuseTaken(kind: ConfigObjectKind, name: string): void {
    if (this.ownedByConfig(kind, name)) {
      const where = this.#owner();
      throw new GatewayError({
        reason: ErrorReason.ALREADY_EXISTS,
        message: `${where} has a ${kind} or an alias ${name}: choose another name`,
      });
    }
    const { current } = this.options.state;
    const object = objectNamed(current(), { kind, name });
    if (object !== undefined) throw refusalOf("exists", object);
    const count = current().stored.objects.filter((one) => one.kind === kind).length;
    if (count >= maxObjects[kind])
      throw new GatewayError(
        invalidFields([{ field: "", message: `the store holds ${maxObjects[kind]} at most` }]),
      );
  }

  /** Makes a change, which is in force in this thread when this resolves. */
  async make({ write, field }: WantedChange, caller: AdminCaller): Promise<void> {
    const { state, wallMs } = this.options;
    const store = this.#store();
    await this.#try(write, field);
    const { kind, name } = write.object;
    const before = objectNamed(state.current(), { kind, name });
    const audit = auditOf(caller, {
      action: `${kind}.${write.how}`,
      kind,
      id: name,
      before: before?.documentJson ?? "",
      after: write.how === "delete" ? "" : write.object.documentJson,
      nowMs: wallMs(),
    });
    const result = await store.request("config.write", { write, audit });
    if (!result.ok) throw refusalOf(result.why, write.object);
    await state.reached(result.sequence);
  }

  #store(): Pick<StoreLink, "request"> {
    const { store, settings } = this.options;
    if (store === undefined || (settings().store === undefined && settings().workers > 1))
      throw new GatewayError({
        reason: ErrorReason.UNSUPPORTED,
        message: "models and providers are made in a database: set `store` to sqlite or postgres",
      });
    return store;
  }

  /** Refuses what would not work, or would take something else out of force. */
  async #try({ object, how }: ObjectWrite, field: string): Promise<void> {
    const { state, loadStored } = this.options;
    const { stored, leftOut } = state.current();
    const others = stored.objects.filter((one) => !isSame(one, object));
    const result = await loadStored(how === "delete" ? others : [...others, object]);
    if (!result.ok) throw unusable(result.violations[0]?.message ?? "");
    const own = result.leftOut.find((one) => isSame(one, object));
    if (own !== undefined)
      throw new GatewayError(
        invalidFields(
          own.problems.map(({ path, message, hint }) => ({
            field: path === "" ? field : `${field}.${path}`,
            message: hint === "" ? message : `${message} (${hint})`,
          })),
        ),
      );
    const broken = result.leftOut.find((one) => !leftOut.some((known) => isSame(known, one)));
    if (broken === undefined) return;
    const why = broken.problems[0]?.message ?? "";
    throw new GatewayError({
      reason: ErrorReason.IN_USE,
      message: `the ${broken.kind} ${broken.name} of the store needs it (${why}): change that first`,
    });
  }

  #owner(): string {
    const file = this.options.file();
    return file === "" ? "the configuration" : `the config file ${file}`;
  }

  #ownedByFile(kind: ConfigObjectKind, name: string): GatewayError {
    const where = this.#owner();
    return new GatewayError({
      reason: ErrorReason.OWNED_BY_FILE,
      message: `the ${kind} ${name} belongs to ${where}: change it there`,
      fields: [{ field: "name", message: `belongs to ${where}` }],
    });
  }
}

const maxProblemText = 2_000;

/** What changes whenever an object does. */
export function etagOf({ version }: ConfigObject): string {
  return String(version);
}

/** The refusal of a name that nothing has. */
export function noSuchObject(kind: ConfigObjectKind, name: string): GatewayError {
  const message = `there is no ${kind} ${name} in the store`;
  return new GatewayError({
    reason: ErrorReason.NOT_FOUND,
    message,
    fields: [{ field: "name", message }],
  });
}

function isSame(
  one: Pick<ConfigObject, "kind" | "name">,
  other: Pick<ConfigObject, "kind" | "name">,
): boolean {
  return one.kind === other.kind && one.name === other.name;
}

function unusable(why: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.INVALID_CONFIG,
    message: `the config in force cannot be loaded again, so that nothing can be added: ${why}`,
  });
}

function refusalOf(why: "exists" | "changed" | "gone", { kind, name }: ConfigObject): GatewayError {
  switch (why) {
    case "exists":
      return new GatewayError({
        reason: ErrorReason.ALREADY_EXISTS,
        message: `there is a ${kind} ${name} already: update it, or choose another name`,
      });
    case "changed":
      return new GatewayError({
        reason: ErrorReason.ABORTED,
        message: `the ${kind} ${name} was changed meanwhile: read it again, and send its etag`,
      });
    case "gone":
      return noSuchObject(kind, name);
  }
}
