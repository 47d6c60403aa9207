import type {
  ReasoningOptions,
  ResponseFormat,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import {
  ReasoningEffort,
  ReasoningMode,
  ReasoningSummary,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { given, unknownMembers } from "../../../json/members.ts";
import { memberSource, type Source, sourceText } from "../../../json/source-slice.ts";
import { optionalInteger, type Problems, problem } from "../../shared/request-problems.ts";
import { DIALECT } from "../wire.ts";

/**
 * What a request says of reasoning and form, and the members of the same objects that only this
 * dialect has.
 */
export interface OutputOptions {
  readonly reasoning: ReasoningOptions | undefined;
  readonly format: ResponseFormat | undefined;
  /** Members for the extras: name to JSON text. */
  readonly extras: readonly (readonly [name: string, json: string])[];
}

const THINKING_MEMBERS: ReadonlySet<string> = new Set(["type", "budget_tokens", "display"]);
const CONFIG_MEMBERS: ReadonlySet<string> = new Set(["effort", "format"]);

/**
 * Reads `thinking`, `output_config` and the older `output_format`. What is not known in them goes
 * to the extras.
 */
export function decodeOutputOptions(
  problems: Problems,
  json: JsonObject,
  source: Source,
): OutputOptions {
  const extras: [name: string, json: string][] = [];
  const keep = (name: string, text: string): void => {
    if (text !== "") extras.push([name, text]);
  };
  const thinking = objectOf(problems, json, "thinking");
  const config = objectOf(problems, json, "output_config") ?? {};
  const mode = thinking === undefined ? ReasoningMode.UNSPECIFIED : decodeMode(thinking.type);
  const display =
    thinking === undefined ? ReasoningSummary.UNSPECIFIED : decodeDisplay(thinking.display);
  const thinkingSource = memberSource(source, "thinking");
  const known = mode !== undefined && display !== undefined;
  if (thinking !== undefined)
    keep(
      "thinking",
      known
        ? unknownMembers(thinking, thinkingSource, THINKING_MEMBERS)
        : sourceText(thinkingSource, thinking),
    );
  const configSource = memberSource(source, "output_config");
  const effort = decodeEffort(config.effort);
  const configMembers = effort === undefined ? new Set(["format"]) : CONFIG_MEMBERS;
  keep("output_config", unknownMembers(config, configSource, configMembers));
  const budget = known && thinking !== undefined ? decodeBudget(problems, thinking) : undefined;
  return {
    reasoning: reasoningOf(known ? mode : 0, effort ?? 0, budget, known ? display : 0),
    format: decodeFormat(problems, config, configSource) ?? decodeOldFormat(problems, json, source),
    extras,
  };
}

function reasoningOf(
  mode: ReasoningMode,
  effort: ReasoningEffort,
  budgetTokens: number | undefined,
  summary: ReasoningSummary,
): ReasoningOptions | undefined {
  if (mode === 0 && effort === 0 && budgetTokens === undefined && summary === 0) return undefined;
  return {
    $typeName: "parlance.chat.v1.ReasoningOptions",
    mode,
    effort,
    ...(budgetTokens === undefined ? undefined : { budgetTokens }),
    summary,
  };
}

function objectOf(problems: Problems, json: JsonObject, key: string): JsonObject | undefined {
  const value = json[key];
  if (!given(value)) return undefined;
  return isObject(value) ? value : problem(problems, key, "must be an object");
}

function decodeBudget(problems: Problems, thinking: JsonObject): number | undefined {
  const path = "thinking.budget_tokens";
  const budget = optionalInteger(problems, thinking, "budget_tokens", [1024, 100_000_000], path);
  if (thinking.type === "enabled" && !given(thinking.budget_tokens))
    problem(problems, path, "is required");
  return budget;
}

/** Undefined for a type that is not known here. */
function decodeMode(type: Json | undefined): ReasoningMode | undefined {
  switch (type) {
    case "enabled":
      return ReasoningMode.ENABLED;
    case "adaptive":
      return ReasoningMode.ADAPTIVE;
    case "disabled":
      return ReasoningMode.DISABLED;
    default:
      return undefined;
  }
}

function decodeDisplay(display: Json | undefined): ReasoningSummary | undefined {
  if (!given(display)) return ReasoningSummary.UNSPECIFIED;
  if (display === "summarized") return ReasoningSummary.AUTO;
  return display === "omitted" ? ReasoningSummary.OMITTED : undefined;
}

/** Undefined for a level that is not known here. */
function decodeEffort(effort: Json | undefined): ReasoningEffort | undefined {
  switch (effort) {
    case undefined:
    case null:
      return ReasoningEffort.UNSPECIFIED;
    case "low":
      return ReasoningEffort.LOW;
    case "medium":
      return ReasoningEffort.MEDIUM;
    case "high":
      return ReasoningEffort.HIGH;
    case "xhigh":
      return ReasoningEffort.XHIGH;
    case "max":
      return ReasoningEffort.MAX;
    default:
      return undefined;
  }
}

function decodeOldFormat(
  problems: Problems,
  json: JsonObject,
  source: Source,
): ResponseFormat | undefined {
  if (!given(json.output_format)) return undefined;
  return formatOf(
    problems,
    json.output_format,
    "output_format",
    memberSource(source, "output_format"),
  );
}

function decodeFormat(
  problems: Problems,
  config: JsonObject,
  source: Source,
): ResponseFormat | undefined {
  if (!given(config.format)) return undefined;
  return formatOf(problems, config.format, "output_config.format", memberSource(source, "format"));
}

function formatOf(
  problems: Problems,
  format: Json | undefined,
  path: string,
  source: Source,
): ResponseFormat | undefined {
  if (!isObject(format)) return problem(problems, path, "must be an object");
  if (format.type !== "json_schema") {
    const value = {
      $typeName: "parlance.chat.v1.Opaque",
      dialect: DIALECT,
      json: sourceText(source, format),
    } as const;
    return { $typeName: "parlance.chat.v1.ResponseFormat", format: { case: "opaque", value } };
  }
  const schema = format.schema;
  if (!isObject(schema)) return problem(problems, `${path}.schema`, "must be an object");
  const value = {
    $typeName: "parlance.chat.v1.JsonSchemaFormat",
    name: "",
    description: "",
    schemaJson: sourceText(memberSource(source, "schema"), schema),
  } as const;
  return { $typeName: "parlance.chat.v1.ResponseFormat", format: { case: "jsonSchema", value } };
}
