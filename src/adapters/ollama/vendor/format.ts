import type {
  JsonSchemaFormat,
  ResponseFormat,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { isObjectText } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { isJsonText } from "../../shared/add-extras.ts";
import { DIALECT } from "../wire.ts";

/**
 * `format`: `json`, or a JSON Schema. See https://docs.ollama.com/capabilities/structured-outputs.
 */
export function encodeFormat(
  { format }: ResponseFormat,
  report: EncodeReport,
): Writable | undefined {
  switch (format.case) {
    case "text":
      return undefined;
    case "jsonObject":
      return "json";
    case "jsonSchema":
      return encodeSchema(format.value, report);
    case "opaque":
      if (format.value.dialect !== DIALECT) {
        dropped(report, "response_format.opaque", `only ${format.value.dialect} knows it`);
        return undefined;
      }
      if (!isJsonText(format.value.json)) {
        refuse(
          report,
          ErrorReason.INVALID_REQUEST,
          "response_format.opaque.json",
          "must be one JSON value",
        );
      }
      return rawJson(format.value.json);
    case undefined:
      return undefined;
  }
}

function encodeSchema(schema: JsonSchemaFormat, report: EncodeReport): Writable {
  const path = "response_format.json_schema";
  if (schema.name !== "") mapped(report, `${path}.name`);
  if (schema.strict !== undefined) mapped(report, `${path}.strict`);
  if (schema.schemaJson === "") return "json";
  if (!isObjectText(schema.schemaJson)) {
    refuse(report, ErrorReason.INVALID_REQUEST, `${path}.schema_json`, "must be one JSON object");
  }
  return rawJson(schema.schemaJson);
}
