import { isFieldSet } from "@bufbuild/protobuf";
import { ConfigSchema } from "../../../gen/parlance/config/v1/config_pb.js";
import type { Finding } from "../../config/config-scope.ts";
import { examineText } from "../../config/loading/examine.ts";
import { invalidField, invalidFields } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { TranslateDeployment } from "../../edge/translated-deployment.ts";
import { createLazyValidator } from "../../validation/validator.ts";

/** What of a config a deployment may come to while the gateway runs. */
const stored: ReadonlySet<string> = new Set(["providers", "models"]);

/** Makes what reads an entry of LiteLLM's `model_list` as its config file is read. */
export function createDeploymentTranslator(): TranslateDeployment {
  const validator = createLazyValidator();
  const litellm = { env: {}, files: {}, filename: "", lookUps: false, written: true };
  return (json) => {
    const text = `{"model_list":[${json}]}`;
    const { config, shape, broken, warnings } = examineText(text, { litellm }, validator);
    const wrong = [...shape, ...broken];
    if (wrong.length > 0)
      throw new GatewayError(
        invalidFields(wrong.map((one) => ({ field: memberOf(one), message: one.message }))),
      );
    if (config === undefined) throw new GatewayError(invalidField("litellm_params", "is needed"));
    const [entry, ...others] = Object.entries(config.providers);
    const [model] = config.models;
    if (entry === undefined || model === undefined || others.length > 0)
      throw new GatewayError(invalidField("litellm_params", "must be those of one model"));
    const more = ConfigSchema.fields.find(
      ({ name, ...field }) => !stored.has(name) && isFieldSet(config, { name, ...field }),
    );
    if (more !== undefined)
      throw new GatewayError(
        invalidField("litellm_params", `sets ${more.name}, which the config file alone has`),
      );
    const [providerName, provider] = entry;
    return {
      provider,
      model,
      providerName,
      warnings: warnings.map((one) => `${memberOf(one)}: ${one.message}`),
    };
  };
}

/** `model_list[0].litellm_params.x` is `litellm_params.x` of the request. */
function memberOf({ path }: Finding): string {
  return path.replace(/^model_list\[0\]\.?/, "") || "litellm_params";
}
