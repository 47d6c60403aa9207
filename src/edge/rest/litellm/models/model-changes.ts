import { ObjectOrigin } from "../../../../../gen/parlance/admin/v1/origin_pb.js";
import type { Model } from "../../../../../gen/parlance/config/v1/model_pb.js";
import { ErrorReason } from "../../../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../../core/faults/gateway-error.ts";
import { isObject } from "../../../../json/json.ts";
import { listedModels } from "../../listed-models.ts";
import type { ManagementCall, ServeManagement } from "../management-call.ts";
import { wrong } from "../members/management-members.ts";
import { modelId, providerPrefix } from "./model-routes.ts";

/** A name for a provider that has one deployment has this much room for the id of that. */
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,54}$/;

/**
 * `POST /model/new`: an account at a vendor of its own, and a target of the model, which is made
 * where there is none of the name.
 */
export const newModel: ServeManagement = async (call) => {
  const { members, engine, services, warnings } = call;
  const name = members.neededText("model_name");
  const params = members.objectText("litellm_params");
  if (params === undefined) throw wrong("litellm_params", "is required");
  const said = members.value("model_info") ?? {};
  if (!isObject(said)) throw wrong("model_info", "must be an object");
  const { id = engine.newId(), ...info } = said;
  if (typeof id !== "string" || !idPattern.test(id))
    throw wrong(
      "model_info.id",
      "must be at most 55 letters, digits, dots, dashes and underscores",
    );
  const parts = { model_name: JSON.stringify(name), litellm_params: params };
  const entry = Object.entries({ ...parts, model_info: JSON.stringify(info) });
  const text = entry.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",");
  const translated = engine.translateDeployment(`{${text}}`);
  for (const one of translated.warnings) warnings.push(one);
  const providerName = `${providerPrefix}${id}`;
  await services.providers.createProvider({ name: providerName, settings: translated.provider });
  try {
    await addTarget(call, renamed(translated.model, translated.providerName, providerName));
  } catch (error) {
    await services.providers.deleteProvider({ name: providerName });
    throw error;
  }
  return {
    model_id: id,
    model_name: name,
    litellm_params: { model: translated.model.targets[0]?.model ?? "" },
    model_info: { ...info, id, db_model: true },
    created_by: call.caller.access.userId || call.caller.name,
    updated_by: call.caller.access.userId || call.caller.name,
  };
};

/** The model with its target at another provider. */
function renamed(model: Model, from: string, to: string): Model {
  const targets = model.targets.map((target) => ({
    ...target,
    model: target.model.startsWith(`${from}/`)
      ? to + target.model.slice(from.length)
      : target.model,
  }));
  return { ...model, targets };
}

/** Makes a model, or adds its target to the one of the store that has the name. */
async function addTarget({ engine, services }: ManagementCall, model: Model): Promise<void> {
  const known = engine.stored.models.settingsOf(model.name);
  if (known?.origin !== ObjectOrigin.STORE) {
    await services.models.createModel({ model });
    return;
  }
  const targets = [...(known.model?.targets ?? []), ...model.targets];
  await services.models.updateModel({
    model: { name: model.name, targets },
    updateMask: { paths: ["targets"] },
    etag: known.etag,
  });
}

/** `POST /model/delete`: the target with the id, and with the last one of a model the model. */
export const deleteModel: ServeManagement = async (call) => {
  const { members, services, engine } = call;
  const id = members.neededText("id");
  const found = deploymentOf(call, id);
  const known = found && engine.stored.models.settingsOf(found.model);
  if (found === undefined || known === undefined) throw unknown(id);
  const left = (known.model?.targets ?? []).filter(({ model }) => model !== found.target);
  const { etag } = known;
  if (left.length === 0) await services.models.deleteModel({ name: found.model, etag });
  else
    await services.models.updateModel({
      model: { name: found.model, targets: left },
      updateMask: { paths: ["targets"] },
      etag,
    });
  if (found.provider.startsWith(providerPrefix))
    await services.providers.deleteProvider({ name: found.provider });
  return { message: `Model: ${id} deleted successfully` };
};

/** The deployment with an id, among the models that the caller may use. */
function deploymentOf({ engine, principal }: ManagementCall, id: string) {
  for (const listed of listedModels(engine, principal))
    for (const { provider, model: name } of listed.describe().deployments) {
      const target = `${provider}/${name}`;
      if (modelId(listed.name, target) === id) return { model: listed.name, target, provider };
    }
  return undefined;
}

function unknown(id: string): GatewayError {
  const message = `there is no model with the id ${id}`;
  return new GatewayError({
    reason: ErrorReason.NOT_FOUND,
    message,
    fields: [{ field: "id", message }],
  });
}
