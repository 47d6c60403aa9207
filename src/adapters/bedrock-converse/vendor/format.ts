import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { JsonSchemaFormat } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { isObject, parseJson } from "../../../json/json.ts";
import { isObjectText } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { bindsTo } from "../../tools/json-answer.ts";
import { DIALECT } from "../wire.ts";
import type { ModelTraits } from "./model-traits.ts";

/**
 * `outputConfig.textFormat`: a JSON Schema, where the model has it and every object in it is
 * closed, as the vendor demands. Other formats are refused: the gateway requests them by other
 * means. See https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html.
 */
export function encodeFormat(
  chat: Chat,
  traits: ModelTraits,
  report: EncodeReport,
): Writable | undefined {
  const format = chat.responseFormat?.format;
  switch (format?.case) {
    case "text":
      mapped(report, "response_format.text");
      return undefined;
    case "jsonObject":
    case undefined:
      return undefined;
    case "jsonSchema":
      return encodeSchema(format.value, traits, report);
    case "opaque":
      if (format.value.dialect !== DIALECT) {
        dropped(report, "response_format.opaque", `a format of ${format.value.dialect}`);
        return undefined;
      }
      if (!isObjectText(format.value.json)) {
        refuse(
          report,
          ErrorReason.INVALID_REQUEST,
          "response_format.opaque.json",
          "must be one JSON object",
        );
      }
      return rawJson(format.value.json);
  }
}

function encodeSchema(
  { name, description, schemaJson, strict }: JsonSchemaFormat,
  traits: ModelTraits,
  report: EncodeReport,
): Writable | undefined {
  const path = "response_format.json_schema";
  const parsed = parseJson(schemaJson === "" ? "{}" : schemaJson);
  if (!parsed.ok || !isObject(parsed.value)) {
    refuse(report, ErrorReason.INVALID_REQUEST, `${path}.schema_json`, "must be one JSON object");
    return undefined;
  }
  if (schemaJson === "" || !bindsTo(traits, parsed.value, strict === true)) {
    refuse(report, ErrorReason.UNSUPPORTED, path, "the model cannot be bound to it");
    return undefined;
  }
  if (strict !== undefined) mapped(report, `${path}.strict`);
  const jsonSchema = {
    schema: schemaJson,
    ...(name === "" ? undefined : { name }),
    ...(description === "" ? undefined : { description }),
  };
  return { type: "json_schema", structure: { jsonSchema } };
}
