import { createHash } from "node:crypto";
import {
  type Deployment,
  HealthState,
  type Model,
} from "../../../../../gen/parlance/admin/v1/model_pb.js";
import { Modality, type ModelFacts } from "../../../../../gen/parlance/model/v1/model_facts_pb.js";
import type { WritableObject } from "../../../../json/write.ts";
import { findModel, listedModels } from "../../listed-models.ts";
import type { ManagementCall, ServeManagement } from "../management-call.ts";

/** `GET /model/info`: an entry for each target of each model that the caller may use. */
export const modelInfo: ServeManagement = async (call) => {
  const { engine, principal, members } = call;
  const wanted = members.text("litellm_model_id") ?? "";
  const listed = listedModels(engine, principal).map((model) => model.describe());
  const models = await engine.models.withFacts(listed);
  const data = models.flatMap((model) =>
    model.deployments.map((deployment) => modelEntry(model, deployment)),
  );
  const shown = wanted === "" ? data : data.filter(({ model_info }) => model_info.id === wanted);
  return { data: shown };
};

function modelEntry(model: Model, deployment: Deployment) {
  const { kind, provider, weight, facts } = deployment;
  const target = `${provider}/${deployment.model}`;
  return {
    model_name: model.name,
    litellm_params: { model: `${kind}/${deployment.model}`, weight },
    model_info: {
      id: modelId(model.name, target),
      db_model: provider.startsWith(providerPrefix),
      key: deployment.model,
      litellm_provider: kind,
      mode: modeOf(deployment),
      ...factsOf(facts),
      parlance_target: target,
    },
  };
}

/** What the providers of deployments that `/model/new` has made begin with; their ids follow. */
export const providerPrefix = "litellm-";

/** The id of a target of a model, as LiteLLM's programs know deployments by: the same every time. */
export function modelId(model: string, target: string): string {
  if (target.startsWith(providerPrefix))
    return target.slice(providerPrefix.length, target.indexOf("/"));
  return createHash("sha256").update(`${model}\n${target}`).digest("hex");
}

function modeOf({ operations }: Deployment): string {
  if (operations.includes("chat")) return "chat";
  if (operations.includes("embed")) return "embedding";
  return operations.includes("rerank") ? "rerank" : (operations[0] ?? "chat");
}

/** What is known of a model in LiteLLM's words; null where it is not known. */
function factsOf(facts: ModelFacts | undefined): WritableObject {
  const { prices, inputModalities = [], outputModalities = [] } = facts ?? {};
  const reads = (modality: Modality) =>
    inputModalities.length === 0 ? null : inputModalities.includes(modality);
  const { input, output, cacheRead, cacheWrite } = prices?.tokens ?? {};
  return {
    max_tokens: facts?.maxOutputTokens ?? null,
    max_input_tokens: facts?.maxInputTokens ?? facts?.contextWindow ?? null,
    max_output_tokens: facts?.maxOutputTokens ?? null,
    input_cost_per_token: forOne(input),
    output_cost_per_token: forOne(output),
    cache_read_input_token_cost: forOne(cacheRead),
    cache_creation_input_token_cost: forOne(cacheWrite),
    supports_vision: reads(Modality.IMAGE),
    supports_pdf_input: reads(Modality.PDF),
    supports_audio_input: reads(Modality.AUDIO),
    supports_audio_output:
      outputModalities.length === 0 ? null : outputModalities.includes(Modality.AUDIO),
    supports_function_calling: facts?.tools ?? null,
    supports_parallel_function_calling: facts?.parallelTools ?? null,
    supports_response_schema: facts?.structuredOutput ?? null,
    supports_reasoning: facts?.reasoning ?? null,
    supports_assistant_prefill: facts?.prefill ?? null,
    supports_prompt_caching: facts?.promptCaching ?? null,
  };
}

/** Nano-USD for a million tokens as US dollars for one. */
function forOne(price: bigint | undefined): number | null {
  return price === undefined ? null : Number(`${price}e-15`);
}

/**
 * `GET /health`: of each target, how it did in the last calls and checks. Nothing is called for
 * the answer; a target that was never called is among the healthy ones.
 */
export const modelHealth: ServeManagement = async (call) => {
  const wanted = call.members.text("model") ?? "";
  const models =
    wanted === "" ? allModels(call) : [await findModel(call.engine, call.principal, wanted)];
  const healthy: WritableObject[] = [];
  const unhealthy: WritableObject[] = [];
  for (const model of models)
    for (const deployment of model.deployments) {
      const state = deployment.health?.state ?? HealthState.UNSPECIFIED;
      const failed = state === HealthState.DEGRADED || state === HealthState.UNHEALTHY;
      (failed ? unhealthy : healthy).push(endpointOf(model, deployment));
    }
  return {
    healthy_endpoints: healthy,
    unhealthy_endpoints: unhealthy,
    healthy_count: healthy.length,
    unhealthy_count: unhealthy.length,
  };
};

function allModels({ engine, principal }: ManagementCall): readonly Model[] {
  return listedModels(engine, principal).map((model) => model.describe());
}

function endpointOf(model: Model, { kind, provider, model: name, health }: Deployment) {
  const state = health?.state ?? HealthState.UNSPECIFIED;
  return {
    model: `${kind}/${name}`,
    model_name: model.name,
    model_id: modelId(model.name, `${provider}/${name}`),
    health: HealthState[state].toLowerCase(),
    consecutive_failures: health?.consecutiveFailures ?? 0,
  };
}
