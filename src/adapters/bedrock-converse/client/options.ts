import {
  ReasoningEffort,
  ReasoningMode,
  type ReasoningOptions,
  type ResponseFormat,
  type Sampling,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { sourceText } from "../../../json/source-slice.ts";
import { noteUnknown } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  integer,
  isAtObject,
  number,
  object,
  requiredObject,
  requiredString,
  string,
  strings,
} from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";

/** The bound of an answer and how its words are drawn. */
export interface InferenceConfig {
  readonly maxOutputTokens?: number;
  readonly sampling?: Sampling;
}

const CONFIG: ReadonlySet<string> = new Set(["maxTokens", "temperature", "topP", "stopSequences"]);

/** Reads `inferenceConfig`. */
export function decodeConfig(cursor: Cursor): InferenceConfig {
  const config = object(cursor, "inferenceConfig");
  if (config === undefined) return {};
  noteUnknown(config, CONFIG);
  const maxOutputTokens = integer(config, "maxTokens", [1, 100_000_000]);
  const temperature = number(config, "temperature", [0, 100]);
  const topP = number(config, "topP", [0, 1]);
  const stop = strings(config, "stopSequences");
  const sampling: Sampling | undefined =
    temperature === undefined && topP === undefined && stop.length === 0
      ? undefined
      : {
          $typeName: "parlance.chat.v1.Sampling",
          ...(temperature === undefined ? undefined : { temperature }),
          ...(topP === undefined ? undefined : { topP }),
          stop,
          logitBias: {},
        };
  return {
    ...(maxOutputTokens === undefined ? undefined : { maxOutputTokens }),
    ...(sampling === undefined ? undefined : { sampling }),
  };
}

/** What `additionalModelRequestFields` says that the contract has fields for. */
export interface ModelFields {
  readonly topK?: number;
  readonly reasoning?: ReasoningOptions;
}

/**
 * Reads of the members that are the model's own those that other models have too: how it thinks, as
 * Claude, Nova and GPT OSS take it, and top_k. The others are extras.
 */
export function decodeModelFields(cursor: Cursor): ModelFields {
  const fields = object(cursor, "additionalModelRequestFields");
  if (fields === undefined) return {};
  const read = new Set<string>();
  const topK = decodeTopK(fields, read);
  const reasoning =
    decodeThinking(fields, read) ?? decodeNova(fields, read) ?? decodeEffort(fields, read);
  noteUnknown(fields, read);
  return {
    ...(topK === undefined ? undefined : { topK }),
    ...(reasoning === undefined ? undefined : { reasoning }),
  };
}

function decodeTopK(fields: Cursor, read: Set<string>): number | undefined {
  const key = ["top_k", "topK", "k"].find((name) => at(fields, name) !== undefined);
  if (key !== undefined) {
    read.add(key);
    return integer(fields, key, [0, 2_147_483_647]);
  }
  const config = at(fields, "inferenceConfig");
  if (config === undefined || !isAtObject(config)) return undefined;
  read.add("inferenceConfig");
  noteUnknown(config, new Set(["topK"]));
  return integer(config, "topK", [0, 2_147_483_647]);
}

const MODES: ReadonlyMap<unknown, ReasoningMode> = new Map([
  ["enabled", ReasoningMode.ENABLED],
  ["adaptive", ReasoningMode.ADAPTIVE],
  ["disabled", ReasoningMode.DISABLED],
]);

/** Words that are not known here stay extras. */
function decodeThinking(fields: Cursor, read: Set<string>): ReasoningOptions | undefined {
  const key = ["thinking", "reasoning_config"].find((name) => at(fields, name) !== undefined);
  const thinking = key === undefined ? undefined : at(fields, key);
  if (key === undefined || thinking === undefined || !isAtObject(thinking)) return undefined;
  const mode = MODES.get(thinking.json.type);
  if (mode === undefined) return undefined;
  read.add(key);
  noteUnknown(thinking, new Set(["type", "budget_tokens"]));
  const budgetTokens = integer(thinking, "budget_tokens", [0, 100_000_000]);
  return reasoningOf(mode, ReasoningEffort.UNSPECIFIED, budgetTokens);
}

/** See https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html. */
function decodeNova(fields: Cursor, read: Set<string>): ReasoningOptions | undefined {
  const config = at(fields, "reasoningConfig");
  if (config === undefined || !isAtObject(config)) return undefined;
  const mode = MODES.get(config.json.type);
  const effort = effortOf(config.json.maxReasoningEffort);
  if (mode === undefined || effort === undefined) return undefined;
  read.add("reasoningConfig");
  noteUnknown(config, new Set(["type", "maxReasoningEffort"]));
  return reasoningOf(mode, effort);
}

function decodeEffort(fields: Cursor, read: Set<string>): ReasoningOptions | undefined {
  const effort = effortOf(fields.json.reasoning_effort);
  if (effort === undefined || effort === ReasoningEffort.UNSPECIFIED) return undefined;
  read.add("reasoning_effort");
  return reasoningOf(ReasoningMode.UNSPECIFIED, effort);
}

function reasoningOf(
  mode: ReasoningMode,
  effort: ReasoningEffort,
  budgetTokens?: number,
): ReasoningOptions {
  return {
    $typeName: "parlance.chat.v1.ReasoningOptions",
    mode,
    effort,
    summary: 0,
    ...(budgetTokens === undefined ? undefined : { budgetTokens }),
  };
}

const EFFORTS: ReadonlyMap<unknown, ReasoningEffort> = new Map([
  ["low", ReasoningEffort.LOW],
  ["medium", ReasoningEffort.MEDIUM],
  ["high", ReasoningEffort.HIGH],
  ["xhigh", ReasoningEffort.XHIGH],
  ["max", ReasoningEffort.MAX],
]);

/** Undefined for a level that is not known here. */
function effortOf(word: unknown): ReasoningEffort | undefined {
  return word === undefined || word === null ? ReasoningEffort.UNSPECIFIED : EFFORTS.get(word);
}

/** What `outputConfig` says. */
export interface OutputConfig {
  readonly format?: ResponseFormat;
  readonly effort?: ReasoningEffort;
}

/**
 * Reads `outputConfig`: the form of the answer, and how hard the model thinks. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html.
 */
export function decodeFormat(cursor: Cursor): OutputConfig {
  const config = object(cursor, "outputConfig");
  if (config === undefined) return {};
  const word = config.json.effort;
  const effort = word === undefined || word === null ? undefined : EFFORTS.get(word);
  noteUnknown(config, new Set(effort === undefined ? ["textFormat"] : ["textFormat", "effort"]));
  const textFormat = object(config, "textFormat");
  const format = textFormat === undefined ? undefined : decodeTextFormat(textFormat);
  return {
    ...(format === undefined ? undefined : { format }),
    ...(effort === undefined ? undefined : { effort }),
  };
}

function decodeTextFormat(textFormat: Cursor): ResponseFormat | undefined {
  if (textFormat.json.type !== "json_schema") {
    requiredString(textFormat, "type");
    const json = sourceText(textFormat.source, textFormat.json);
    const value = { $typeName: "parlance.chat.v1.Opaque", dialect: DIALECT, json } as const;
    return { $typeName: "parlance.chat.v1.ResponseFormat", format: { case: "opaque", value } };
  }
  noteUnknown(textFormat, new Set(["type", "structure"]));
  const structure = requiredObject(textFormat, "structure");
  const schema = structure && requiredObject(structure, "jsonSchema");
  if (structure === undefined || schema === undefined) return undefined;
  noteUnknown(structure, new Set(["jsonSchema"]));
  noteUnknown(schema, new Set(["schema", "name", "description"]));
  const value = {
    $typeName: "parlance.chat.v1.JsonSchemaFormat",
    name: string(schema, "name") ?? "",
    description: string(schema, "description") ?? "",
    schemaJson: requiredString(schema, "schema"),
  } as const;
  return { $typeName: "parlance.chat.v1.ResponseFormat", format: { case: "jsonSchema", value } };
}
