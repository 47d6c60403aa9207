import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../json/json.ts";
import { type Body, membersOf, unknownMembers } from "../../json/members.ts";
import { noSource, type Source } from "../../json/source-slice.ts";
import { rawJson, type Writable } from "../../json/write.ts";
import { anthropicTier } from "../foreign/service-tier.ts";
import { countAt } from "../shared/count-at.ts";
import { TELLINGS } from "../shared/growing-extras.ts";
import { DIALECT } from "./wire.ts";

const KNOWN: ReadonlySet<string> = new Set([
  "input_tokens",
  "output_tokens",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
  "cache_creation",
  "server_tool_use",
  "service_tier",
  "output_tokens_details",
]);

/** Members that cost the same however much a vendor says: all but the map of its tools. */
const COUNTED = [...KNOWN].filter((key) => key !== "server_tool_use");

/**
 * The vendor's usage: `input_tokens` there is the uncached rest, here all of the prompt. A cache
 * count that is null is 0, one that is absent stays unset. Members without a field here are kept as
 * extras. See https://platform.claude.com/docs/en/api/messages, `usage`.
 */
export function decodeUsage(json: JsonObject, source: Source = noSource): Usage {
  const split = objectAt(json, "cache_creation");
  const write5m = split === undefined ? undefined : countAt(split, "ephemeral_5m_input_tokens");
  const write1h = split === undefined ? undefined : countAt(split, "ephemeral_1h_input_tokens");
  const uncached = countAt(json, "input_tokens");
  const read = nullableCountAt(json, "cache_read_input_tokens");
  const write = nullableCountAt(json, "cache_creation_input_tokens") ?? sum(write5m, write1h);
  const output = countAt(json, "output_tokens");
  const details = objectAt(json, "output_tokens_details");
  const reasoning = details === undefined ? undefined : countAt(details, "thinking_tokens");
  const extras = unknownMembers(json, source, KNOWN);
  return {
    $typeName: "parlance.chat.v1.Usage",
    ...(uncached === undefined
      ? undefined
      : { inputTokens: uncached + (read ?? 0n) + (write ?? 0n) }),
    ...(read === undefined ? undefined : { cacheReadTokens: read }),
    ...(write === undefined ? undefined : { cacheWriteTokens: write }),
    ...(write5m === undefined ? undefined : { cacheWrite5mTokens: write5m }),
    ...(write1h === undefined ? undefined : { cacheWrite1hTokens: write1h }),
    ...(output === undefined ? undefined : { outputTokens: output }),
    ...(reasoning === undefined ? undefined : { reasoningTokens: reasoning }),
    toolUses: decodeToolUses(objectAt(json, "server_tool_use")),
    serviceTier: stringAt(json, "service_tier") ?? "",
    extrasJson: extras === "" ? {} : { [DIALECT]: extras },
  };
}

/** Usage of a stream so far: the stream's own, changed in place. */
export interface WireUsage {
  /** Undefined where none came. */
  members: Record<string, Json> | undefined;
  /** How often it may still be emitted whole. */
  tellings: number;
}

/** No usage yet. */
export function createWireUsage(): WireUsage {
  return { members: undefined, tellings: TELLINGS };
}

/**
 * Adds the latest usage of a stream, which is cumulative: later members replace, but null and
 * absent ones leave what was there, and so does an input of 0 after a positive one (some vendors
 * tell the prompt only at the start).
 */
export function addWireUsage(usage: WireUsage, later: JsonObject): void {
  const first = usage.members === undefined;
  usage.members ??= {};
  for (const key of Object.keys(later)) {
    const value = later[key];
    if (value === undefined || (value === null && !first)) continue;
    if (key === "input_tokens" && value === 0 && Number(usage.members[key] ?? 0) > 0) continue;
    usage.members[key] = value;
  }
}

/**
 * The usage so far. After it was emitted whole so often, its counts alone: the rest is emitted once
 * more at the end.
 */
export function tellUsage(usage: WireUsage): Usage {
  const { members = {} } = usage;
  if (usage.tellings > 0) {
    usage.tellings -= 1;
    return decodeUsage(members);
  }
  return decodeUsage(
    Object.fromEntries(
      COUNTED.flatMap((key) => (members[key] === undefined ? [] : [[key, members[key]]])),
    ),
  );
}

/** The whole usage where only its counts were emitted last; undefined where all of it was. */
export function untoldUsage({ members, tellings }: WireUsage): Usage | undefined {
  return members === undefined || tellings > 0 ? undefined : decodeUsage(members);
}

/** Usage as the vendor tells it. Counts that are not known are 0, for clients add them up. */
export function encodeUsage(usage: Usage | undefined): Body {
  const read = usage?.cacheReadTokens ?? 0n;
  const write = usage?.cacheWriteTokens ?? 0n;
  const uncached = (usage?.inputTokens ?? 0n) - read - write;
  const body: Body = {
    input_tokens: uncached > 0n ? uncached : 0n,
    cache_creation_input_tokens: write,
    cache_read_input_tokens: read,
    output_tokens: usage?.outputTokens ?? 0n,
  };
  if (usage === undefined) return body;
  if (usage.cacheWrite5mTokens !== undefined || usage.cacheWrite1hTokens !== undefined) {
    body.cache_creation = {
      ephemeral_5m_input_tokens: usage.cacheWrite5mTokens ?? 0n,
      ephemeral_1h_input_tokens: usage.cacheWrite1hTokens ?? 0n,
    };
  }
  if (usage.reasoningTokens !== undefined)
    body.output_tokens_details = { thinking_tokens: usage.reasoningTokens };
  if (Object.keys(usage.toolUses).length > 0)
    body.server_tool_use = usage.toolUses satisfies Writable;
  const tier = anthropicTier(usage.serviceTier);
  if (tier !== undefined) body.service_tier = tier;
  const extras = usage.extrasJson[DIALECT];
  if (extras !== undefined) addExtras(body, extras);
  return body;
}

/** Extras never replace what is counted. */
function addExtras(body: Body, extras: string): void {
  for (const [key, text] of membersOf(extras) ?? []) {
    if (!KNOWN.has(key)) body[key] = rawJson(text);
  }
}

function decodeToolUses(json: JsonObject | undefined): Record<string, bigint> {
  const uses: Record<string, bigint> = {};
  if (!isObject(json)) return uses;
  for (const key of Object.keys(json)) {
    const count = countAt(json, key);
    if (count !== undefined) uses[key] = count;
  }
  return uses;
}

function nullableCountAt(json: JsonObject, key: string): bigint | undefined {
  return json[key] === null ? 0n : countAt(json, key);
}

function sum(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  return one === undefined && other === undefined ? undefined : (one ?? 0n) + (other ?? 0n);
}
