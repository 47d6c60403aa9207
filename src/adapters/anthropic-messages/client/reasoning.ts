import type {
  ReasoningOptions,
  ResponseFormat,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import {
  ReasoningEffort,
  ReasoningMode,
  ReasoningSummary,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import type { Json } from "../../../json/json.ts";
import { isPresent } from "../../../json/members.ts";
import { sourceText } from "../../../json/source-slice.ts";
import { noteUnknown } from "../../shared/notes/unknown-members.ts";
import {
  type Cursor,
  integer,
  missing,
  object,
  requiredObject,
} from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";

/**
 * The reasoning and the response format of a request, and the members of the same objects that only
 * this dialect has.
 */
export interface OutputOptions {
  readonly reasoning: ReasoningOptions | undefined;
  readonly format: ResponseFormat | undefined;
  /** Members of the request that are not read, so that they stay whole. */
  readonly unread: readonly string[];
}

const THINKING_MEMBERS: ReadonlySet<string> = new Set(["type", "budget_tokens", "display"]);
const CONFIG_MEMBERS: ReadonlySet<string> = new Set(["effort", "format"]);
const FORMAT_MEMBERS: ReadonlySet<string> = new Set(["type", "schema"]);

/**
 * Reads `thinking`, `output_config` and the older `output_format`. What is not known in them goes
 * to the extras.
 */
export function decodeOutputOptions(cursor: Cursor): OutputOptions {
  const thinking = object(cursor, "thinking");
  const config = object(cursor, "output_config");
  const said = thinking === undefined ? undefined : decodeThinking(thinking);
  const unread = thinking !== undefined && said === undefined ? ["thinking"] : [];
  if (thinking !== undefined && said !== undefined) noteUnknown(thinking, THINKING_MEMBERS);
  const effort = decodeEffort(config?.json.effort);
  const configMembers = effort === undefined ? new Set(["format"]) : CONFIG_MEMBERS;
  if (config !== undefined) noteUnknown(config, configMembers);
  const format = (config && object(config, "format")) ?? object(cursor, "output_format");
  return {
    reasoning: reasoningOf(effort ?? 0, said),
    format: format === undefined ? undefined : decodeFormat(format),
    unread,
  };
}

type Thinking = Pick<ReasoningOptions, "mode" | "summary" | "budgetTokens">;

function reasoningOf(
  effort: ReasoningEffort,
  said: Thinking = { mode: 0, summary: 0 },
): ReasoningOptions | undefined {
  const { mode, summary, budgetTokens } = said;
  if (mode === 0 && effort === 0 && budgetTokens === undefined && summary === 0) return undefined;
  return { $typeName: "parlance.chat.v1.ReasoningOptions", effort, ...said };
}

/** Undefined for words that are not known here. */
function decodeThinking(thinking: Cursor): Thinking | undefined {
  const mode = decodeMode(thinking.json.type);
  const summary = decodeDisplay(thinking.json.display);
  if (mode === undefined || summary === undefined) return undefined;
  const budgetTokens = integer(thinking, "budget_tokens", [1024, 100_000_000]);
  if (mode === ReasoningMode.ENABLED && !isPresent(thinking.json.budget_tokens))
    missing(thinking, "budget_tokens");
  return { mode, summary, ...(budgetTokens === undefined ? undefined : { budgetTokens }) };
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
  if (!isPresent(display)) return ReasoningSummary.UNSPECIFIED;
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

function decodeFormat(format: Cursor): ResponseFormat | undefined {
  const { json, source } = format;
  if (json.type !== "json_schema") {
    const value = {
      $typeName: "parlance.chat.v1.Opaque",
      dialect: DIALECT,
      json: sourceText(source, json),
    } as const;
    return { $typeName: "parlance.chat.v1.ResponseFormat", format: { case: "opaque", value } };
  }
  const schema = requiredObject(format, "schema");
  if (schema === undefined) return undefined;
  noteUnknown(format, FORMAT_MEMBERS);
  const value = {
    $typeName: "parlance.chat.v1.JsonSchemaFormat",
    name: "",
    description: "",
    schemaJson: sourceText(schema.source, schema.json),
  } as const;
  return { $typeName: "parlance.chat.v1.ResponseFormat", format: { case: "jsonSchema", value } };
}
