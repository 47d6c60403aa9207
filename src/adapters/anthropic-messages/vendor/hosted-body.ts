import { editTopLevel, type JsonEdits } from "../../../json/edit.ts";
import { asBuffer } from "../../../json/json.ts";

/**
 * The body of a call of the Messages API as clouds take it that serve Claude: the version of the
 * API stands in it as `anthropic_version`. Other members change as `edits` says; every other byte
 * stays.
 */
export function hostedBody(
  body: Uint8Array | string,
  version: string,
  edits: JsonEdits,
): Uint8Array | string {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const edited = editTopLevel(bytes, { ...edits, anthropic_version: JSON.stringify(version) });
  return edited === undefined ? body : asBuffer(edited).toString("utf8");
}
