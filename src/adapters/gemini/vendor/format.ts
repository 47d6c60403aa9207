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
import { type Body, mergeMembers } from "../../../json/members.ts";
import { rawJson } from "../../../json/write.ts";
import { type KnownFormats, withoutRefused } from "../../shared/taken-schema.ts";
import { DIALECT } from "../wire.ts";
import type { ModelTraits } from "./model-traits.ts";
import { convertSchema } from "./schema.ts";

/**
 * Adds the form of the answer to `generationConfig`. A schema goes to `responseSchema` in the
 * vendor's words; where those cannot say all of it, it goes to `responseJsonSchema` as it is, and
 * for models without that, what is lost is reported. See
 * https://ai.google.dev/gemini-api/docs/structured-output (2026-11).
 */
export function addFormat(
  config: Body,
  chat: Chat,
  traits: ModelTraits,
  report: EncodeReport,
): void {
  const format = chat.responseFormat?.format;
  switch (format?.case) {
    case "text":
    case undefined:
      return;
    case "jsonObject":
      config.responseMimeType = "application/json";
      return;
    case "jsonSchema":
      config.responseMimeType = "application/json";
      addSchema(config, format.value, traits, report);
      return;
    case "opaque":
      if (format.value.dialect !== DIALECT) {
        dropped(report, "response_format.opaque", `a format of ${format.value.dialect}`);
      } else if (!mergeMembers(config, format.value.json)) {
        refuse(
          report,
          ErrorReason.INVALID_REQUEST,
          "response_format.opaque.json",
          "must be one JSON object",
        );
      }
  }
}

/** See https://ai.google.dev/api/caching#Schema (2026-11), `format`. */
export const knownFormats: KnownFormats = new Map([
  ["string", ["enum", "date-time"]],
  ["number", ["float", "double"]],
  ["integer", ["int32", "int64"]],
]);

/** Why keywords are not sent that the vendor's schemas do not have. */
export const UNKNOWN = "the vendor's schemas have no such keyword";

/** Why keywords are not sent that the vendor's schemas have, and that it refuses here. */
export const REFUSED = "the vendor refuses this format or this name";

/** Reports the keywords of a schema that are not sent. */
export function reportLost(
  report: EncodeReport,
  field: string,
  lost: readonly string[],
  note: string,
): void {
  for (const place of lost.slice(0, MAX_LOST))
    dropped(report, `${field}#${place}`.slice(0, 1024), note);
  if (lost.length > MAX_LOST) dropped(report, field, `and ${lost.length - MAX_LOST} keywords more`);
}

const MAX_LOST = 50;

const PATH = "response_format.json_schema";

function addSchema(
  config: Body,
  format: JsonSchemaFormat,
  traits: ModelTraits,
  report: EncodeReport,
): void {
  if (format.name !== "") mapped(report, `${PATH}.name`);
  if (format.strict !== undefined) mapped(report, `${PATH}.strict`);
  if (format.schemaJson === "") {
    if (format.description !== "")
      dropped(report, `${PATH}.description`, "there is no schema that it could describe");
    return;
  }
  const parsed = parseJson(format.schemaJson);
  if (!parsed.ok || !isObject(parsed.value)) {
    refuse(report, ErrorReason.INVALID_REQUEST, `${PATH}.schema_json`, "must be one JSON object");
    return;
  }
  const { schema, left } = withoutRefused(parsed.value, knownFormats);
  reportLost(report, `${PATH}.schema_json`, left, REFUSED);
  const converted = convertSchema(schema, true);
  const sayable = converted.lost.length === 0 && isSent(converted.schema);
  if (traits.jsonSchema && !sayable) {
    config.responseJsonSchema = left.length === 0 ? rawJson(format.schemaJson) : schema;
    mapped(report, `${PATH}.schema_json`, "sent as responseJsonSchema");
    if (format.description !== "")
      dropped(report, `${PATH}.description`, "the vendor takes the schema's own description");
    return;
  }
  addDescription(converted.schema, format.description, report);
  if (isSent(converted.schema)) config.responseSchema = converted.schema;
  mapped(report, `${PATH}.schema_json`, "sent as responseSchema, references in place");
  reportLost(report, `${PATH}.schema_json`, converted.lost, UNKNOWN);
}

/** The vendor demands a type, and properties of an object. */
function isSent(schema: Body): boolean {
  if (schema.type === "OBJECT") return schema.properties !== undefined;
  return schema.type !== undefined || schema.anyOf !== undefined;
}

function addDescription(schema: Body, description: string, report: EncodeReport): void {
  if (description === "") return;
  if (schema.description !== undefined)
    dropped(report, `${PATH}.description`, "the schema's own description is sent");
  else {
    mapped(report, `${PATH}.description`);
    schema.description = description;
  }
}
