import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { FunctionTool, Tool } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { toolName } from "../../shared/tool-name.ts";
import { reportIdleChoice } from "../../turns/choice-without-tools.ts";
import { addExtras, encodeOpaqueValue, isObjectText } from "../extras.ts";
import { type Draft, NAME, nonEmpty } from "../wire.ts";

const NO_ARGUMENTS = '{"type":"object","properties":{}}';

/**
 * `tools`, `tool_choice` and `strict_tools`. The vendor knows two rules, REQUIRED and NONE: a
 * certain tool and a set of allowed ones are brought about by sending no others. See
 * https://docs.cohere.com/docs/tool-use-overview.
 */
export function encodeToolUse(
  chat: Chat,
  quirks: Readonly<Record<string, unknown>>,
  report: EncodeReport,
): Draft {
  const names = allowedNames(chat);
  if (names !== undefined) checkNames(chat, names, report);
  const kept = chat.tools
    .map((tool, at) => [tool, at] as const)
    .filter(([tool]) => names?.has(toolName(tool)) ?? true);
  const tools = kept
    .map(([tool, at]) => encodeTool(tool, `tools[${at}]`, report))
    .filter((tool) => tool !== undefined);
  if (chat.parallelToolCalls === true) mapped(report, "parallel_tool_calls");
  else if (chat.parallelToolCalls === false) dropped(report, "parallel_tool_calls");
  if (tools.length === 0) {
    reportIdleChoice(chat, report);
    return {};
  }
  return {
    tools,
    tool_choice: encodeChoice(chat, report),
    strict_tools: encodeStrict(chat.tools, quirks, report),
  };
}

/**
 * A choice among tools that are not there is refused, for otherwise all tools would be left out.
 */
function checkNames(chat: Chat, names: ReadonlySet<string>, report: EncodeReport): void {
  const field =
    chat.toolChoice?.choice.case === "name" ? "tool_choice.name" : "tool_choice.allowed.names";
  if (chat.tools.some((tool) => names.has(toolName(tool)))) emulated(report, field);
  else refuse(report, ErrorReason.INVALID_REQUEST, field, "names no tool of the request");
}

/** Names of the tools that are sent; undefined for all. */
function allowedNames(chat: Chat): ReadonlySet<string> | undefined {
  const choice = chat.toolChoice?.choice;
  if (choice?.case === "allowed") return new Set(choice.value.names);
  return choice?.case === "name" ? new Set([choice.value]) : undefined;
}

function encodeChoice(chat: Chat, report: EncodeReport): Writable {
  const choice = chat.toolChoice?.choice;
  switch (choice?.case) {
    case "mode":
      return encodeMode(choice.value, "tool_choice.mode", report);
    case "allowed":
      return encodeMode(choice.value.mode, "tool_choice.allowed.mode", report);
    case "name":
      return "REQUIRED";
    case "opaque":
      return encodeOpaqueValue(choice.value, "tool_choice.opaque", report);
    case undefined:
      return undefined;
  }
}

function encodeMode(mode: ToolChoiceMode, field: string, report: EncodeReport): Writable {
  switch (mode) {
    case ToolChoiceMode.REQUIRED:
      return "REQUIRED";
    case ToolChoiceMode.NONE:
      return "NONE";
    case ToolChoiceMode.AUTO:
      mapped(report, field);
      return undefined;
    case ToolChoiceMode.UNSPECIFIED:
      return undefined;
  }
}

/** The vendor is strict with all tools or with none. */
function encodeStrict(
  tools: readonly Tool[],
  quirks: Readonly<Record<string, unknown>>,
  report: EncodeReport,
): boolean | undefined {
  const said = tools.flatMap(({ tool }, at) =>
    tool.case === "function" && tool.value.strict !== undefined
      ? [{ at, strict: tool.value.strict }]
      : [],
  );
  const functions = tools.filter(({ tool }) => tool.case === "function").length;
  const all = said.length === functions && new Set(said.map(({ strict }) => strict)).size === 1;
  const sent = all && quirks.strictTools !== false ? said[0]?.strict : undefined;
  for (const { at, strict } of said) {
    const field = `tools[${at}].function.strict`;
    if (sent !== undefined) mapped(report, field, "sent as strict_tools");
    else if (!strict) mapped(report, field, "the vendor's default");
    else dropped(report, field);
  }
  return sent;
}

function encodeTool(tool: Tool, path: string, report: EncodeReport): Writable {
  const { tool: kind } = tool;
  switch (kind.case) {
    case "function":
      return encodeFunction(kind.value, `${path}.function`, report);
    case "builtin":
      if (kind.value.dialect === NAME && isObjectText(kind.value.json))
        return rawJson(kind.value.json);
      if (kind.value.dialect === NAME) {
        refuse(
          report,
          ErrorReason.INVALID_REQUEST,
          `${path}.builtin.json`,
          "must be one JSON object",
        );
      } else dropped(report, `${path}.builtin`, `a tool of ${kind.value.dialect}`);
      return undefined;
    case "custom":
    case undefined:
      return undefined;
  }
}

function encodeFunction(tool: FunctionTool, path: string, report: EncodeReport): Writable {
  const schema = tool.parametersJson === "" ? NO_ARGUMENTS : tool.parametersJson;
  if (!isObjectText(schema)) {
    refuse(report, ErrorReason.INVALID_REQUEST, `${path}.parameters_json`, "must be a JSON object");
  }
  const body: Draft = {
    name: tool.name,
    description: nonEmpty(tool.description),
    parameters: rawJson(schema),
  };
  addExtras(body, tool.extrasJson, `${path}.extras_json`, report);
  return { type: "function", function: body };
}
