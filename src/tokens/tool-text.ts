import type { Tool } from "../../gen/parlance/chat/v1/tool_pb.js";
import { appendAll } from "../core/append-all.ts";
import { isObject, type Json, objectAt, parseJson, stringAt } from "../json/json.ts";

/** The texts of a tool that are counted, and the tokens that go with them. */
export interface ToolPieces {
  readonly texts: readonly string[];
  readonly extra: number;
}

/**
 * Tokens around the parameters of tools; the rules of the models, in their dialects, say which
 * models add them.
 */
const propertiesStart = 3;
const property = 3;
const enumStart = -3;
const enumValue = 3;

/**
 * A tool as models are shown it: a line for the tool, and one for each of its parameters.
 * Parameters within parameters are counted as their schemas stand, for nobody tells how models are
 * shown those.
 */
export function toolPieces({ tool }: Tool): ToolPieces {
  switch (tool.case) {
    case "function": {
      const { name, description, parametersJson } = tool.value;
      const parameters = parameterPieces(parametersJson);
      return {
        texts: [`${name}:${withoutStop(description)}`, ...parameters.texts],
        extra: parameters.extra,
      };
    }
    case "custom":
      return {
        texts: [`${tool.value.name}:${tool.value.description}`, tool.value.formatJson],
        extra: 0,
      };
    case "builtin":
      return { texts: [tool.value.json], extra: 0 };
    case undefined:
      return { texts: [], extra: 0 };
  }
}

function parameterPieces(schemaJson: string): ToolPieces {
  const parsed = parseJson(schemaJson === "" ? "{}" : schemaJson);
  const properties =
    parsed.ok && isObject(parsed.value) ? objectAt(parsed.value, "properties") : undefined;
  if (properties === undefined) return { texts: parsed.ok ? [] : [schemaJson], extra: 0 };
  const texts: string[] = [];
  let extra = Object.keys(properties).length > 0 ? propertiesStart : 0;
  for (const [name, schema] of Object.entries(properties)) {
    extra += property;
    if (!isObject(schema)) continue;
    const { type, description, enum: values, ...rest } = schema;
    if (Array.isArray(values)) {
      extra += enumStart + enumValue * values.length;
      appendAll(texts, values.map(textOf));
    }
    texts.push(
      `${name}:${textOf(type)}:${withoutStop(stringAt({ description }, "description") ?? "")}`,
    );
    if (Object.keys(rest).length > 0) texts.push(JSON.stringify(rest));
  }
  return { texts, extra };
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? "");
}

function withoutStop(text: string): string {
  return text.endsWith(".") ? text.slice(0, -1) : text;
}
