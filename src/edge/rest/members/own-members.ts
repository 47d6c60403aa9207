import type { CacheWishes } from "../../../core/cache/cache-wishes.ts";
import { maxTagBytes, maxTags } from "../../../core/caller/tags-of.ts";
import { type FieldFault, invalidFields } from "../../../core/faults/fault.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import { editTopLevel, type JsonEdits } from "../../../json/edit.ts";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { readCacheMember } from "./cache-member.ts";
import {
  type LitellmMembers,
  readLitellmMembers,
  sessionIn,
  type Waits,
} from "./litellm-members.ts";

/** A body without the members that are for the gateway, and what they say. */
export interface OwnMembers {
  readonly json: JsonObject;
  readonly body: Uint8Array;
  readonly tags: readonly string[];
  /** What the body wants of the response cache. Absent: nothing. */
  readonly cache?: CacheWishes;
  /** The session that the call is part of. Absent: it is not said. */
  readonly session?: string;
  /** True: the call is refused where it would lose something. Absent: the body does not say. */
  readonly strict?: true;
  /** How long the caller waits. Absent: the body does not say. */
  readonly waits?: Waits;
}

/**
 * Takes the members out of a body that are for the gateway and that no vendor takes: the lists
 * `tags` and `metadata.tags`, by which LiteLLM's clients tag a call
 * (https://docs.litellm.ai/docs/proxy/tag_routing), the text `litellm_session_id`, by which they
 * name its session, the object `cache`, and what else LiteLLM keeps to itself. Undefined where it
 * has none: its bytes then stay as they are. Throws INVALID_REQUEST with each tag that is wrong, or
 * what of the other members is.
 */
export function takeOwnMembers(json: JsonObject, body: Uint8Array): OwnMembers | undefined {
  const { litellm_session_id: id } = json;
  const named = typeof id === "string" ? id : undefined;
  const cache = readCacheMember(json.cache);
  const labels = takeLabels(json);
  const said = readLitellmMembers(json);
  if (labels === undefined && named === undefined && cache === undefined && said === undefined)
    return undefined;
  const { rest = { ...json }, edits = {}, tags: own = [] } = labels ?? {};
  const taken = [...(said?.names ?? [])];
  if (named !== undefined) taken.push("litellm_session_id");
  if (cache !== undefined) taken.push("cache");
  for (const name of taken) {
    delete rest[name];
    edits[name] = null;
  }
  const edited = editTopLevel(body, edits);
  if (edited === undefined) throw new Error("own members: the body is no object");
  return { json: rest, body: edited, ...joined({ tags: own, session: named, cache }, said) };
}

/** What the body says by members of its own, over what it says in LiteLLM's words. */
function joined(
  own: Pick<OwnMembers, "tags"> &
    Partial<Record<"session", string | undefined>> & {
      readonly cache: CacheWishes | undefined;
    },
  said: LitellmMembers | undefined,
): Omit<OwnMembers, "json" | "body"> {
  const session = own.session ?? sessionIn(said?.labels);
  const cache = own.cache ?? said?.cache;
  const more = Array.isArray(said?.labels?.tags) ? said.labels.tags : undefined;
  const tags = more === undefined ? [] : readTags(more, "litellm_metadata.tags");
  return {
    tags: tags.length === 0 ? own.tags : [...new Set([...own.tags, ...tags])],
    ...(session !== undefined && { session }),
    ...(cache !== undefined && { cache }),
    ...(said?.strict && { strict: true }),
    ...(said !== undefined && { waits: waitsOf(said) }),
  };
}

function waitsOf({ timeoutMs, firstTokenMs }: Waits): Waits {
  return {
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(firstTokenMs !== undefined && { firstTokenMs }),
  };
}

/** A body without its tags, and how they are taken out of its text. */
interface Untagged {
  readonly rest: Record<string, Json | undefined>;
  readonly edits: Record<string, JsonEdits[string]>;
  readonly tags: readonly string[];
}

/** Undefined where a body has no tags. */
function takeLabels(json: JsonObject): Untagged | undefined {
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
  return { rest, edits, tags: [...new Set([...tags, ...labels])] };
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
