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
import { type Body, isObjectText, mergeMembers } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { toolName } from "../../shared/tool-name.ts";
import { objectSchema } from "../../shared/tool-schema.ts";
import { DIALECT } from "../wire.ts";
import { encodeCachePoint } from "./cache-control.ts";
import type { ModelTraits } from "./model-traits.ts";

/**
 * The caller's tools, without those that an allowed set leaves out, each followed by its cache
 * point.
 */
export function encodeTools(chat: Chat, traits: ModelTraits, report: EncodeReport): Writable[] {
  const choice = chat.toolChoice?.choice;
  const allowed = choice?.case === "allowed" ? new Set(choice.value.names) : undefined;
  if (allowed !== undefined) emulated(report, "tool_choice.allowed");
  const tools: Writable[] = [];
  for (const [index, tool] of chat.tools.entries()) {
    if (allowed !== undefined && !allowed.has(toolName(tool))) continue;
    const path = `tools[${index}]`;
    const encoded = encodeTool(tool, path, traits, report);
    if (encoded === undefined) continue;
    tools.push(encoded);
    const point = toolCachePoint(tool, `${path}.cache`, traits, report);
    if (point !== undefined) tools.push(point);
  }
  if (chat.webSearch !== undefined) addWebSearch(tools, traits, report);
  return tools;
}

/**
 * The tools that the conversation has called, for the vendor refuses calls and results where no
 * tool is declared.
 */
export function declareCalledTools(chat: Chat, report: EncodeReport): Writable[] {
  const names = new Set<string>();
  for (const { parts } of chat.messages) {
    for (const { content } of parts) if (content.case === "toolCall") names.add(content.value.name);
  }
  if (names.size > 0)
    emulated(
      report,
      "tools",
      "the tools that the conversation calls are declared, as the vendor demands",
    );
  return [...names].map((name) => toolSpec(name, "", rawJson('{"type":"object"}')));
}

/** A tool in the vendor's shape. */
export function toolSpec(name: string, description: string, schema: Writable): Writable {
  return {
    toolSpec: {
      name,
      ...(description === "" ? undefined : { description }),
      inputSchema: { json: schema },
    },
  };
}

function toolCachePoint(
  { cache }: Tool,
  path: string,
  traits: ModelTraits,
  report: EncodeReport,
): Writable | undefined {
  if (cache === undefined) return undefined;
  if (traits.toolCachePoints) return encodeCachePoint(cache, path, traits, report);
  dropped(report, path, "the model takes no cache points among tools");
  return undefined;
}

function encodeTool(
  { tool }: Tool,
  path: string,
  traits: ModelTraits,
  report: EncodeReport,
): Writable | undefined {
  switch (tool.case) {
    case "function":
      return encodeFunction(tool.value, `${path}.function`, traits, report);
    case "builtin":
      if (tool.value.dialect !== DIALECT) {
        dropped(report, `${path}.builtin`, `a tool of ${tool.value.dialect}`);
        return undefined;
      }
      if (!isObjectText(tool.value.json)) {
        refuse(
          report,
          ErrorReason.INVALID_REQUEST,
          `${path}.builtin.json`,
          "must be one JSON object",
        );
      }
      return rawJson(tool.value.json);
    case "custom":
    case undefined:
      return undefined;
  }
}

function encodeFunction(
  tool: FunctionTool,
  path: string,
  traits: ModelTraits,
  report: EncodeReport,
): Writable {
  const schema = objectSchema(tool.parametersJson);
  if (schema === undefined) {
    refuse(report, ErrorReason.INVALID_REQUEST, `${path}.parameters_json`, "must be a JSON object");
  } else if (schema !== tool.parametersJson && tool.parametersJson !== "") {
    mapped(report, `${path}.parameters_json`);
  }
  const spec: Body = { name: tool.name };
  if (tool.description !== "") spec.description = tool.description;
  spec.inputSchema = { json: rawJson(schema ?? "{}") };
  if (tool.strict !== undefined) addStrict(spec, tool.strict, `${path}.strict`, traits, report);
  for (const [dialect, json] of Object.entries(tool.extrasJson)) {
    const field = `${path}.extras_json["${dialect}"]`;
    if (dialect === DIALECT && !mergeMembers(spec, json))
      refuse(report, ErrorReason.INVALID_REQUEST, field, "must be a JSON object");
  }
  return { toolSpec: spec };
}

function addStrict(
  spec: Body,
  strict: boolean,
  path: string,
  traits: ModelTraits,
  report: EncodeReport,
): void {
  if (traits.structuredOutput) spec.strict = strict;
  else if (strict) dropped(report, path);
  else mapped(report, path);
}

/**
 * Only Nova 2 searches by itself:
 * https://docs.aws.amazon.com/nova/latest/nova2-userguide/web-grounding.html.
 */
function addWebSearch(tools: Writable[], traits: ModelTraits, report: EncodeReport): void {
  if (traits.reasoning !== "nova") {
    dropped(report, "web_search", "the model has no search of its own here");
    return;
  }
  emulated(report, "web_search");
  tools.push({ systemTool: { name: "nova_grounding" } });
}
