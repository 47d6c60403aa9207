import { clone, create, fromJsonString } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ObjectOrigin } from "../../../gen/parlance/admin/v1/origin_pb.js";
import { type Provider, ProviderSchema } from "../../../gen/parlance/admin/v1/provider_pb.js";
import { ProviderSchema as SettingsSchema } from "../../../gen/parlance/config/v1/provider_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { ConfigObject } from "../../core/stored/config-object.ts";
import type { StoredAdmin } from "../../edge/gateway-api.ts";
import { withChanges } from "../tenants/change-mask.ts";
import { etagOf, type ObjectChanges } from "./object-changes.ts";
import { textsOf, wholeProvider, withHidden } from "./provider-secrets.ts";
import { objectNamed } from "./stored-state.ts";

const kind = "provider";
const defaultPageSize = 100;

/** The methods of ProviderService. */
export function providerMethods(changes: ObjectChanges): StoredAdmin["providers"] {
  const { wallMs, check, settings } = changes.options;
  const { providerOf, find, names } = createProviderView(changes);
  return {
    async createProvider({ name, settings: wanted }, caller) {
      if (wanted === undefined) throw new GatewayError(invalidField("settings", "is missing"));
      changes.refuseTaken(kind, name);
      const whole = withHidden(wanted, undefined);
      const nowMs = wallMs();
      const object: ConfigObject = {
        kind,
        name,
        ...textsOf(name, whole, settings().storeEncryptionKey),
        version: 1,
        createdMs: nowMs,
        updatedMs: nowMs,
      };
      await changes.make({ write: { object, how: "create" }, field: "settings" }, caller);
      return { provider: providerOf(object) };
    },
    async getProvider({ name }) {
      const provider = find(name);
      if (provider === undefined) throw noProvider(name);
      return { provider };
    },
    async listProviders({ pageSize, pageToken }) {
      const left = names().filter((name) => name > pageToken);
      const page = left.slice(0, pageSize === 0 ? defaultPageSize : pageSize);
      return {
        providers: page.flatMap((name) => find(name) ?? []),
        nextPageToken: left.length > page.length ? (page.at(-1) ?? "") : "",
      };
    },
    async updateProvider({ name, settings: wanted, updateMask, etag }, caller) {
      if (wanted === undefined) throw new GatewayError(invalidField("settings", "is missing"));
      const key = settings().storeEncryptionKey;
      const object = changes.wanted(kind, name, etag);
      const before = wholeProvider(object, key);
      const shown = withHidden(wanted, before);
      const { message } = withChanges(SettingsSchema, before, shown, updateMask);
      check(SettingsSchema, message, "settings");
      const changed: ConfigObject = {
        ...object,
        ...textsOf(name, message, key),
        version: object.version + 1,
        updatedMs: wallMs(),
      };
      await changes.make({ write: { object: changed, how: "update" }, field: "settings" }, caller);
      return { provider: providerOf(changed) };
    },
    async deleteProvider({ name, etag }, caller) {
      const object = changes.wanted(kind, name, etag);
      await changes.make({ write: { object, how: "delete" }, field: "name" }, caller);
      return {};
    },
  };
}

/** The providers of the config and of the store, as callers see them. */
function createProviderView(changes: ObjectChanges) {
  const { state, settings } = changes.options;
  const providerOf = (object: ConfigObject): Provider =>
    create(ProviderSchema, {
      name: object.name,
      settings: fromJsonString(SettingsSchema, object.documentJson, { ignoreUnknownFields: true }),
      origin: ObjectOrigin.STORE,
      etag: etagOf(object),
      createdAt: timestampFromMs(object.createdMs),
      updatedAt: timestampFromMs(object.updatedMs),
      problem: changes.problemOf(kind, object.name),
    });
  const find = (name: string): Provider | undefined => {
    const configured = settings().providers.get(name)?.settings;
    if (configured !== undefined && changes.ownedByConfig(kind, name))
      return create(ProviderSchema, {
        name,
        settings: clone(SettingsSchema, configured),
        origin: ObjectOrigin.FILE,
      });
    const object = objectNamed(state.current(), { kind, name });
    return object === undefined ? undefined : providerOf(object);
  };
  const names = (): readonly string[] => {
    const stored = state
      .current()
      .stored.objects.flatMap((one) => (one.kind === kind ? one.name : []));
    return [...new Set([...settings().providers.keys(), ...stored])].sort();
  };
  return { providerOf, find, names };
}

function noProvider(name: string): GatewayError {
  const message = `there is no provider ${name}`;
  return new GatewayError({
    reason: ErrorReason.NOT_FOUND,
    message,
    fields: [{ field: "name", message }],
  });
}
