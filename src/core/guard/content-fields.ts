/**
 * What a text field of a message holds. `text`: words. `json`: JSON whose strings are words. `url`:
 * an address, or data behind `data:`, which nobody reads. `name`: a name that others refer to. `none`:
 * no words, such as an id. Texts and strings of JSON can be replaced; addresses and names cannot.
 */
export type ContentKind = "text" | "json" | "url" | "name" | "none";

/** Fields by their names in the contract. */
export type ContentFields = Readonly<Record<string, ContentKind>>;

/** What marks extras, whatever message has them. */
const extras: ContentFields = { extrasJson: "json" };

/**
 * The fields with texts of all messages that requests and whole results are made of, by the name of
 * the message in the contract. A message that is not listed has none but those of its parts. What
 * names people and things to vendors (`user`, `metadata`, `tags`) is no content.
 */
export const contentFields: Readonly<Record<string, ContentFields>> = {
  "parlance.chat.v1.Chat": {
    ...extras,
    ...none("model", "serviceTier", "user", "safetyIdentifier", "promptCacheKey"),
    ...none("metadata", "tags", "previousResponseId"),
  },
  "parlance.chat.v1.Message": { ...extras, name: "name", text: "text" },
  "parlance.chat.v1.Fallback": none("model"),
  "parlance.chat.v1.Text": { text: "text" },
  "parlance.chat.v1.Image": { url: "url", ...none("fileId", "mediaType") },
  "parlance.chat.v1.Audio": {
    transcript: "text",
    url: "url",
    ...none("id", "format", "answerId"),
  },
  "parlance.chat.v1.Video": { url: "url", ...none("fileId", "mediaType") },
  "parlance.chat.v1.Document": {
    text: "text",
    title: "text",
    context: "text",
    url: "url",
    ...none("fileId", "mediaType"),
  },
  "parlance.chat.v1.ToolCall": {
    argumentsJson: "json",
    text: "text",
    ...{ name: "name", namespace: "name" },
    ...none("id", "signature"),
  },
  "parlance.chat.v1.ToolResult": { name: "name", toolCallId: "none" },
  "parlance.chat.v1.Reasoning": {
    text: "text",
    summaries: "text",
    ...none("signature", "encrypted", "id", "dialect"),
  },
  "parlance.chat.v1.Refusal": { text: "text" },
  "parlance.chat.v1.Opaque": { json: "json", dialect: "none" },
  "parlance.chat.v1.Citation": { citedText: "text", title: "text" },
  "parlance.chat.v1.WebSource": { url: "url", encryptedIndex: "none" },
  "parlance.chat.v1.DocumentSource": none("fileId"),
  "parlance.chat.v1.SearchResultSource": { source: "text" },
  "parlance.chat.v1.OpaqueSource": { json: "json", dialect: "none" },
  "parlance.chat.v1.FunctionTool": {
    ...extras,
    description: "text",
    parametersJson: "json",
    name: "name",
  },
  "parlance.chat.v1.CustomTool": { description: "text", formatJson: "json", name: "name" },
  "parlance.chat.v1.ToolNamespace": { description: "text", name: "name" },
  "parlance.chat.v1.ToolChoice": { name: "name" },
  "parlance.chat.v1.AllowedTools": { names: "name" },
  "parlance.chat.v1.JsonSchemaFormat": {
    description: "text",
    schemaJson: "json",
    name: "name",
  },
  "parlance.chat.v1.Sampling": { stop: "text", logitBias: "none" },
  "parlance.chat.v1.AudioOutput": none("voice", "format"),
  "parlance.chat.v1.UserLocation": {
    city: "text",
    region: "text",
    ...none("country", "timezone"),
  },
  "parlance.call.v1.CacheControl": none("namespace"),
  "parlance.embed.v1.EmbedSpec": {
    ...extras,
    ...none("model", "user", "inputType", "truncate", "fallbacks"),
  },
  "parlance.embed.v1.EmbedInput": { text: "text" },
  "parlance.rerank.v1.RerankSpec": { ...extras, query: "text", ...none("model", "rankFields") },
  "parlance.rerank.v1.RerankDocument": { text: "text", objectJson: "json" },
  "parlance.rerank.v1.RerankResult": { ...extras, ...none("model", "id") },
  "parlance.moderation.v1.ModerationSpec": { ...extras, model: "none" },
  "parlance.moderation.v1.ModerationPart": { text: "text" },
  "parlance.guard.v1.GuardSpec": { texts: "text", ...none("model", "guards", "tool") },
};

function none(...names: readonly string[]): ContentFields {
  return Object.fromEntries(names.map((name) => [name, "none" as const]));
}
