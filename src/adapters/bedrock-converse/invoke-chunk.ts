import type { Frame } from "../../core/dialect.ts";
import { isObject, parseJson, stringAt } from "../../json/json.ts";

/**
 * The model's own frame inside of a frame of InvokeModelWithResponseStream: the text of an event in
 * the dialect of the model's maker, base64 in `bytes`. Undefined for frames that are no such chunk,
 * as exceptions are. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PayloadPart.html.
 */
export function unwrapChunk(frame: Frame): Frame | undefined {
  if (frame.event !== "chunk") return undefined;
  const parsed = parseJson(frame.data);
  const bytes = parsed.ok && isObject(parsed.value) ? stringAt(parsed.value, "bytes") : undefined;
  return bytes === undefined ? undefined : { event: "", data: Buffer.from(bytes, "base64") };
}
