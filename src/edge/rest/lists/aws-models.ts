import type { Model } from "../../../../gen/parlance/admin/v1/model_pb.js";
import type { ListedModel } from "../../gateway-api.ts";
import { type ModelFormat, operationsOf, pageSize, tokenPage } from "./model-format.ts";
import { sees } from "./openai-models.ts";

/** ARNs name a region, of which there is none here: `parlance` marks those that are our own. */
const ARN = "arn:aws:bedrock:parlance::";
const MODEL = `${ARN}foundation-model/`;
const PROFILE = `${ARN}inference-profile/`;

/** The model of an ARN that our lists gave; other names are as they are. */
export function bedrockModel(name: string): string {
  const prefix = [MODEL, PROFILE].find((one) => name.startsWith(one));
  return prefix === undefined ? name : name.slice(prefix.length);
}

/**
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html. There are
 * no pages; models are on demand, and none is customized. `byProvider` is the provider's name in
 * the configuration.
 */
export const foundationModels: ModelFormat = {
  listsFacts: true,
  listed: "modelSummaries",
  page(all, query) {
    const type = query.get("byInferenceType") ?? "ON_DEMAND";
    const none = type !== "ON_DEMAND" || query.get("byCustomizationType") !== null;
    return { models: none ? [] : all.filter((model) => isWanted(model, query)), members: {} };
  },
  model: summaryOf,
  alone: (model) => ({ modelDetails: summaryOf(model) }),
};

function isWanted(listed: ListedModel, query: URLSearchParams): boolean {
  const provider = query.get("byProvider");
  const modality = query.get("byOutputModality");
  if (provider === null && modality === null) return true;
  const model = listed.describe();
  const isOfProvider =
    provider === null || providerOf(model).toLowerCase() === provider.toLowerCase();
  return isOfProvider && (modality === null || outputsOf(model).includes(modality));
}

function summaryOf(model: Model): object {
  const { name, description, facts } = model;
  return {
    modelArn: `${MODEL}${name}`,
    modelId: name,
    modelName: description === "" ? name : description,
    providerName: providerOf(model),
    inputModalities: sees(facts) ? ["TEXT", "IMAGE"] : ["TEXT"],
    outputModalities: outputsOf(model),
    responseStreamingSupported: operationsOf(model).has("chat"),
    customizationsSupported: [],
    inferenceTypesSupported: ["ON_DEMAND"],
    modelLifecycle: { status: facts?.deprecated === true ? "LEGACY" : "ACTIVE" },
  };
}

function providerOf({ deployments }: Model): string {
  return deployments[0]?.provider ?? "parlance";
}

/** Rankings have no word there. */
function outputsOf(model: Model): readonly string[] {
  const operations = operationsOf(model);
  return [
    ...(operations.has("chat") ? ["TEXT"] : []),
    ...(operations.has("embed") ? ["EMBEDDING"] : []),
  ];
}

/**
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListInferenceProfiles.html. Every
 * model is a profile of the system, for some clients offer nothing else. `maxResults` is 1 to 1000,
 * 1000 where none is asked for; a page's token is the name of the last model of the page before.
 */
export const inferenceProfiles: ModelFormat = {
  listed: "inferenceProfileSummaries",
  page(all, query) {
    const ofSystem = (query.get("type") ?? SYSTEM) === SYSTEM;
    const token = query.get("nextToken") ?? "";
    const size = pageSize(query.get("maxResults"), 1000, 1000);
    const { page, next } = tokenPage(ofSystem ? all : [], { token, field: "nextToken", size });
    return { models: page, members: next === undefined ? {} : { nextToken: next } };
  },
  model: ({ name, description }) => ({
    inferenceProfileName: name,
    inferenceProfileId: name,
    inferenceProfileArn: `${PROFILE}${name}`,
    ...(description === "" ? {} : { description }),
    models: [{ modelArn: `${MODEL}${name}` }],
    status: "ACTIVE",
    type: SYSTEM,
  }),
};

const SYSTEM = "SYSTEM_DEFINED";
