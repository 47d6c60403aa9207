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
import { type Json, stringAt } from "../../../json/json.ts";
import { isPresent, unknownMembers } from "../../../json/members.ts";
import { sourceText } from "../../../json/source-slice.ts";
import {
  boolean,
  type Cursor,
  object,
  requiredObject,
  requiredString,
  string,
} from "../../shared/request-cursor.ts";
import { opaque } from "../content-part.ts";

/**
 * The response format and the reasoning of a request, and the members of the same objects that only
 * this dialect has.
 */
export interface OutputOptions {
  readonly reasoning: ReasoningOptions | undefined;
  readonly format: ResponseFormat | undefined;
  readonly verbosity: Verbosity;
  /** Members for the extras: name to JSON text. */
  readonly extras: readonly (readonly [name: string, json: string])[];
}

/** Reads `reasoning` and `text`. What is not known in them goes to the extras. */
export function decodeOutputOptions(cursor: Cursor): OutputOptions {
  const extras: [name: string, json: string][] = [];
  const keep = (name: string, holder: Cursor | undefined, known: ReadonlySet<string>): void => {
    const text = holder === undefined ? "" : unknownMembers(holder.json, holder.source, known);
    if (text !== "") extras.push([name, text]);
  };
  const reasoning = object(cursor, "reasoning");
  const said = reasoning?.json ?? {};
  const effort = decodeEffort(said.effort);
  const summary = decodeSummary(said.summary ?? said.generate_summary);
  const known = new Set<string>();
  if (effort !== undefined) known.add("effort");
  if (summary !== undefined) for (const key of ["summary", "generate_summary"]) known.add(key);
  keep("reasoning", reasoning, known);
  const text = object(cursor, "text");
  const verbosity = decodeVerbosity(text?.json.verbosity);
  keep("text", text, new Set(verbosity === undefined ? ["format"] : ["format", "verbosity"]));
  const format = text && object(text, "format");
  return {
    reasoning: reasoningOf(effort ?? 0, summary ?? 0),
    format: format === undefined ? undefined : decodeFormat(format),
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
  if (!isPresent(word)) return ReasoningEffort.UNSPECIFIED;
  return typeof word === "string" ? EFFORTS.get(word) : undefined;
}

function decodeSummary(word: Json | undefined): ReasoningSummary | undefined {
  if (!isPresent(word)) return ReasoningSummary.UNSPECIFIED;
  return typeof word === "string" ? SUMMARIES.get(word) : undefined;
}

function decodeVerbosity(word: Json | undefined): Verbosity | undefined {
  if (!isPresent(word)) return Verbosity.UNSPECIFIED;
  return typeof word === "string" ? VERBOSITIES.get(word) : undefined;
}

function decodeFormat(format: Cursor): ResponseFormat | undefined {
  switch (stringAt(format.json, "type")) {
    case "text":
      return of({ case: "text", value: { $typeName: "parlance.chat.v1.TextFormat" } });
    case "json_object":
      return of({ case: "jsonObject", value: { $typeName: "parlance.chat.v1.JsonObjectFormat" } });
    case "json_schema":
      return decodeSchema(format);
    case undefined:
      requiredString(format, "type");
      return undefined;
    default:
      return of({ case: "opaque", value: opaque(sourceText(format.source, format.json)) });
  }
}

function decodeSchema(format: Cursor): ResponseFormat | undefined {
  const schema = requiredObject(format, "schema");
  if (schema === undefined) return undefined;
  const strict = boolean(format, "strict");
  return of({
    case: "jsonSchema",
    value: {
      $typeName: "parlance.chat.v1.JsonSchemaFormat",
      name: string(format, "name") ?? "",
      description: string(format, "description") ?? "",
      schemaJson: sourceText(schema.source, schema.json),
      ...(strict === undefined ? undefined : { strict }),
    },
  });
}

function of(format: ResponseFormat["format"]): ResponseFormat {
  return { $typeName: "parlance.chat.v1.ResponseFormat", format };
}
