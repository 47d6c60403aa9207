import type { CacheWishes } from "../../../core/cache/cache-wishes.ts";
import { type FieldFault, invalidFields } from "../../../core/faults/fault.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import { isObject, type Json, type JsonObject, stringAt } from "../../../json/json.ts";
import { readSeconds, secondsWanted } from "../../seconds.ts";

/** How long a caller waits, in milliseconds. Absent members: it does not say. */
export interface Waits {
  /** For the call. */
  readonly timeoutMs?: number;
  /** For the first token of a stream. */
  readonly firstTokenMs?: number;
}

/** What members of a body say in LiteLLM's words, beside its tags and what it wants of the cache. */
export interface LitellmMembers extends Waits {
  /** The members that are taken out of the body. */
  readonly names: readonly string[];
  /** The call is refused where it would lose something. Absent: it does not say. */
  readonly strict?: true;
  /** Whether the response cache is used. Absent: it does not say. */
  readonly cache?: CacheWishes;
  /** An object with labels of the call, such as `tags`. Absent: there is none. */
  readonly labels?: JsonObject;
}

/**
 * Reads the members that LiteLLM's proxy takes itself and sends to no vendor
 * (https://docs.litellm.ai/docs/completion/input, 2026-11). Members of these names that have
 * another form are a vendor's own and stay. Undefined where there are none. Throws INVALID_REQUEST
 * with each member that cannot be honoured, and what to do.
 */
export function readLitellmMembers(json: JsonObject): LitellmMembers | undefined {
  let names: string[] | undefined;
  let said: Said = {};
  let faults: FieldFault[] | undefined;
  for (const name in json) {
    const rule = rules.get(name);
    const value = json[name];
    if (rule === undefined || value === undefined) continue;
    if (value !== null && !rule.has(value)) continue;
    names ??= [];
    names.push(name);
    const read = value === null ? NOTHING : rule.read(value);
    if (typeof read === "string") faults = [...(faults ?? []), { field: name, message: read }];
    else said = { ...said, ...read };
  }
  if (faults !== undefined) throw new GatewayError(invalidFields(faults));
  if (names === undefined) return undefined;
  const { dropped = [], ...rest } = said;
  return { ...rest, names: [...names, ...dropped] };
}

type Said = Omit<LitellmMembers, "names"> & {
  /** Further members that are taken out. */
  readonly dropped?: readonly string[];
};

/** How a member is read. */
interface Rule {
  /** Whether a value has the form that LiteLLM's clients send. */
  readonly has: (value: Json) => boolean;
  /** Gives what it says, or why it cannot be honoured. */
  readonly read: (value: Json) => Said | string;
}

const NOTHING: Said = {};

const isText = (value: Json): boolean => typeof value === "string";
const isFlag = (value: Json): boolean => typeof value === "boolean";
const isScalar = (value: Json): boolean => typeof value === "number" || isText(value);
const areTexts = (value: Json): boolean => Array.isArray(value) && value.every(isText);

/** What has no effect here, because of what the gateway does anyway. */
const nothing = (): Said => NOTHING;

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["timeout", seconds((timeoutMs) => ({ timeoutMs }))],
  ["request_timeout", seconds((timeoutMs) => ({ timeoutMs }))],
  ["stream_timeout", seconds((firstTokenMs) => ({ firstTokenMs }))],
  ["caching", { has: isFlag, read: (value) => ({ cache: { useCache: value === true } }) }],
  ["drop_params", { has: isFlag, read: (value) => (value === false ? { strict: true } : NOTHING) }],
  ["additional_drop_params", { has: areTexts, read: readDropped }],
  ["allowed_openai_params", { has: areTexts, read: nothing }],
  ["no-log", { has: isFlag, read: nothing }],
  ["litellm_call_id", { has: isText, read: nothing }],
  ["litellm_trace_id", { has: isText, read: nothing }],
  ["litellm_metadata", { has: isObject, read: (value) => ({ labels: objectOf(value) }) }],
]);

function seconds(say: (ms: number) => Said): Rule {
  return {
    has: isScalar,
    read: (value) => {
      const ms = readSeconds(String(value));
      return ms === undefined ? secondsWanted : say(ms);
    },
  };
}

function objectOf(value: Json): JsonObject {
  return isObject(value) ? value : {};
}

/** As many members as a body may have left out. */
const maxDropped = 64;

/** A call without its model or its prompt is none. */
const needed: ReadonlySet<string> = new Set(["model", "messages", "input", "prompt", "contents"]);

function readDropped(value: Json): Said | string {
  const names = Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
  if (names.length > maxDropped) return `may name ${maxDropped} members at most`;
  const inner = names.find((name) => /[[\].]/.test(name));
  if (inner !== undefined)
    return `${inner.slice(0, 64)}: only members of the body itself can be left out: send the request without it`;
  const own = names.find((name) => needed.has(name));
  return own === undefined ? { dropped: names } : `${own} cannot be left out`;
}

/** The session that labels name. Undefined: they name none. */
export function sessionIn(labels: JsonObject | undefined): string | undefined {
  return labels === undefined ? undefined : stringAt(labels, "session_id");
}
