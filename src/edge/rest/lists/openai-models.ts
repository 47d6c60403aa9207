import { Modality, type ModelFacts } from "../../../../gen/parlance/model/v1/model_facts_pb.js";
import { type ModelFormat, operationsOf } from "./model-format.ts";

/**
 * https://platform.openai.com/docs/api-reference/models/object, with the members that Mistral's
 * clients demand: `type`, and `capabilities`
 * (https://docs.mistral.ai/api/#tag/models/operation/list_models_v1_models_get). When a model was
 * made is not known here.
 */
export const openAiModels: ModelFormat = {
  listed: "data",
  page: (models) => ({ models, members: { object: "list" } }),
  model(model) {
    const { name, description, deployments, facts } = model;
    const operations = operationsOf(model);
    return {
      id: name,
      object: "model",
      created: 0,
      owned_by: deployments[0]?.provider ?? "parlance",
      type: "base",
      name,
      ...(description === "" ? undefined : { description }),
      ...(facts?.contextWindow === undefined
        ? undefined
        : { max_context_length: facts.contextWindow }),
      aliases: [],
      capabilities: {
        completion_chat: operations.has("chat"),
        completion_fim: false,
        function_calling: operations.has("chat") && facts?.tools !== false,
        fine_tuning: false,
        ...(facts === undefined ? undefined : { vision: sees(facts) }),
      },
    };
  },
};

/** Whether a model is known to read pictures. */
export function sees(facts: ModelFacts | undefined): boolean {
  return facts?.inputModalities.includes(Modality.IMAGE) === true;
}
