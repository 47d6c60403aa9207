import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { JsonSchemaFormat } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { isObject, type Json, parseJson } from "../../../json/json.ts";
import { isObjectText } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { objectSchema } from "../../shared/tool-schema.ts";
import { DIALECT, STRUCTURED_TOOL } from "../wire.ts";
import type { ModelTraits } from "./model-traits.ts";
import { toolSpec } from "./tools.ts";

/** How a structured answer is requested: natively, or by a tool whose input is the answer. */
export interface FormatPlan {
  /** `outputConfig.textFormat`. */
  readonly format: Writable | undefined;
  /** The tool that stands for the answer. */
  readonly tool: Writable | undefined;
}

const NONE: FormatPlan = { format: undefined, tool: undefined };

/**
 * A JSON Schema goes to `outputConfig.textFormat` where the model has it and every object in it is
 * closed, as the vendor demands; else, and for any JSON object, the model is made to call a tool
 * whose input is the answer. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html.
 */
export function planFormat(chat: Chat, traits: ModelTraits, report: EncodeReport): FormatPlan {
  const format = chat.responseFormat?.format;
  switch (format?.case) {
    case "text":
      mapped(report, "response_format.text");
      return NONE;
    case undefined:
      return NONE;
    case "jsonObject":
      emulated(report, "response_format.json_object");
      return { format: undefined, tool: structuredTool("", rawJson('{"type":"object"}')) };
    case "jsonSchema":
      return planSchema(format.value, traits, report);
    case "opaque":
      if (format.value.dialect !== DIALECT) {
        dropped(report, "response_format.opaque", `a format of ${format.value.dialect}`);
        return NONE;
      }
      if (!isObjectText(format.value.json)) {
        refuse(
          report,
          ErrorReason.INVALID_REQUEST,
          "response_format.opaque.json",
          "must be one JSON object",
        );
      }
      return { format: rawJson(format.value.json), tool: undefined };
  }
}

function planSchema(
  schema: JsonSchemaFormat,
  traits: ModelTraits,
  report: EncodeReport,
): FormatPlan {
  const path = "response_format.json_schema";
  const { name, description, schemaJson, strict } = schema;
  const parsed = parseJson(schemaJson === "" ? '{"type":"object"}' : schemaJson);
  if (!parsed.ok || !isObject(parsed.value)) {
    refuse(report, ErrorReason.INVALID_REQUEST, `${path}.schema_json`, "must be one JSON object");
    return NONE;
  }
  if (traits.structuredOutput && schemaJson !== "" && (strict === true || closed(parsed.value))) {
    if (strict !== undefined) mapped(report, `${path}.strict`);
    const jsonSchema = {
      schema: schemaJson,
      ...(name === "" ? undefined : { name }),
      ...(description === "" ? undefined : { description }),
    };
    return { format: { type: "json_schema", structure: { jsonSchema } }, tool: undefined };
  }
  emulated(report, path);
  if (strict === true) dropped(report, `${path}.strict`);
  return {
    format: undefined,
    tool: structuredTool(description, rawJson(objectSchema(schemaJson) ?? schemaJson)),
  };
}

function structuredTool(description: string, schema: Writable): Writable {
  const toolDescription =
    description === "" ? "Gives the final answer. Its input is the whole answer." : description;
  return toolSpec(STRUCTURED_TOOL, toolDescription, schema);
}

/**
 * Whether every object schema in it says `additionalProperties: false`, without which the vendor
 * refuses the format.
 */
function closed(schema: Json): boolean {
  if (Array.isArray(schema)) return schema.every(closed);
  if (!isObject(schema)) return true;
  const isObjectSchema = schema.type === "object" || isObject(schema.properties);
  if (isObjectSchema && schema.additionalProperties !== false) return false;
  return Object.values(schema).every((value) => value === undefined || closed(value));
}
