import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { FunctionTool, Tool } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { isObject, parseJson } from "../../../json/json.ts";
import { type Body, isObjectText, mergeMembers } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { withoutRefused } from "../../shared/taken-schema.ts";
import { DIALECT } from "../wire.ts";
import { knownFormats, REFUSED, reportLost, UNKNOWN } from "./format.ts";
import type { ModelTraits } from "./model-traits.ts";
import { type CopyAllowance, convertSchema, createCopyAllowance } from "./schema.ts";

/**
 * What is sent as `tools`, and how many of them are functions, among which `toolConfig` can choose.
 */
export interface EncodedTools {
  readonly tools: readonly Writable[];
  readonly functions: number;
}

/** All functions in one tool, then the vendor's own tools and its search where it is requested. */
export function encodeTools(chat: Chat, traits: ModelTraits, report: EncodeReport): EncodedTools {
  const functions: Body[] = [];
  const builtins: Writable[] = [];
  const context: ToolContext = { traits, report, allowance: createCopyAllowance() };
  for (const [index, tool] of chat.tools.entries())
    addTool(tool, `tools[${index}]`, functions, builtins, context);
  if (chat.webSearch !== undefined) builtins.push(encodeWebSearch(report));
  const declared = functions.length === 0 ? [] : [{ functionDeclarations: functions }];
  return { tools: [...declared, ...builtins], functions: functions.length };
}

/** What the tools of a request share while they are encoded. */
interface ToolContext {
  readonly traits: ModelTraits;
  readonly report: EncodeReport;
  readonly allowance: CopyAllowance;
}

function addTool(
  tool: Tool,
  path: string,
  functions: Body[],
  builtins: Writable[],
  context: ToolContext,
): void {
  const { tool: kind } = tool;
  const { report } = context;
  switch (kind.case) {
    case "function":
      functions.push(encodeFunction(kind.value, `${path}.function`, context));
      return;
    case "builtin":
      if (kind.value.dialect !== DIALECT) {
        dropped(report, `${path}.builtin`, `a tool of ${kind.value.dialect}`);
      } else if (!isObjectText(kind.value.json)) {
        refuse(
          report,
          ErrorReason.INVALID_REQUEST,
          `${path}.builtin.json`,
          "must be one JSON object",
        );
      } else builtins.push(rawJson(kind.value.json));
      return;
    case "custom":
    case undefined:
      return;
  }
}

/** See https://ai.google.dev/api/caching#FunctionDeclaration (2026-11). */
function encodeFunction(tool: FunctionTool, path: string, context: ToolContext): Body {
  const { report } = context;
  const body: Body = { name: tool.name };
  if (tool.description !== "") body.description = tool.description;
  if (tool.parametersJson !== "")
    addParameters(body, tool.parametersJson, `${path}.parameters_json`, context);
  if (tool.strict === true) dropped(report, `${path}.strict`);
  if (tool.strict === false) mapped(report, `${path}.strict`);
  for (const [dialect, json] of Object.entries(tool.extrasJson)) {
    const field = `${path}.extras_json["${dialect}"]`;
    if (dialect === DIALECT && !mergeMembers(body, json))
      refuse(report, ErrorReason.INVALID_REQUEST, field, "must be a JSON object");
  }
  return body;
}

/**
 * A function without arguments has no schema, for the vendor refuses an object without properties.
 */
function addParameters(
  body: Body,
  text: string,
  field: string,
  { traits, report, allowance }: ToolContext,
): void {
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) {
    refuse(report, ErrorReason.INVALID_REQUEST, field, "must be a JSON object");
    return;
  }
  const { schema, left } = withoutRefused(parsed.value, knownFormats);
  reportLost(report, field, left, REFUSED);
  const converted = convertSchema(schema, false, allowance);
  if (converted.lost.length > 0 && traits.jsonSchema) {
    mapped(report, field, "sent as parametersJsonSchema");
    body.parametersJsonSchema = left.length === 0 ? rawJson(text) : schema;
    return;
  }
  const open = converted.schema.properties !== undefined || converted.schema.anyOf !== undefined;
  if (open) {
    mapped(report, field, "sent as the vendor's schema, references in place");
    body.parameters = converted.schema;
  } else mapped(report, field, "not sent, for it names no arguments");
  reportLost(report, field, converted.lost, UNKNOWN);
}

/** See https://ai.google.dev/gemini-api/docs/google-search. */
function encodeWebSearch(report: EncodeReport): Writable {
  emulated(report, "web_search");
  return { googleSearch: {} };
}
