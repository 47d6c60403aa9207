import type {
  ReasoningOptions,
  ResponseFormat,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import {
  ReasoningEffort,
  ReasoningMode,
  ReasoningSummary,
  Verbosity,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { isObject, type Json, type JsonObject, stringAt } from "../../../json/json.ts";
import { given, unknownMembers } from "../../../json/members.ts";
import { memberSource, type Source, sourceText } from "../../../json/source-slice.ts";
import {
  optionalBoolean,
  optionalString,
  type Problems,
  problem,
} from "../../shared/request-problems.ts";
import { opaque } from "../output-item.ts";

/**
 * What a request says of form and reasoning, and the members of the same objects that only this
 * dialect has.
 */
export interface OutputOptions {
  readonly reasoning: ReasoningOptions | undefined;
  readonly format: ResponseFormat | undefined;
  readonly verbosity: Verbosity;
  /** Members for the extras: name to JSON text. */
  readonly extras: readonly (readonly [name: string, json: string])[];
}

/** Reads `reasoning` and `text`. What is not known in them goes to the extras. */
export function decodeOutputOptions(
  problems: Problems,
  json: JsonObject,
  source: Source,
): OutputOptions {
  const extras: [name: string, json: string][] = [];
  const keep = (name: string, text: string): void => {
    if (text !== "") extras.push([name, text]);
  };
  const reasoning = objectOf(problems, json, "reasoning") ?? {};
  const effort = decodeEffort(reasoning.effort);
  const summary = decodeSummary(reasoning.summary ?? reasoning.generate_summary);
  const known = new Set<string>();
  if (effort !== undefined) known.add("effort");
  if (summary !== undefined) for (const key of ["summary", "generate_summary"]) known.add(key);
  keep("reasoning", unknownMembers(reasoning, memberSource(source, "reasoning"), known));
  const text = objectOf(problems, json, "text") ?? {};
  const textSource = memberSource(source, "text");
  const verbosity = decodeVerbosity(text.verbosity);
  keep(
    "text",
    unknownMembers(
      text,
      textSource,
      new Set(verbosity === undefined ? ["format"] : ["format", "verbosity"]),
    ),
  );
  return {
    reasoning: reasoningOf(effort ?? 0, summary ?? 0),
    format: given(text.format)
      ? formatOf(problems, text.format, memberSource(textSource, "format"))
      : undefined,
    verbosity: verbosity ?? Verbosity.UNSPECIFIED,
    extras,
  };
}

function reasoningOf(
  effort: ReasoningEffort,
  summary: ReasoningSummary,
): ReasoningOptions | undefined {
  if (effort === ReasoningEffort.UNSPECIFIED && summary === ReasoningSummary.UNSPECIFIED)
    return undefined;
  return {
    $typeName: "parlance.chat.v1.ReasoningOptions",
    mode: ReasoningMode.UNSPECIFIED,
    effort,
    summary,
  };
}

function objectOf(problems: Problems, json: JsonObject, key: string): JsonObject | undefined {
  const value = json[key];
  if (!given(value)) return undefined;
  return isObject(value) ? value : problem(problems, key, "must be an object");
}

const EFFORTS: ReadonlyMap<string, ReasoningEffort> = new Map([
  ["none", ReasoningEffort.NONE],
  ["minimal", ReasoningEffort.MINIMAL],
  ["low", ReasoningEffort.LOW],
  ["medium", ReasoningEffort.MEDIUM],
  ["high", ReasoningEffort.HIGH],
  ["xhigh", ReasoningEffort.XHIGH],
  ["max", ReasoningEffort.MAX],
]);

const SUMMARIES: ReadonlyMap<string, ReasoningSummary> = new Map([
  ["auto", ReasoningSummary.AUTO],
  ["concise", ReasoningSummary.CONCISE],
  ["detailed", ReasoningSummary.DETAILED],
]);

const VERBOSITIES: ReadonlyMap<string, Verbosity> = new Map([
  ["low", Verbosity.LOW],
  ["medium", Verbosity.MEDIUM],
  ["high", Verbosity.HIGH],
]);

/** Undefined for a word that is not known here. */
function decodeEffort(word: Json | undefined): ReasoningEffort | undefined {
  if (!given(word)) return ReasoningEffort.UNSPECIFIED;
  return typeof word === "string" ? EFFORTS.get(word) : undefined;
}

function decodeSummary(word: Json | undefined): ReasoningSummary | undefined {
  if (!given(word)) return ReasoningSummary.UNSPECIFIED;
  return typeof word === "string" ? SUMMARIES.get(word) : undefined;
}

function decodeVerbosity(word: Json | undefined): Verbosity | undefined {
  if (!given(word)) return Verbosity.UNSPECIFIED;
  return typeof word === "string" ? VERBOSITIES.get(word) : undefined;
}

function formatOf(
  problems: Problems,
  format: Json | undefined,
  source: Source,
): ResponseFormat | undefined {
  if (!isObject(format)) return problem(problems, "text.format", "must be an object");
  switch (stringAt(format, "type")) {
    case "text":
      return of({ case: "text", value: { $typeName: "parlance.chat.v1.TextFormat" } });
    case "json_object":
      return of({ case: "jsonObject", value: { $typeName: "parlance.chat.v1.JsonObjectFormat" } });
    case "json_schema":
      return schemaOf(problems, format, source);
    case undefined:
      return problem(problems, "text.format.type", "is required");
    default:
      return of({ case: "opaque", value: opaque(sourceText(source, format)) });
  }
}

function schemaOf(
  problems: Problems,
  format: JsonObject,
  source: Source,
): ResponseFormat | undefined {
  const schema = format.schema;
  if (!isObject(schema)) return problem(problems, "text.format.schema", "must be an object");
  const strict = optionalBoolean(problems, format, "strict", "text.format.strict");
  return of({
    case: "jsonSchema",
    value: {
      $typeName: "parlance.chat.v1.JsonSchemaFormat",
      name: optionalString(problems, format, "name", "text.format.name") ?? "",
      description: optionalString(problems, format, "description", "text.format.description") ?? "",
      schemaJson: sourceText(memberSource(source, "schema"), schema),
      ...(strict === undefined ? undefined : { strict }),
    },
  });
}

function of(format: ResponseFormat["format"]): ResponseFormat {
  return { $typeName: "parlance.chat.v1.ResponseFormat", format };
}
