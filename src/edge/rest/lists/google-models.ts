import { type ModelFormat, operationsOf, pageSize, tokenPage } from "./model-format.ts";

/**
 * https://ai.google.dev/api/models, with the limits that are known of a model. `pageSize` is 1 to
 * 1000, 50 where none is asked for; a page's token is the name of the last model of the page
 * before.
 */
export const googleModels: ModelFormat = {
  listsFacts: true,
  listed: "models",
  page(models, query) {
    const token = query.get("pageToken") ?? "";
    const size = pageSize(query.get("pageSize"), 50, 1000);
    const { page, next } = tokenPage(models, { token, field: "pageToken", size });
    return { models: page, members: next === undefined ? {} : { nextPageToken: next } };
  },
  model(model) {
    const { name, description, facts } = model;
    return {
      name: `models/${name}`,
      version: "",
      displayName: name,
      ...(description === "" ? {} : { description }),
      ...(facts?.contextWindow === undefined
        ? {}
        : { inputTokenLimit: facts.maxInputTokens ?? facts.contextWindow }),
      ...(facts?.maxOutputTokens === undefined ? {} : { outputTokenLimit: facts.maxOutputTokens }),
      supportedGenerationMethods: [...operationsOf(model)].flatMap(
        (operation) => methods[operation] ?? [],
      ),
    };
  },
};

const methods: Readonly<Record<string, readonly string[]>> = {
  chat: ["generateContent", "streamGenerateContent", "countTokens"],
  embed: ["embedContent", "batchEmbedContents"],
};
