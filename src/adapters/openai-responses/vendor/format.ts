import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import {
  type JsonSchemaFormat,
  Verbosity,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { dropped, type EncodeReport, refuse } from "../../../core/fidelity/encode-report.ts";
import { type Body, isObjectText } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { DIALECT } from "../wire.ts";

/** The form and length of the answer as `text`; undefined where nothing is said of either. */
export function encodeTextOptions(chat: Chat, report: EncodeReport): Body | undefined {
  const format = encodeFormat(chat, report);
  const verbosity = verbosityWord(chat.verbosity);
  return format === undefined && verbosity === undefined ? undefined : { format, verbosity };
}

function encodeFormat(chat: Chat, report: EncodeReport): Writable | undefined {
  const format = chat.responseFormat?.format;
  switch (format?.case) {
    case "text":
      return { type: "text" };
    case "jsonObject":
      return { type: "json_object" };
    case "jsonSchema":
      return encodeSchema(format.value, report);
    case "opaque":
      if (format.value.dialect !== DIALECT) {
        dropped(report, "response_format.opaque", `a form of ${format.value.dialect}`);
        return undefined;
      }
      if (isObjectText(format.value.json)) return rawJson(format.value.json);
      refuse(
        report,
        ErrorReason.INVALID_REQUEST,
        "response_format.opaque.json",
        "must be one JSON object",
      );
      return undefined;
    case undefined:
      return undefined;
  }
}

/** Without a schema any JSON will do, which the vendor has another form for. */
function encodeSchema(schema: JsonSchemaFormat, report: EncodeReport): Writable | undefined {
  const { name, description, schemaJson, strict } = schema;
  const path = "response_format.json_schema";
  if (schemaJson === "") {
    if (strict !== undefined) dropped(report, `${path}.strict`);
    if (name !== "") dropped(report, `${path}.name`);
    if (description !== "") dropped(report, `${path}.description`);
    return { type: "json_object" };
  }
  if (!isObjectText(schemaJson)) {
    refuse(report, ErrorReason.INVALID_REQUEST, `${path}.schema_json`, "must be one JSON object");
    return undefined;
  }
  return {
    type: "json_schema",
    name: name === "" ? "response" : name,
    description: description === "" ? undefined : description,
    schema: rawJson(schemaJson),
    strict,
  };
}

function verbosityWord(verbosity: Verbosity): string | undefined {
  switch (verbosity) {
    case Verbosity.UNSPECIFIED:
      return undefined;
    case Verbosity.LOW:
      return "low";
    case Verbosity.MEDIUM:
      return "medium";
    case Verbosity.HIGH:
      return "high";
  }
}
