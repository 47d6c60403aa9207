import type { ToolNameRule } from "../../core/names/tool-names.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../json/json.ts";

/** Whether the names of all tools that a Chat Completions body declares or calls obey the rule. */
export function holdsToolNames(body: JsonObject, { pattern }: ToolNameRule): boolean {
  const fits = (named: JsonObject | undefined): boolean => {
    const name = named === undefined ? undefined : stringAt(named, "name");
    return name === undefined || name === "" || pattern.test(name);
  };
  return (
    objectsAt(body, "tools").every((tool) => fits(toolOf(tool))) &&
    objectsAt(body, "functions").every(fits) &&
    objectsAt(body, "messages").every(
      (message) =>
        objectsAt(message, "tool_calls").every((call) => fits(toolOf(call))) &&
        fits(objectAt(message, "function_call")),
    )
  );
}

function toolOf(tool: JsonObject): JsonObject | undefined {
  return objectAt(tool, "function") ?? objectAt(tool, "custom");
}

function objectsAt(object: JsonObject, key: string): readonly JsonObject[] {
  const list: readonly Json[] | undefined = arrayAt(object, key);
  return list === undefined ? NONE : list.filter(isObject);
}

const NONE: readonly JsonObject[] = [];
