import { type FieldFault, invalidFields } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { OwnMembers } from "../../core/own-members.ts";
import { maxTagBytes, maxTags } from "../../core/tags-of.ts";
import { editTopLevel, type JsonEdits } from "../../json/edit.ts";
import { isObject, type Json, type JsonObject } from "../../json/json.ts";

/** A body without the members that are for the gateway, and what they say. */
export interface TakenMembers {
  readonly json: JsonObject;
  readonly body: Uint8Array;
  readonly own: OwnMembers;
}

/**
 * Takes the members out of a body that are for the gateway and that no vendor takes: the lists
 * `tags` and `metadata.tags`, by which LiteLLM's clients tag a call
 * (https://docs.litellm.ai/docs/proxy/tag_routing). Undefined where it has none: its bytes then
 * stay as they are. Throws INVALID_REQUEST with each tag that is wrong.
 */
export function takeOwnMembers(json: JsonObject, body: Uint8Array): TakenMembers | undefined {
  const { tags: own, metadata } = json;
  const hasOwn = Array.isArray(own);
  const labelled = isObject(metadata) && Array.isArray(metadata.tags) ? metadata : undefined;
  if (!hasOwn && labelled === undefined) return undefined;
  const tags = hasOwn ? readTags(own, "tags") : [];
  const labels = labelled === undefined ? [] : readTags(labelled.tags, "metadata.tags");
  const rest: Record<string, Json | undefined> = { ...json };
  const edits: Record<string, JsonEdits[string]> = {};
  if (hasOwn) {
    delete rest.tags;
    edits.tags = null;
  }
  if (labelled !== undefined) {
    const { tags: _, ...others } = labelled;
    const isEmpty = Object.keys(others).length === 0;
    if (isEmpty) delete rest.metadata;
    else rest.metadata = others;
    edits.metadata = isEmpty ? null : { tags: null };
  }
  const edited = editTopLevel(body, edits);
  if (edited === undefined) throw new Error("own members: the body is no object");
  return { json: rest, body: edited, own: { tags: [...new Set([...tags, ...labels])] } };
}

function readTags(list: Json | undefined, path: string): readonly string[] {
  const tags: string[] = [];
  const faults: FieldFault[] = [];
  const all = Array.isArray(list) ? list : [];
  if (all.length > maxTags)
    faults.push({ field: path, message: `must have at most ${maxTags} tags` });
  for (const [index, tag] of all.slice(0, maxTags).entries()) {
    const field = `${path}[${index}]`;
    if (typeof tag !== "string" || tag === "") faults.push({ field, message: "must be a text" });
    else if (Buffer.byteLength(tag) > maxTagBytes)
      faults.push({ field, message: `must have at most ${maxTagBytes} bytes` });
    else tags.push(tag);
  }
  if (faults.length > 0) throw new GatewayError(invalidFields(faults));
  return tags;
}
