import type { Part, ToolResult } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { mapped, refuse } from "../../../core/fidelity/encode-report.ts";
import { type Body, isObjectText } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { parseToolId } from "../tool-id.ts";
import type { PartContext } from "./tool-calls.ts";

/** A result in the vendor's words. */
export interface EncodedResult {
  readonly parts: readonly (Body | Writable)[];
  /** The place of its call among all calls: results without an id pair with their calls by it. */
  readonly order: number;
  /** Whether it is sent with an id. */
  readonly named: boolean;
}

/**
 * What a tool gave, as a `functionResponse`. The vendor wants an object: text that is one is sent
 * as it is, any other text under `output`, or under `error` where the tool failed. Media are parts
 * of the response where the model takes them there, and parts after it otherwise. See
 * https://ai.google.dev/api/caching#FunctionResponse (2026-11).
 */
export function encodeToolResult(
  result: ToolResult,
  path: string,
  context: PartContext,
  encodeMedia: (part: Part, path: string) => readonly (Body | Writable)[],
): EncodedResult {
  const { report, traits, calls } = context;
  const call = calls.find(result.toolCallId);
  const name = result.name === "" ? call?.name : result.name;
  if (name === undefined || name === "") {
    refuse(
      report,
      ErrorReason.INVALID_REQUEST,
      `${path}.tool_call_id`,
      "names no call before it; the vendor demands the tool's name",
    );
    return { parts: [], order: 0, named: true };
  }
  const { id } = parseToolId(result.toolCallId);
  const body: Body = {};
  const named = id !== "" && traits.toolCallIds;
  const place = { order: call?.order ?? Number.MAX_SAFE_INTEGER, named };
  if (named) body.id = id;
  else if (result.toolCallId !== "") mapped(report, `${path}.tool_call_id`);
  body.name = name;
  body.response = encodeWords(result);
  if (result.isError === false) mapped(report, `${path}.is_error`);
  const media = result.content.flatMap((part, at) => {
    const parts = encodeMedia(part, `${path}.content[${at}]`);
    return part.content.case === "text" ? [] : parts;
  });
  if (media.length === 0) return { ...place, parts: [{ functionResponse: body }] };
  if (traits.multimodalToolResults)
    return { ...place, parts: [{ functionResponse: { ...body, parts: media } }] };
  mapped(report, `${path}.content`);
  return { ...place, parts: [{ functionResponse: body }, ...media] };
}

function encodeWords({ content, isError }: ToolResult): Writable {
  const text = content.map(wordsOf).join("");
  if (isError === true) return { error: text };
  return isObjectText(text) ? rawJson(text) : { output: text };
}

function wordsOf({ content }: Part): string {
  return content.case === "text" ? content.value.text : "";
}
