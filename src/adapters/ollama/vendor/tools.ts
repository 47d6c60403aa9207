import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { FunctionTool, Tool } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  clamped,
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { type Body, isObjectText } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { addExtras } from "../../shared/add-extras.ts";
import { toolName } from "../../shared/tool-name.ts";
import { DIALECT } from "../wire.ts";

/**
 * The tools; undefined for none. The server has no choice among tools: a choice is brought about,
 * as far as it can be, by what tools are sent. See
 * https://docs.ollama.com/capabilities/tool-calling.
 */
export function encodeTools(chat: Chat, report: EncodeReport): Writable[] | undefined {
  const sends = planChoice(chat, report);
  if (chat.parallelToolCalls === true) mapped(report, "parallel_tool_calls");
  if (chat.parallelToolCalls === false) dropped(report, "parallel_tool_calls");
  const tools: Writable[] = [];
  for (const [at, tool] of chat.tools.entries()) {
    if (!sends(tool)) continue;
    const encoded = encodeTool(tool, `tools[${at}]`, report);
    if (encoded !== undefined) tools.push(encoded);
  }
  return tools.length === 0 ? undefined : tools;
}

/** Which tools are sent. */
function planChoice({ toolChoice }: Chat, report: EncodeReport): (tool: Tool) => boolean {
  const choice = toolChoice?.choice;
  switch (choice?.case) {
    case "mode":
      planMode(choice.value, "tool_choice.mode", report);
      return () => choice.value !== ToolChoiceMode.NONE;
    case "name":
      clamped(report, "tool_choice.name");
      return (tool) => toolName(tool) === choice.value;
    case "allowed": {
      const names = new Set(choice.value.names);
      emulated(report, "tool_choice.allowed.names");
      planMode(choice.value.mode, "tool_choice.allowed.mode", report);
      return (tool) => names.has(toolName(tool));
    }
    case "opaque":
      return () => true;
    case undefined:
      return () => true;
  }
}

function planMode(mode: ToolChoiceMode, field: string, report: EncodeReport): void {
  switch (mode) {
    case ToolChoiceMode.NONE:
      emulated(report, field);
      return;
    case ToolChoiceMode.AUTO:
      mapped(report, field);
      return;
    case ToolChoiceMode.REQUIRED:
      clamped(report, field);
      return;
    case ToolChoiceMode.UNSPECIFIED:
      return;
  }
}

function encodeTool({ tool }: Tool, path: string, report: EncodeReport): Writable | undefined {
  switch (tool.case) {
    case "function":
      return encodeFunction(tool.value, `${path}.function`, report);
    case "builtin":
      if (tool.value.dialect !== DIALECT) {
        dropped(report, `${path}.builtin`, `only ${tool.value.dialect} has this tool`);
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

/** What a function without arguments takes: the server demands an object schema. */
const NO_ARGUMENTS = '{"type":"object","properties":{}}';

function encodeFunction(tool: FunctionTool, path: string, report: EncodeReport): Body {
  if (tool.parametersJson !== "" && !isObjectText(tool.parametersJson)) {
    refuse(report, ErrorReason.INVALID_REQUEST, `${path}.parameters_json`, "must be a JSON object");
  }
  const body: Body = {
    type: "function",
    function: {
      name: tool.name,
      description: tool.description === "" ? undefined : tool.description,
      parameters: rawJson(tool.parametersJson === "" ? NO_ARGUMENTS : tool.parametersJson),
    },
  };
  addExtras(body, tool.extrasJson[DIALECT], `${path}.extras_json["${DIALECT}"]`, report);
  return body;
}
