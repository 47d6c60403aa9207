import { asObject, asObjects, isArray, type Json, type JsonObject } from "../json-value.ts";
import type { GeminiFault } from "./gemini-error.ts";

/**
 * A message of the API: its fields, and those that are messages themselves. Free-form fields have
 * no message.
 */
interface MessageFields {
  readonly fields: readonly string[];
  readonly messages?: Readonly<Record<string, string>>;
}

/**
 * https://ai.google.dev/api/generate-content, /api/caching, /api/tokens and /api/embeddings
 * (2026-11).
 */
const messages: Readonly<Record<string, MessageFields>> = {
  generate: {
    fields: [
      "model",
      "tools",
      "toolConfig",
      "safetySettings",
      "systemInstruction",
      "generationConfig",
      "cachedContent",
      "contents",
      "serviceTier",
      "labels",
      "store",
    ],
    messages: {
      contents: "content",
      systemInstruction: "content",
      generationConfig: "generationConfig",
      tools: "tool",
      toolConfig: "toolConfig",
      safetySettings: "safetySetting",
    },
  },
  count: {
    fields: ["contents", "generateContentRequest"],
    messages: { contents: "content", generateContentRequest: "generate" },
  },
  embed: {
    fields: ["model", "content", "taskType", "title", "outputDimensionality", "embedContentConfig"],
    messages: { content: "content" },
  },
  batchEmbed: { fields: ["requests"], messages: { requests: "embed" } },
  content: { fields: ["role", "parts"], messages: { parts: "part" } },
  part: {
    fields: [
      "thought",
      "thoughtSignature",
      "partMetadata",
      "mediaResolution",
      "text",
      "inlineData",
      "functionCall",
      "functionResponse",
      "fileData",
      "executableCode",
      "codeExecutionResult",
      "videoMetadata",
    ],
    messages: {
      inlineData: "blob",
      fileData: "fileData",
      functionCall: "functionCall",
      functionResponse: "functionResponse",
    },
  },
  blob: { fields: ["mimeType", "data", "displayName"] },
  fileData: { fields: ["mimeType", "fileUri", "displayName"] },
  functionCall: { fields: ["id", "name", "args"] },
  functionResponse: { fields: ["id", "name", "response", "parts", "willContinue", "scheduling"] },
  generationConfig: {
    fields: [
      "stopSequences",
      "responseMimeType",
      "responseSchema",
      "responseJsonSchema",
      "_responseJsonSchema",
      "responseModalities",
      "candidateCount",
      "maxOutputTokens",
      "temperature",
      "topP",
      "topK",
      "seed",
      "presencePenalty",
      "frequencyPenalty",
      "responseLogprobs",
      "logprobs",
      "enableEnhancedCivicAnswers",
      "speechConfig",
      "thinkingConfig",
      "imageConfig",
      "mediaResolution",
    ],
    messages: { responseSchema: "schema", thinkingConfig: "thinkingConfig" },
  },
  thinkingConfig: { fields: ["includeThoughts", "thinkingBudget", "thinkingLevel"] },
  tool: {
    fields: [
      "functionDeclarations",
      "googleSearchRetrieval",
      "codeExecution",
      "googleSearch",
      "computerUse",
      "urlContext",
      "fileSearch",
      "googleMaps",
    ],
    messages: { functionDeclarations: "functionDeclaration" },
  },
  functionDeclaration: {
    fields: [
      "name",
      "description",
      "behavior",
      "parameters",
      "parametersJsonSchema",
      "response",
      "responseJsonSchema",
    ],
    messages: { parameters: "schema", response: "schema" },
  },
  toolConfig: {
    fields: ["functionCallingConfig", "retrievalConfig", "includeServerSideToolInvocations"],
    messages: { functionCallingConfig: "functionCallingConfig" },
  },
  functionCallingConfig: { fields: ["mode", "allowedFunctionNames"] },
  safetySetting: { fields: ["category", "threshold"] },
  schema: {
    fields: [
      "type",
      "format",
      "title",
      "description",
      "nullable",
      "enum",
      "maxItems",
      "minItems",
      "properties",
      "required",
      "minProperties",
      "maxProperties",
      "minLength",
      "maxLength",
      "pattern",
      "example",
      "anyOf",
      "propertyOrdering",
      "default",
      "items",
      "minimum",
      "maximum",
    ],
    messages: { items: "schema", anyOf: "schema" },
  },
};

interface Violation {
  readonly field: string;
  readonly description: string;
}

/**
 * The fault of fields that the API does not know, all at once, as its parser tells them; undefined
 * where there are none.
 */
export function unknownFields(
  body: JsonObject,
  message: "generate" | "count" | "embed" | "batchEmbed",
): GeminiFault | undefined {
  const violations = violationsOf(body, message, "");
  if (violations.length === 0) return undefined;
  return { message: violations.map(({ description }) => description).join("\n"), violations };
}

function violationsOf(json: JsonObject, name: string, at: string): readonly Violation[] {
  const { fields, messages: inner = {} } = messages[name] ?? { fields: [] };
  return Object.entries(json).flatMap(([key, value]) => {
    if (!fields.includes(key)) return [unknownName(key, at)];
    const path = at === "" ? snake(key) : `${at}.${snake(key)}`;
    if (name === "schema" && key === "properties")
      return propertyViolations(asObject(value) ?? {}, path);
    return inner[key] === undefined ? [] : innerViolations(value, inner[key], path);
  });
}

function unknownName(key: string, at: string): Violation {
  const where = at === "" ? "" : ` at '${at}'`;
  return {
    field: at,
    description: `Invalid JSON payload received. Unknown name "${key}"${where}: Cannot find field.`,
  };
}

function propertyViolations(properties: JsonObject, path: string): readonly Violation[] {
  return Object.values(properties).flatMap((schema, index) =>
    violationsOf(asObject(schema) ?? {}, "schema", `${path}[${index}].value`),
  );
}

function innerViolations(
  value: Json | undefined,
  name: string,
  path: string,
): readonly Violation[] {
  if (!isArray(value)) return violationsOf(asObject(value) ?? {}, name, path);
  return asObjects(value).flatMap((each, index) => violationsOf(each, name, `${path}[${index}]`));
}

/** Paths are told in the words of the protocol buffers. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
