import type { ListedModel } from "../../gateway-api.ts";
import { type ModelFormat, operationsOf, pageSize, tokenPage } from "./model-format.ts";
import { sees } from "./openai-models.ts";

/**
 * https://docs.cohere.com/reference/list-models. `page_size` is 1 to 1000, 20 where none is asked
 * for; a page's token is the name of the last model of the page before. `endpoint` leaves out
 * models that it cannot be asked of.
 */
export const cohereModels: ModelFormat = {
  listsFacts: true,
  listed: "models",
  page(all, query) {
    const endpoint = query.get("endpoint");
    const models = endpoint === null ? all : all.filter((model) => serves(model, endpoint));
    const token = query.get("page_token") ?? "";
    const size = pageSize(query.get("page_size"), 20, 1000);
    const { page, next } = tokenPage(models, { token, field: "page_token", size });
    return { models: page, members: next === undefined ? {} : { next_page_token: next } };
  },
  model(model) {
    const { facts } = model;
    return {
      name: model.name,
      is_deprecated: facts?.deprecated === true,
      endpoints: [...operationsOf(model)].filter((operation) => endpoints.has(operation)),
      finetuned: false,
      ...(facts?.contextWindow === undefined ? undefined : { context_length: facts.contextWindow }),
      tokenizer_url: "",
      default_endpoints: [],
      features: [
        ...(facts?.tools === true ? ["tools"] : []),
        ...(facts?.structuredOutput === true ? ["json_schema"] : []),
        ...(sees(facts) ? ["vision"] : []),
      ],
    };
  },
};

const endpoints: ReadonlySet<string> = new Set(["chat", "embed", "rerank"]);

function serves(model: ListedModel, endpoint: string): boolean {
  return endpoints.has(endpoint) && operationsOf(model.describe()).has(endpoint);
}
