import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import { type Tool, ToolChoiceMode } from "../../gen/parlance/chat/v1/tool_pb.js";
import type { Decoded } from "../core/dialect.ts";
import { qualifiedName, toolIdentity } from "../core/names/tool-namespace.ts";
import { isObject, parseJson } from "../json/json.ts";
import { hashText } from "./hash.ts";
import { lastUserText } from "./prompt-text.ts";
import { schemaExample } from "./schema-example.ts";
import { invalidPrompt } from "./sim-fault.ts";

/** A call of a tool as the simulator makes it. */
export interface PlannedCall {
  readonly id: string;
  readonly name: string;
  /** Absent: the tool has none. */
  readonly namespace?: string;
  /** The input is free text, not JSON. */
  readonly custom: boolean;
  readonly input: string;
}

/**
 * The tool calls of an answer: `wanted` of them, at least one where the request demands one, at
 * most one where it forbids parallel calls, none where it forbids tools or has none that the caller
 * runs. The tools take turns in their order, or only those that the request allows. A choice of a
 * tool that is not there is a fault.
 */
export function planToolCalls(chat: Chat, wanted: number): Decoded<readonly PlannedCall[]> {
  const { names, mode } = ruleOf(chat);
  const callable = chat.tools.filter(
    ({ tool }) => tool.case === "function" || tool.case === "custom",
  );
  const known = new Set(callable.map(choosableName));
  const missing = names?.find((name) => !known.has(name));
  if (missing !== undefined) {
    return {
      ok: false,
      fault: invalidPrompt("tool_choice", `names ${JSON.stringify(missing)}, which is not a tool`),
    };
  }
  const allowed = new Set(names);
  const tools =
    names === undefined ? callable : callable.filter((tool) => allowed.has(choosableName(tool)));
  if (mode === ToolChoiceMode.NONE) return { ok: true, value: [] };
  const min = mode === ToolChoiceMode.REQUIRED ? 1 : 0;
  const max = chat.parallelToolCalls === false ? 1 : Number.POSITIVE_INFINITY;
  const count = Math.min(Math.max(wanted, min), max);
  const calls: PlannedCall[] = [];
  const seed = hashText(chat);
  for (let at = 0; at < count; at += 1) {
    const tool = tools[at % tools.length];
    if (tool !== undefined) calls.push(plan(chat, tool, hashText(seed, at)));
  }
  return { ok: true, value: calls };
}

interface Rule {
  /** The tools that may be used; undefined for all. */
  readonly names: readonly string[] | undefined;
  readonly mode: ToolChoiceMode;
}

function ruleOf(chat: Chat): Rule {
  const choice = chat.toolChoice?.choice;
  switch (choice?.case) {
    case "mode":
      return { names: undefined, mode: choice.value };
    case "name":
      return { names: [choice.value], mode: ToolChoiceMode.REQUIRED };
    case "allowed":
      return choice.value;
    case "opaque":
    case undefined:
      return { names: undefined, mode: ToolChoiceMode.AUTO };
  }
}

/** What a tool choice calls a tool. */
function choosableName(tool: Tool): string {
  const { name, namespace } = toolIdentity(tool) ?? { name: "", namespace: "" };
  return qualifiedName(namespace, name);
}

function plan(chat: Chat, { tool, namespace: group }: Tool, hash: string): PlannedCall {
  const id = `call_${hash}`;
  const namespace = group === undefined ? undefined : { namespace: group.name };
  if (tool.case === "custom")
    return { id, name: tool.value.name, ...namespace, custom: true, input: lastUserText(chat) };
  const name = tool.case === "function" ? tool.value.name : "";
  const parameters = tool.case === "function" ? tool.value.parametersJson : "";
  const schema = parseJson(parameters);
  const rules = schema.ok && isObject(schema.value) ? schema.value : {};
  const input = schemaExample(Object.hasOwn(rules, "$ref") ? rules : { type: "object", ...rules });
  return { id, name, ...namespace, custom: false, input: JSON.stringify(input) };
}
