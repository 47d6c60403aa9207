import { create, toJsonString } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type ConfigVersion,
  ConfigVersionSchema,
} from "../../../gen/parlance/admin/v1/config_service_pb.js";
import {
  type Config,
  ConfigSource as ConfigOwner,
  ConfigSchema,
} from "../../../gen/parlance/config/v1/config_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { examineText } from "../../config/loading/examine.ts";
import type { Loaded, LoadResult } from "../../config/loading/load-config.ts";
import { redactConfig } from "../../config/redact-config.ts";
import type { Settings } from "../../config/settings.ts";
import { textOfApplied } from "../../config/stored/load-with-store.ts";
import { objectPlace, seal } from "../../config/stored/seal.ts";
import { invalidField, invalidFields, MAX_FAULT_FIELDS } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { AdminCaller, ConfigDirectory } from "../../edge/gateway-api.ts";
import type { ConfigVersionRow } from "../../store/objects/config-versions.ts";
import type { StoreLink } from "../../store/store.ts";
import { createLazyValidator } from "../../validation/validator.ts";
import { describeViolations } from "../directories/config-directory.ts";
import { restartWarnings } from "../restart-warnings.ts";
import { auditOf } from "../stored/audit-of.ts";
import type { StoredState } from "../stored/stored-state.ts";
import { configChanges } from "./config-changes.ts";

/** What the versions of a configuration are made through. */
export interface ConfigVersionsOptions {
  /** Undefined: there is no store. */
  readonly store?: Pick<StoreLink, "request"> | undefined;
  readonly settings: () => Settings;
  /** The config file; "" for none. */
  readonly file: () => string;
  readonly state: StoredState;
  /** Loads a text as it would be if it was applied. */
  readonly loadApplied: (text: string) => Promise<LoadResult>;
  readonly wallMs: () => number;
}

const defaultPageSize = 100;

/** The methods of ConfigService that plan and make versions. */
export function configVersions(options: ConfigVersionsOptions): ConfigDirectory["versions"] {
  const { settings, loadApplied } = options;
  return {
    async plan({ text }) {
      const result = await loadApplied(text);
      const etag = etagInForce(options);
      if (!result.ok) return { violations: describeViolations(result.violations), etag };
      const warnings = [...result.warnings, ...restartWarnings(settings(), result.settings)];
      return {
        warnings: describeViolations(warnings),
        changes: configChanges(settings().config, result.settings.config),
        hash: result.settings.hash,
        etag,
      };
    },
    async apply({ text, etag, comment }, caller) {
      const version = await apply(options, { text, etag, comment, rolledBackTo: 0 }, caller);
      return { version };
    },
    async rollback({ version: number, etag, comment }, caller) {
      const text = textOf(await versionOf(options, number), options);
      const wanted = { text, etag, comment, rolledBackTo: number };
      return { version: await apply(options, wanted, caller) };
    },
    async listVersions({ pageSize, pageToken }) {
      if (!/^\d{0,10}$/.test(pageToken))
        throw new GatewayError(invalidField("page_token", "must be that of an answer"));
      const limit = pageSize === 0 ? defaultPageSize : pageSize;
      const before = pageToken === "" ? {} : { before: Number(pageToken) };
      const rows = await storeOf(options).request("config.versions", {
        ...before,
        limit: limit + 1,
      });
      const page = rows.slice(0, limit);
      return {
        versions: page.map((row) => describe(row, options)),
        nextPageToken: rows.length > limit ? String(page.at(-1)?.number ?? "") : "",
      };
    },
    async getVersion({ version: number }) {
      const row = await versionOf(options, number);
      const { config } = examineText(textOf(row, options), {}, createLazyValidator());
      return {
        version: describe(row, options),
        ...(config && { config: redactConfig(config) }),
      };
    },
  };
}

/** The number of the version that is in force; 0: none is, the file is. */
export function versionInForce({
  settings,
  state,
}: Pick<ConfigVersionsOptions, "settings" | "state">): number {
  if (settings().config.configSource !== ConfigOwner.STORE) return 0;
  return state.current().stored.applied?.number ?? 0;
}

/** What a plan is made on. */
export function etagInForce(options: Pick<ConfigVersionsOptions, "settings" | "state">): string {
  return String(versionInForce(options));
}

interface WantedVersion {
  readonly text: string;
  readonly etag: string;
  readonly comment: string;
  readonly rolledBackTo: number;
}

async function apply(
  options: ConfigVersionsOptions,
  { text, etag, comment, rolledBackTo }: WantedVersion,
  caller: AdminCaller,
): Promise<ConfigVersion> {
  refuseOfFile(options);
  const { state, wallMs, loadApplied } = options;
  if (etag !== "" && etag !== etagInForce(options)) throw aborted();
  const loaded = usable(await loadApplied(text));
  const { hash } = loaded.settings;
  const nowMs = wallMs();
  const made = {
    ...sealedText(text, hash, options.settings()),
    hash,
    comment,
    rolledBackTo,
    actorName: caller.name,
    createdMs: nowMs,
  };
  const before = { hash: options.settings().hash, version: versionInForce(options) };
  const audit = auditOf(caller, {
    action: rolledBackTo === 0 ? "config.apply" : "config.rollback",
    kind: "config",
    id: "",
    before: JSON.stringify(before),
    after: JSON.stringify({ hash, comment, ...(rolledBackTo > 0 && { rolledBackTo }) }),
    nowMs,
  });
  const expected = etag === "" ? {} : { expected: Number(etag) };
  const result = await storeOf(options).request("config.apply", {
    version: made,
    audit,
    ...expected,
  });
  if (!result.ok) throw aborted();
  await state.reached(result.sequence);
  return describe({ ...made, number: result.number }, options);
}

/** The text as the store keeps it: encrypted where it has secrets, or may have. */
function sealedText(
  text: string,
  hash: string,
  { storeEncryptionKey: key }: Settings,
): Pick<ConfigVersionRow, "text" | "sealed"> {
  if (key !== undefined) return { text: "", sealed: seal(text, key, objectPlace("config", hash)) };
  const { config } = examineText(text, {}, createLazyValidator());
  if (config === undefined || print(config) === print(redactConfig(config)))
    return { text, sealed: "" };
  throw new GatewayError({
    reason: ErrorReason.UNSUPPORTED,
    message:
      "the configuration has secrets in it, and there is no key to keep them with: set " +
      "store.encryption_key, or write the names of environment variables: { env: NAME }",
    fields: [{ field: "text", message: "has secrets, and store.encryption_key is unset" }],
  });
}

function print(config: Config): string {
  return toJsonString(ConfigSchema, config);
}

async function versionOf(
  options: ConfigVersionsOptions,
  number: number,
): Promise<ConfigVersionRow> {
  const row = await storeOf(options).request("config.version", { number });
  if (row !== undefined) return row;
  const message = `there is no version ${number}`;
  throw new GatewayError({
    reason: ErrorReason.NOT_FOUND,
    message,
    fields: [{ field: "version", message }],
  });
}

function textOf(row: ConfigVersionRow, { settings }: ConfigVersionsOptions): string {
  const text = textOfApplied(row, settings().storeEncryptionKey);
  if (text !== undefined) return text;
  throw new GatewayError({
    reason: ErrorReason.UNSUPPORTED,
    message: `version ${row.number} was encrypted with another store.encryption_key`,
  });
}

function describe(row: ConfigVersionRow, options: ConfigVersionsOptions): ConfigVersion {
  return create(ConfigVersionSchema, {
    number: row.number,
    hash: row.hash,
    createdAt: timestampFromMs(row.createdMs),
    actorName: row.actorName,
    comment: row.comment,
    rolledBackTo: row.rolledBackTo,
    inForce: row.number === versionInForce(options),
  });
}

function storeOf({ store, settings }: ConfigVersionsOptions): Pick<StoreLink, "request"> {
  if (store !== undefined && settings().store !== undefined) return store;
  throw new GatewayError({
    reason: ErrorReason.UNSUPPORTED,
    message: "versions are kept in a database: set `store` to sqlite or postgres",
  });
}

function refuseOfFile(options: ConfigVersionsOptions): void {
  storeOf(options);
  if (options.settings().config.configSource === ConfigOwner.STORE) return;
  const file = options.file();
  const where = file === "" ? "the environment" : `the config file ${file}`;
  throw new GatewayError({
    reason: ErrorReason.OWNED_BY_FILE,
    message: `the configuration belongs to ${where}: change it there, or set config_source: STORE`,
  });
}

function usable(result: LoadResult): Loaded {
  if (result.ok && !result.empty) return result;
  if (result.ok) throw new GatewayError(invalidField("text", "sets nothing at all"));
  const fields = result.violations.slice(0, MAX_FAULT_FIELDS).map((one) => ({
    field: one.path === "" ? "text" : one.path,
    message: `${one.line}:${one.column}: ${one.message}`,
    ruleId: one.ruleId,
  }));
  const { message } = invalidFields(fields);
  throw new GatewayError({ reason: ErrorReason.INVALID_CONFIG, message, fields });
}

function aborted(): GatewayError {
  return new GatewayError({
    reason: ErrorReason.ABORTED,
    message: "another version is in force than the one that this was planned on: plan it again",
  });
}
