import { clone, create, fromJsonString, toJsonString } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type ModelSettings,
  ModelSettingsSchema,
} from "../../../gen/parlance/admin/v1/model_pb.js";
import { ObjectOrigin } from "../../../gen/parlance/admin/v1/origin_pb.js";
import { type Model, ModelSchema } from "../../../gen/parlance/config/v1/model_pb.js";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { ConfigObject } from "../../core/stored/config-object.ts";
import type { StoredAdmin } from "../../edge/gateway-api.ts";
import { withChanges } from "../tenants/change-mask.ts";
import { etagOf, type ObjectChanges } from "./object-changes.ts";
import { objectNamed } from "./stored-state.ts";

const kind = "model";

/** The methods of ModelService that make models. */
export function modelMethods(changes: ObjectChanges): StoredAdmin["models"] {
  const { state, wallMs, check, settings } = changes.options;
  const settingsOf = (object: ConfigObject): ModelSettings =>
    create(ModelSettingsSchema, {
      model: modelOf(object),
      origin: ObjectOrigin.STORE,
      etag: etagOf(object),
      createdAt: timestampFromMs(object.createdMs),
      updatedAt: timestampFromMs(object.updatedMs),
      problem: changes.problemOf(kind, object.name),
    });
  return {
    settingsOf(name) {
      if (changes.ownedByConfig(kind, name)) {
        const model = settings().models.get(name)?.settings;
        return model === undefined
          ? undefined
          : create(ModelSettingsSchema, {
              model: clone(ModelSchema, model),
              origin: ObjectOrigin.FILE,
            });
      }
      const object = objectNamed(state.current(), { kind, name });
      return object === undefined ? undefined : settingsOf(object);
    },
    async createModel({ model }, caller) {
      if (model === undefined) throw new GatewayError(invalidField("model", "is missing"));
      const { name } = model;
      changes.refuseTaken(kind, name);
      const nowMs = wallMs();
      const object = objectOf(model, { name, version: 1, createdMs: nowMs, updatedMs: nowMs });
      await changes.make({ write: { object, how: "create" }, field: "model" }, caller);
      return { settings: settingsOf(object) };
    },
    async updateModel({ model, updateMask, etag }, caller) {
      if (model === undefined || model.name === "")
        throw new GatewayError(invalidField("model.name", "is missing: say which model changes"));
      const before = changes.wanted(kind, model.name, etag);
      if (updateMask?.paths.includes("name"))
        throw new GatewayError(invalidField("update_mask", "a name is fixed once a model is made"));
      const { message } = withChanges(ModelSchema, modelOf(before), model, updateMask);
      check(ModelSchema, message, "model");
      const version = before.version + 1;
      const object = objectOf(message, { ...before, version, updatedMs: wallMs() });
      await changes.make({ write: { object, how: "update" }, field: "model" }, caller);
      return { settings: settingsOf(object) };
    },
    async deleteModel({ name, etag }, caller) {
      const object = changes.wanted(kind, name, etag);
      await changes.make({ write: { object, how: "delete" }, field: "name" }, caller);
      return {};
    },
  };
}

function modelOf({ documentJson }: ConfigObject): Model {
  return fromJsonString(ModelSchema, documentJson, { ignoreUnknownFields: true });
}

function objectOf(
  model: Model,
  parts: Pick<ConfigObject, "name" | "version" | "createdMs" | "updatedMs">,
): ConfigObject {
  const { name, version, createdMs, updatedMs } = parts;
  const documentJson = toJsonString(ModelSchema, model);
  return { kind, name, documentJson, sealed: "", version, createdMs, updatedMs };
}
