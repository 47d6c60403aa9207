import { type ModelFormat, pageSize } from "./model-format.ts";

/**
 * https://platform.claude.com/docs/en/api/models/list. A page begins with `after_id` or ends with
 * `before_id`; `limit` is 1 to 1000, 20 where none is asked for.
 */
export const anthropicModels: ModelFormat = {
  listsFacts: true,
  listed: "data",
  page(models, query) {
    const limit = pageSize(query.get("limit"), 20, 1000);
    const after = models.findIndex((model) => model.name === query.get("after_id"));
    const before = models.findIndex((model) => model.name === query.get("before_id"));
    const range = models.slice(after + 1, before < 0 ? models.length : before);
    const page = before < 0 ? range.slice(0, limit) : range.slice(-limit);
    const members = {
      has_more: page.length < range.length,
      first_id: page[0]?.name ?? null,
      last_id: page.at(-1)?.name ?? null,
    };
    return { models: page, members };
  },
  model: ({ name, description, facts }) => ({
    type: "model",
    id: name,
    display_name: description === "" ? name : description,
    created_at: "1970-01-01T00:00:00Z",
    capabilities: null,
    deprecated_at: null,
    lifecycle: facts?.deprecated === true ? "deprecated" : "active",
    line: null,
    max_input_tokens: facts?.maxInputTokens ?? facts?.contextWindow ?? null,
    max_tokens: facts?.maxOutputTokens ?? null,
    retires_at: null,
  }),
};
