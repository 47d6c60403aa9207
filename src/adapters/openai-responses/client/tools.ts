import type {
  CustomTool,
  FunctionTool,
  Tool,
  ToolChoice,
} from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import { qualifiedName, toolIdentity } from "../../../core/names/tool-namespace.ts";
import { arrayAt, isObject, type JsonObject, stringAt } from "../../../json/json.ts";
import { sourceText } from "../../../json/source-slice.ts";
import { decodeFunctionTool } from "../../shared/function-tool.ts";
import { noteMark, noteUnknown, takeOpaque } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  elements,
  isAtObject,
  list,
  object,
  objects,
  problem,
  requiredName,
  requiredString,
  string,
  word,
} from "../../shared/request-cursor.ts";
import { isStrictSchema } from "../../tools/strict-schema.ts";
import { opaque } from "../content-part.ts";
import { DIALECT } from "../wire.ts";

const functionMembers = {
  dialect: DIALECT,
  known: new Set(["type", "name", "description", "parameters", "strict"]),
};
const NAME_MEMBERS: ReadonlySet<string> = new Set(["type", "name", "namespace"]);
const ALLOWED_MEMBERS: ReadonlySet<string> = new Set(["type", "mode", "tools"]);
const NAMESPACE_MEMBERS: ReadonlySet<string> = new Set(["type", "name", "description", "tools"]);
const CUSTOM_MEMBERS: ReadonlySet<string> = new Set(["type", "name", "description", "format"]);

const modes: ReadonlyMap<string, ToolChoiceMode> = new Map([
  ["none", ToolChoiceMode.NONE],
  ["auto", ToolChoiceMode.AUTO],
  ["required", ToolChoiceMode.REQUIRED],
]);

/**
 * The tools: functions and custom tools the caller runs, also those of a namespace and those that
 * items of the input declare; all others the vendor runs, and they are kept as they are.
 */
export function decodeTools(cursor: Cursor): Tool[] {
  const tools = objects(list(cursor, "tools")).flatMap(decodeEntry);
  const known = new Set(tools.map(identityOf));
  for (const tool of declaringItems(cursor).flatMap((item) => objects(list(item, "tools")))) {
    for (const decoded of decodeEntry(tool)) {
      if (known.has(identityOf(decoded))) continue;
      known.add(identityOf(decoded));
      tools.push(decoded);
    }
  }
  return tools;
}

/**
 * Items that declare tools: `additional_tools`, and what a search for tools has found. See
 * https://developers.openai.com/api/docs/guides/tools-tool-search.
 */
function declaringItems(cursor: Cursor): Cursor[] {
  const input = at(cursor, "input");
  if (input === undefined || !Array.isArray(input.json)) return [];
  if (!input.json.some((item) => isObject(item) && Array.isArray(item.tools))) return [];
  return elements(input)
    .filter(isAtObject)
    .filter(({ json: { type } }) => type === "additional_tools" || type === "tool_search_output");
}

function identityOf(tool: Tool): string {
  const identity = toolIdentity(tool);
  if (identity !== undefined) return `${identity.namespace}\u0000${identity.name}`;
  return tool.tool.case === "builtin" ? tool.tool.value.json : "";
}

function decodeEntry(tool: Cursor): Tool[] {
  const group = tool.json.type === "namespace" ? decodeNamespace(tool) : undefined;
  return group ?? [{ $typeName: "parlance.chat.v1.Tool", tool: decodeTool(tool) }];
}

/** Undefined where a namespace holds anything but tools that the caller runs. */
function decodeNamespace(cursor: Cursor): Tool[] | undefined {
  const tools = objects(list(cursor, "tools"));
  const plain = tools.every(({ json: { type } }) => type === "function" || type === "custom");
  if (tools.length === 0 || !plain) return undefined;
  noteUnknown(cursor, NAMESPACE_MEMBERS);
  const namespace = {
    $typeName: "parlance.chat.v1.ToolNamespace",
    name: requiredName(cursor, "name"),
    description: string(cursor, "description") ?? "",
  } as const;
  return tools.map((tool) => ({
    $typeName: "parlance.chat.v1.Tool",
    tool: decodeTool(tool),
    namespace,
  }));
}

/** `tool_choice` in each of its forms; one that is not known is kept as it is. */
export function decodeToolChoice(cursor: Cursor, tools: readonly Tool[]): ToolChoice | undefined {
  const sent = at(cursor, "tool_choice");
  if (sent === undefined) return undefined;
  if (typeof sent.json === "string") {
    const mode = word(cursor, "tool_choice", modes);
    return mode === undefined ? undefined : of({ case: "mode", value: mode });
  }
  if (!isAtObject(sent)) return problem(sent, "", "must be a string or an object");
  const choice = sent;
  const kept = (): ToolChoice =>
    of({ case: "opaque", value: opaque(sourceText(choice.source, choice.json)) });
  switch (stringAt(choice.json, "type")) {
    case "function":
    case "custom": {
      noteUnknown(choice, NAME_MEMBERS);
      const name = requiredName(choice, "name");
      const value = qualifiedName(string(choice, "namespace") ?? "", name);
      return name === "" ? undefined : of({ case: "name", value });
    }
    case "allowed_tools":
      return allowedOf(choice, tools) ?? kept();
    case undefined:
      requiredString(choice, "type");
      return undefined;
    default:
      return kept();
  }
}

/** Undefined where not all of the tools are the caller's own. */
function allowedOf(cursor: Cursor, declared: readonly Tool[]): ToolChoice | undefined {
  const { json: choice } = cursor;
  const mode = modes.get(stringAt(choice, "mode") ?? "auto");
  if (mode === undefined || mode === ToolChoiceMode.NONE) return undefined;
  const names: string[] = [];
  for (const entry of arrayAt(choice, "tools") ?? []) {
    const named = isObject(entry) ? namesOf(entry, declared) : [];
    if (named.length === 0) return undefined;
    appendAll(names, named);
  }
  if (names.length === 0) return undefined;
  noteUnknown(cursor, ALLOWED_MEMBERS);
  for (const tool of objects(list(cursor, "tools"))) noteUnknown(tool, NAME_MEMBERS);
  return of({
    case: "allowed",
    value: { $typeName: "parlance.chat.v1.AllowedTools", mode, names },
  });
}

/** The tools that an entry of the allowed ones stands for; none where they are not the caller's. */
function namesOf(entry: JsonObject, declared: readonly Tool[]): readonly string[] {
  const name = stringAt(entry, "name");
  if (name === undefined) return [];
  if (entry.type === "function" || entry.type === "custom")
    return [qualifiedName(stringAt(entry, "namespace") ?? "", name)];
  if (entry.type !== "namespace") return [];
  return declared.flatMap((tool) => {
    const identity = toolIdentity(tool);
    return identity?.namespace === name ? [qualifiedName(name, identity.name)] : [];
  });
}

function of(choice: ToolChoice["choice"]): ToolChoice {
  return { $typeName: "parlance.chat.v1.ToolChoice", choice };
}

function decodeTool(tool: Cursor): Tool["tool"] {
  const { json, source } = tool;
  const since = noteMark(tool);
  requiredString(tool, "type");
  if (json.type === "function") return { case: "function", value: decodeFunction(tool, since) };
  if (json.type === "custom") return { case: "custom", value: decodeCustom(tool) };
  return { case: "builtin", value: opaque(sourceText(source, json)) };
}

/**
 * A function is strict unless the client says otherwise: the vendor falls back by itself where the
 * schema does not allow it, and other dialects' default is not to be strict. See
 * https://platform.openai.com/docs/guides/function-calling#strict-mode (2026-11).
 */
function decodeFunction(tool: Cursor, since: ReturnType<typeof noteMark>): FunctionTool {
  const members = { ...functionMembers, since };
  const value = decodeFunctionTool(tool, object(tool, "parameters"), members);
  const byDefault = value.strict === undefined && isStrictSchema(tool.json.parameters);
  return byDefault ? { ...value, strict: true } : value;
}

function decodeCustom(tool: Cursor): CustomTool {
  const format = object(tool, "format");
  const since = noteMark(tool);
  noteUnknown(tool, CUSTOM_MEMBERS);
  const extras = takeOpaque(tool, DIALECT, since);
  return {
    $typeName: "parlance.chat.v1.CustomTool",
    name: requiredName(tool, "name"),
    description: string(tool, "description") ?? "",
    formatJson: format === undefined ? "" : sourceText(format.source, format.json),
    ...(extras === undefined ? undefined : { extras }),
  };
}
