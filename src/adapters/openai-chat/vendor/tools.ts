import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { FunctionTool, Tool, ToolChoice } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { dropped, type EncodeReport, refuse } from "../../../core/fidelity/encode-report.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { withPartExtras } from "../../shared/add-extras.ts";
import { encodeFormat } from "../../tools/custom-format.ts";
import { type Draft, NAME, objectText, rawMembers } from "../wire.ts";

const modes: Readonly<Record<ToolChoiceMode, string>> = {
  [ToolChoiceMode.UNSPECIFIED]: "auto",
  [ToolChoiceMode.NONE]: "none",
  [ToolChoiceMode.AUTO]: "auto",
  [ToolChoiceMode.REQUIRED]: "required",
};

/**
 * Writes the tools; undefined when there are none. Tools of other dialects' vendors are dropped.
 */
export function encodeTools(tools: readonly Tool[], report: EncodeReport): Writable {
  const drafts: Writable[] = [];
  for (let at = 0; at < tools.length; at += 1) {
    const tool = tools[at];
    if (tool === undefined) continue;
    const path = `tools[${at}]`;
    const draft = encodeTool(tool, path, report);
    if (draft !== undefined) drafts.push(draft);
  }
  return drafts.length === 0 ? undefined : drafts;
}

/** Writes the rule for tools; undefined when there is none. */
export function encodeToolChoice(chat: Chat, report: EncodeReport): Writable {
  const choice: ToolChoice["choice"] | undefined = chat.toolChoice?.choice;
  switch (choice?.case) {
    case "mode":
      return modes[choice.value];
    case "name":
      return reference(customNames(chat), choice.value);
    case "allowed": {
      const custom = customNames(chat);
      const tools = choice.value.names.map((name) => reference(custom, name));
      return { type: "allowed_tools", allowed_tools: { mode: modes[choice.value.mode], tools } };
    }
    case "opaque":
      if (choice.value.dialect === NAME)
        return objectText(choice.value.json, "tool_choice.opaque.json", report);
      dropped(report, "tool_choice.opaque", `only the dialect ${choice.value.dialect} knows it`);
      return undefined;
    case undefined:
      return undefined;
  }
}

function encodeTool({ tool }: Tool, path: string, report: EncodeReport): Writable {
  switch (tool.case) {
    case "function":
      return encodeFunction(tool.value, path, report);
    case "custom": {
      const { name, description, formatJson } = tool.value;
      const format =
        formatJson === ""
          ? undefined
          : objectText(encodeFormat(formatJson), `${path}.custom.format_json`, report);
      const draft = {
        type: "custom",
        custom: { name, description: description === "" ? undefined : description, format },
      };
      return withPartExtras([draft], tool.value, `${path}.custom`, report)[0];
    }
    case "builtin":
      if (tool.value.dialect === NAME)
        return objectText(tool.value.json, `${path}.builtin.json`, report);
      dropped(report, `${path}.builtin`, `only the dialect ${tool.value.dialect} has this tool`);
      return undefined;
    case undefined:
      return undefined;
  }
}

/**
 * Extras of a function are members of the tool; those in its `function` member go into the
 * function.
 */
function encodeFunction(tool: FunctionTool, path: string, report: EncodeReport): Draft {
  const inner: Draft = {
    name: tool.name,
    description: tool.description === "" ? undefined : tool.description,
    parameters:
      tool.parametersJson === ""
        ? undefined
        : objectText(tool.parametersJson, `${path}.function.parameters_json`, report),
    strict: tool.strict,
  };
  const draft: Draft = { type: "function", function: inner };
  const extras = tool.extrasJson[NAME] ?? "";
  const field = `${path}.function.extras_json["${NAME}"]`;
  if (extras === "") return draft;
  const members = rawMembers(extras);
  if (members === undefined)
    refuse(report, ErrorReason.INVALID_REQUEST, field, "must be a JSON object");
  for (const { key, text } of members ?? []) {
    if (key === "function") addAbsent(inner, text, `${field}.function`, report);
    else if (draft[key] === undefined) draft[key] = rawJson(text);
    else dropped(report, `${field}.${key}`, "a declared field says it");
  }
  return draft;
}

function addAbsent(draft: Draft, object: string, field: string, report: EncodeReport): void {
  const members = rawMembers(object);
  if (members === undefined)
    refuse(report, ErrorReason.INVALID_REQUEST, field, "must be a JSON object");
  for (const { key, text } of members ?? []) {
    if (draft[key] === undefined) draft[key] = rawJson(text);
    else dropped(report, `${field}.${key}`, "a declared field says it");
  }
}

function customNames({ tools }: Chat): ReadonlySet<string> {
  return new Set(tools.flatMap(({ tool }) => (tool.case === "custom" ? [tool.value.name] : [])));
}

/** A tool by name: OpenAI tells custom tools and functions apart. */
function reference(custom: ReadonlySet<string>, name: string): Draft {
  return custom.has(name)
    ? { type: "custom", custom: { name } }
    : { type: "function", function: { name } };
}
