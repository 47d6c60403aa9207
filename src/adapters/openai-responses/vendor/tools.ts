import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import {
  SearchContextSize,
  type WebSearchOptions,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import type {
  FunctionTool,
  Tool,
  ToolNamespace,
} from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import {
  qualifiedName,
  type ToolIdentity,
  toolIdentity,
} from "../../../core/names/tool-namespace.ts";
import { type Body, isObjectText, mergeMembers } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { withPartExtras } from "../../shared/add-extras.ts";
import { DIALECT } from "../wire.ts";

/**
 * The tools in the vendor's flat shape, those of a namespace inside of it, and its own web search
 * where that is requested.
 */
export function encodeTools(chat: Chat, report: EncodeReport): Writable[] {
  const tools: Writable[] = [];
  const groups = new Map<string, Writable[]>();
  for (const [index, tool] of chat.tools.entries()) {
    const path = `tools[${index}]`;
    const encoded = encodeTool(tool, path, report);
    if (encoded === undefined) continue;
    const { namespace } = tool;
    if (namespace === undefined) tools.push(encoded);
    else groupOf(namespace, groups, tools).push(encoded);
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
      return nameTool(identities(chat.tools), choice.value);
    case "allowed": {
      const known = identities(chat.tools);
      const tools = choice.value.names.map((name) => nameTool(known, name));
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

/** The tools of a namespace, which stands where the first of them does. */
function groupOf(
  { name, description }: ToolNamespace,
  groups: Map<string, Writable[]>,
  tools: Writable[],
): Writable[] {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const group: Writable[] = [];
  groups.set(name, group);
  tools.push({ type: "namespace", name, description, tools: group });
  return group;
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

/**
 * A function without arguments has the schema of an empty object, for the vendor demands one. The
 * vendor's own default is to be strict, the contract's is not.
 */
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
  if (strict === false) mapped(report, `${path}.strict`);
  const body: Body = {
    type: "function",
    name,
    description: description === "" ? undefined : description,
    parameters:
      parametersJson === "" ? { type: "object", properties: {} } : rawJson(parametersJson),
    strict: strict ?? false,
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

function identities(tools: readonly Tool[]): ReadonlyMap<string, ToolIdentity> {
  const known = tools.flatMap((tool) => toolIdentity(tool) ?? []);
  return new Map(known.map((tool) => [qualifiedName(tool.namespace, tool.name), tool]));
}

/** The vendor names a tool by its kind as well, and by its namespace. */
function nameTool(known: ReadonlyMap<string, ToolIdentity>, chosen: string): Writable {
  const tool = known.get(chosen);
  if (tool === undefined) return { type: "function", name: chosen };
  const { name, namespace, custom } = tool;
  return {
    type: custom ? "custom" : "function",
    name,
    namespace: namespace === "" ? undefined : namespace,
  };
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
