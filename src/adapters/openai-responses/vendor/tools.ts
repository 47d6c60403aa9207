import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import {
  SearchContextSize,
  type WebSearchOptions,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import type { FunctionTool, Tool } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { type Body, isObjectText, mergeMembers } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { withPartExtras } from "../../shared/add-extras.ts";
import { DIALECT } from "../wire.ts";

/** The tools in the vendor's flat shape, and its own web search where that is requested. */
export function encodeTools(chat: Chat, report: EncodeReport): Writable[] {
  const tools: Writable[] = [];
  for (const [index, tool] of chat.tools.entries()) {
    const path = `tools[${index}]`;
    const encoded = encodeTool(tool, path, report);
    if (encoded !== undefined) tools.push(encoded);
  }
  if (chat.webSearch !== undefined) tools.push(encodeWebSearch(chat.webSearch, report));
  return tools;
}

/** `tool_choice`; undefined where nothing is said, or what is said cannot be sent. */
export function encodeToolChoice(chat: Chat, report: EncodeReport): Writable | undefined {
  const choice = chat.toolChoice?.choice;
  switch (choice?.case) {
    case "mode":
      return modeWord(choice.value);
    case "name":
      return nameTool(customNames(chat.tools), choice.value);
    case "allowed": {
      const custom = customNames(chat.tools);
      const tools = choice.value.names.map((name) => nameTool(custom, name));
      return { type: "allowed_tools", mode: modeWord(choice.value.mode) ?? "auto", tools };
    }
    case "opaque":
      if (choice.value.dialect !== DIALECT) {
        dropped(report, "tool_choice.opaque", `a rule of ${choice.value.dialect}`);
        return undefined;
      }
      if (isObjectText(choice.value.json)) return rawJson(choice.value.json);
      refuse(
        report,
        ErrorReason.INVALID_REQUEST,
        "tool_choice.opaque.json",
        "must be one JSON object",
      );
      return undefined;
    case undefined:
      return undefined;
  }
}

/**
 * Whether a caller's own members bring tools, or name what knows some: a stored prompt, an earlier
 * response.
 */
export function holdsTools(extrasJson: Chat["extrasJson"]): boolean {
  return /"(?:tools|prompt|conversation)"\s*:/.test(extrasJson[DIALECT] ?? "");
}

function encodeTool({ tool }: Tool, path: string, report: EncodeReport): Writable | undefined {
  switch (tool.case) {
    case "function":
      return encodeFunction(tool.value, `${path}.function`, report);
    case "custom": {
      const { name, description, formatJson } = tool.value;
      if (formatJson !== "" && !isObjectText(formatJson)) {
        refuse(
          report,
          ErrorReason.INVALID_REQUEST,
          `${path}.custom.format_json`,
          "must be one JSON object",
        );
        return undefined;
      }
      const body = {
        type: "custom",
        name,
        description: description === "" ? undefined : description,
        format: formatJson === "" ? undefined : rawJson(formatJson),
      };
      return withPartExtras([body], tool.value, `${path}.custom`, report)[0];
    }
    case "builtin":
      if (tool.value.dialect !== DIALECT) {
        dropped(report, `${path}.builtin`, `a tool of ${tool.value.dialect}`);
        return undefined;
      }
      if (isObjectText(tool.value.json)) return rawJson(tool.value.json);
      refuse(
        report,
        ErrorReason.INVALID_REQUEST,
        `${path}.builtin.json`,
        "must be one JSON object",
      );
      return undefined;
    case undefined:
      return undefined;
  }
}

/** A function without arguments has the schema of an empty object, for the vendor demands one. */
function encodeFunction(
  tool: FunctionTool,
  path: string,
  report: EncodeReport,
): Writable | undefined {
  const { name, description, parametersJson, strict, extrasJson } = tool;
  if (parametersJson !== "" && !isObjectText(parametersJson)) {
    refuse(
      report,
      ErrorReason.INVALID_REQUEST,
      `${path}.parameters_json`,
      "must be one JSON object",
    );
    return undefined;
  }
  const body: Body = {
    type: "function",
    name,
    description: description === "" ? undefined : description,
    parameters:
      parametersJson === "" ? { type: "object", properties: {} } : rawJson(parametersJson),
    strict,
  };
  for (const [dialect, json] of Object.entries(extrasJson)) {
    if (dialect === DIALECT && !mergeMembers(body, json)) {
      refuse(
        report,
        ErrorReason.INVALID_REQUEST,
        `${path}.extras_json["${dialect}"]`,
        "must be a JSON object",
      );
    }
  }
  return body;
}

function customNames(tools: readonly Tool[]): ReadonlySet<string> {
  return new Set(tools.flatMap(({ tool }) => (tool.case === "custom" ? [tool.value.name] : [])));
}

/** The vendor names a tool by its kind as well. */
function nameTool(custom: ReadonlySet<string>, name: string): Writable {
  return { type: custom.has(name) ? "custom" : "function", name };
}

function modeWord(mode: ToolChoiceMode): string | undefined {
  switch (mode) {
    case ToolChoiceMode.UNSPECIFIED:
      return undefined;
    case ToolChoiceMode.NONE:
      return "none";
    case ToolChoiceMode.AUTO:
      return "auto";
    case ToolChoiceMode.REQUIRED:
      return "required";
  }
}

/** See https://platform.openai.com/docs/guides/tools-web-search. */
function encodeWebSearch(options: WebSearchOptions, report: EncodeReport): Writable {
  mapped(report, "web_search");
  const place = options.userLocation;
  const location: Body = { type: "approximate" };
  for (const key of ["city", "region", "country", "timezone"] as const) {
    if (place !== undefined && place[key] !== "") location[key] = place[key];
  }
  return {
    type: "web_search",
    search_context_size: sizeWord(options.searchContextSize),
    user_location: place === undefined ? undefined : location,
  };
}

function sizeWord(size: SearchContextSize): string | undefined {
  switch (size) {
    case SearchContextSize.UNSPECIFIED:
      return undefined;
    case SearchContextSize.LOW:
      return "low";
    case SearchContextSize.MEDIUM:
      return "medium";
    case SearchContextSize.HIGH:
      return "high";
  }
}
