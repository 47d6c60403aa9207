import type { Part, ToolResult } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { rawJson, type Writable } from "../../core/json-write.ts";
import { mapped, refuse } from "./encode-report.ts";
import { type Body, isObjectText } from "./json-members.ts";
import type { PartContext } from "./request-calls.ts";
import { parseToolId } from "./tool-id.ts";

/**
 * What a tool gave, as a `functionResponse`. The vendor wants an object: text that is one is sent as it is, any other text
 * under `output`, or under `error` where the tool failed. Media are parts of the response where the model takes them there,
 * and parts after it otherwise. See https://ai.google.dev/api/caching#FunctionResponse (2026-11).
 */
export function encodeToolResult(
  result: ToolResult,
  path: string,
  context: PartContext,
  encodeMedia: (part: Part, path: string) => readonly (Body | Writable)[],
): readonly (Body | Writable)[] {
  const { report, traits, calls } = context;
  const called = calls.nameOf(result.toolCallId);
  const name = result.name === "" ? called : result.name;
  if (name === undefined || name === "") {
    refuse(
      report,
      ErrorReason.INVALID_REQUEST,
      `${path}.tool_call_id`,
      "names no call before it; the vendor demands the tool's name",
    );
    return [];
  }
  const { id } = parseToolId(result.toolCallId);
  const body: Body = {};
  if (id !== "" && traits.toolCallIds) body["id"] = id;
  else if (result.toolCallId !== "") mapped(report, `${path}.tool_call_id`, "calls and results pair by order");
  body["name"] = name;
  body["response"] = encodeWords(result);
  const media = result.content.flatMap((part, at) =>
    part.content.case === "text" ? [] : encodeMedia(part, `${path}.content[${at}]`),
  );
  if (media.length === 0) return [{ functionResponse: body }];
  if (traits.multimodalToolResults) return [{ functionResponse: { ...body, parts: media } }];
  mapped(report, `${path}.content`, "media are sent after the result, for the model takes none within it");
  return [{ functionResponse: body }, ...media];
}

function encodeWords({ content, isError }: ToolResult): Writable {
  const text = content.map(wordsOf).join("");
  if (isError === true) return { error: text };
  return isObjectText(text) ? rawJson(text) : { output: text };
}

function wordsOf({ content }: Part): string {
  return content.case === "text" ? content.value.text : "";
}
