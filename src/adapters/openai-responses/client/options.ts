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
import { isPresent } from "../../../json/members.ts";
import { sourceText } from "../../../json/source-slice.ts";
import { noteUnknown } from "../../shared/notes/unknown-members.ts";
import {
  boolean,
  type Cursor,
  object,
  requiredObject,
  requiredString,
  string,
} from "../../shared/request-cursor.ts";
import { opaque } from "../content-part.ts";

const REASONING_MEMBERS: ReadonlySet<string> = new Set(["effort", "summary", "generate_summary"]);
const TEXT_MEMBERS: ReadonlySet<string> = new Set(["format", "verbosity"]);
const FORMAT_MEMBERS: ReadonlySet<string> = new Set(["type"]);
const SCHEMA_MEMBERS: ReadonlySet<string> = new Set([
  "type",
  "name",
  "description",
  "schema",
  "strict",
]);

/** The response format and the reasoning of a request. */
export interface OutputOptions {
  readonly reasoning: ReasoningOptions | undefined;
  readonly format: ResponseFormat | undefined;
  readonly verbosity: Verbosity;
}

/** Reads `reasoning` and `text`. What is not known in them goes to the extras. */
export function decodeOutputOptions(cursor: Cursor): OutputOptions {
  const reasoning = object(cursor, "reasoning");
  const said = reasoning?.json ?? {};
  const effort = decodeEffort(said.effort);
  const summary = decodeSummary(said.summary ?? said.generate_summary);
  const unread = [
    ...(effort === undefined ? ["effort"] : []),
    ...(summary === undefined ? ["summary", "generate_summary"] : []),
  ];
  if (reasoning !== undefined) noteUnknown(reasoning, REASONING_MEMBERS, unread);
  const text = object(cursor, "text");
  const verbosity = decodeVerbosity(text?.json.verbosity);
  if (text !== undefined)
    noteUnknown(text, TEXT_MEMBERS, verbosity === undefined ? ["verbosity"] : []);
  const format = text && object(text, "format");
  return {
    reasoning: reasoningOf(effort ?? 0, summary ?? 0),
    format: format === undefined ? undefined : decodeFormat(format),
    verbosity: verbosity ?? Verbosity.UNSPECIFIED,
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
      noteUnknown(format, FORMAT_MEMBERS);
      return of({ case: "text", value: { $typeName: "parlance.chat.v1.TextFormat" } });
    case "json_object":
      noteUnknown(format, FORMAT_MEMBERS);
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
  noteUnknown(format, SCHEMA_MEMBERS);
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
