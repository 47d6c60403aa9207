/** What the conditions of rules know of a call, by name: its type in CEL, and what it is. */
export const ruleAttributes = {
  operation: ["string", "`chat`, `count_tokens`, `embed`, `rerank`, `moderate` or `guard`"],
  model: ["string", "the model that the caller named"],
  dialect: ["string", "the dialect of a REST client, such as `openai-chat`; empty for RPC"],
  stream: ["bool", "whether the answer is wanted piece by piece"],
  key: ["string", "the name of the caller's key; `anonymous` where none is configured"],
  team: ["string", "the team of the key; empty where it has none"],
  user: ["string", "the end user, as the request names it; empty where it does not"],
  tags: ["list<string>", "the tags of the call, with those that earlier rules added"],
  metadata: ["map<string, string>", "the labels that the request sends to the vendor"],
  headers: ["map<string, string>", "the request headers that `rule_headers` lists"],
  text: ["string", "the last user message, its first 8192 characters"],
  language: ["string", "the language of `text`, such as `de`; empty where it is in doubt"],
  input_tokens: ["int", "an estimate of the tokens of the prompt, tools included"],
  message_count: ["int", "the messages of a chat, or the inputs of another operation"],
  modalities: ["list<string>", "those of `text`, `image`, `audio`, `video`, `file` that it holds"],
  has_images: ["bool", "whether it holds a picture"],
  has_audio: ["bool", "whether it holds sound"],
  has_files: ["bool", "whether it holds a file that is none of these, such as a PDF"],
  tools: ["bool", "whether the model may call tools"],
  tool_count: ["int", "how many tools it may call"],
  tool_names: ["list<string>", "their names, the first 256"],
  response_format: ["string", "`text`, `json_object`, `json_schema` or `other`"],
  reasoning: ["bool", "whether the model is to think before it answers"],
  reasoning_effort: [
    "string",
    "`none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max` or empty",
  ],
  max_tokens: ["int", "the most tokens of the answer; absent where the call says none"],
  temperature: ["double", "the randomness; absent where the call says none"],
  time: ["google.protobuf.Timestamp", "when the call came"],
  hour: ["int", "its hour in UTC, from 0 to 23"],
  weekday: ["int", "its day of the week in UTC, from 0 for Sunday to 6"],
} as const satisfies Readonly<Record<string, readonly [type: string, about: string]>>;

/** The name of an attribute of `call`. */
export type AttributeName = keyof typeof ruleAttributes;

/** Whether a text is the name of an attribute. */
export function isAttributeName(name: string): name is AttributeName {
  return Object.hasOwn(ruleAttributes, name);
}

/** Attributes that a call may not have. */
export const optionalAttributes: ReadonlySet<AttributeName> = new Set([
  "max_tokens",
  "temperature",
]);

/** Attributes that are maps, whose keys a call may not have. */
export const mapAttributes: ReadonlySet<AttributeName> = new Set(["metadata", "headers"]);

/** The value of an attribute, as CEL has it. Undefined: the call has none. */
export type AttributeValue =
  | bigint
  | number
  | string
  | boolean
  | Date
  | readonly string[]
  | Readonly<Record<string, string>>
  | undefined;

/** Computes an attribute of one call. */
export type ReadAttribute = (name: AttributeName) => AttributeValue;
