import { ErrorReason } from "../../../../../gen/parlance/error/v1/error_reason_pb.js";
import { shiftDecimal } from "../../../../core/facts/shift-decimal.ts";
import { invalidField } from "../../../../core/faults/fault.ts";
import { GatewayError } from "../../../../core/faults/gateway-error.ts";
import { isObject, type Json, type JsonObject, parseJson } from "../../../../json/json.ts";
import { sliceElements, sliceMembers } from "../../../../json/slice.ts";

/** Bounds of a whole number. */
export interface IntegerBounds {
  readonly min: number;
  readonly max: number;
}

/**
 * The members of a body, or of a query, as LiteLLM's programs send them. Null is the same as absent
 * where something is made. Each way to read a member throws INVALID_REQUEST, naming it, where it is
 * not of its kind. What nobody has read is known at the end, so that nothing is lost in silence.
 */
export class ManagementMembers {
  readonly #json: JsonObject;
  readonly #texts: ReadonlyMap<string, Uint8Array>;
  readonly #read = new Set<string>();

  constructor(json: JsonObject, texts: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.#json = json;
    this.#texts = texts;
  }

  /** The members of a JSON object; throws INVALID_JSON. Empty for no body at all. */
  static ofBody(bytes: Uint8Array): ManagementMembers {
    if (bytes.length === 0) return new ManagementMembers({});
    const parsed = parseJson(bytes);
    if (!parsed.ok)
      throw new GatewayError({
        reason: ErrorReason.INVALID_JSON,
        message: `the body is not JSON: ${parsed.error.message}, at line ${parsed.error.line}`,
      });
    if (!isObject(parsed.value)) throw wrong("body", "must be a JSON object");
    return new ManagementMembers(parsed.value, sliceMembers(bytes));
  }

  /** The parameters of a query, all of them texts. */
  static ofQuery(query: string): ManagementMembers {
    return new ManagementMembers(Object.fromEntries(new URLSearchParams(query)));
  }

  /** Whether a member is there, be it null. */
  has(name: string): boolean {
    return Object.hasOwn(this.#json, name);
  }

  /** Any value; undefined for null too. */
  value(name: string): Exclude<Json, null> | undefined {
    this.#read.add(name);
    const value = this.#json[name];
    return value === null ? undefined : value;
  }

  text(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === "string") return value;
    throw wrong(name, "must be a text");
  }

  /** A text that must be there. */
  neededText(name: string): string {
    const value = this.text(name);
    if (value === undefined || value === "") throw wrong(name, "is required");
    return value;
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const texts = isList(value) ? value.filter((one) => typeof one === "string") : [];
    if (!isList(value) || texts.length < value.length) throw wrong(name, "must be a list of texts");
    return texts;
  }

  /** True or false, also in words. */
  flag(name: string): boolean | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === "boolean") return value;
    const word = typeof value === "string" ? value.toLowerCase() : "";
    if (word === "true" || word === "false") return word === "true";
    throw wrong(name, "must be true or false");
  }

  /** A whole number, also as a text. */
  integer(name: string, { min, max }: IntegerBounds): number | undefined {
    const value = this.value(name);
    if (value === undefined || value === "") return undefined;
    const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && number >= min && number <= max)
      return number;
    throw wrong(name, `must be a whole number from ${min} to ${max}`);
  }

  /**
   * An amount of US dollars as an exact decimal text, read from the digits that were sent and never
   * as a floating point number.
   */
  usd(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || value === "") return undefined;
    const source = this.#texts.get(name);
    const text = typeof value === "string" || source === undefined ? value : printed(source);
    const usd =
      typeof text === "string" || typeof text === "number" ? usdOf(String(text)) : undefined;
    if (usd !== undefined && typeof value !== "boolean") return usd;
    throw wrong(name, usdRule);
  }

  /** The exact text of a JSON object. */
  objectText(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw wrong(name, "must be an object");
    const source = this.#texts.get(name);
    return source === undefined ? JSON.stringify(value) : printed(source);
  }

  /** An object of texts. */
  textMap(name: string): Readonly<Record<string, string>> | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw wrong(name, "must be an object of texts");
    const entries: [string, string][] = [];
    for (const [key, text] of Object.entries(value)) {
      if (typeof text !== "string") throw wrong(`${name}.${key}`, "must be a text");
      entries.push([key, text]);
    }
    return Object.fromEntries(entries);
  }

  /** A moment, as ISO 8601 says it, in milliseconds since 1970; without a zone it is in UTC. */
  time(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined || text === "") return undefined;
    const ms = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(inUtc(text)) : Number.NaN;
    if (Number.isFinite(ms)) return ms;
    throw wrong(name, "must be a date such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z");
  }

  /** A list of objects. */
  records(name: string): readonly ManagementMembers[] | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const source = this.#texts.get(name);
    const parts = isList(value) && source !== undefined ? sliceElements(source) : undefined;
    if (parts === undefined || !isList(value) || !value.every((one) => isObject(one)))
      throw wrong(name, "must be a list of objects");
    return parts.map((bytes) => ManagementMembers.ofBody(bytes));
  }

  /** The members of an object within. */
  within(name: string): ManagementMembers | undefined {
    const text = this.objectText(name);
    return text === undefined ? undefined : ManagementMembers.ofBody(Buffer.from(text));
  }

  /** The names of all members, such as those of an object that is a map. */
  names(): readonly string[] {
    return Object.keys(this.#json);
  }

  /** The names of the members that nobody has read and that say something. */
  unread(): readonly string[] {
    return Object.keys(this.#json).filter(
      (name) => !this.#read.has(name) && !saysNothing(this.#json[name]),
    );
  }

  /** Whether a member says something; it counts as read. */
  saysSomething(name: string): boolean {
    this.#read.add(name);
    return !saysNothing(this.#json[name]);
  }
}

/** The refusal of a member of a request. */
export function wrong(member: string, message: string): GatewayError {
  return new GatewayError(invalidField(member, message));
}

const usdRule = "must be US dollars, with at most nine digits on either side of the point";

/** An amount as an exact decimal text; undefined for what is none. */
export function usdOf(text: string): string | undefined {
  return shiftDecimal(text, 0);
}

function printed(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

/** A text without a zone is in UTC, where Date.parse would take it for the place of the machine. */
function inUtc(text: string): string {
  const iso = text.replace(" ", "T");
  return iso.includes("T") && !/(Z|[+-]\d{2}:?\d{2})$/i.test(iso) ? `${iso}Z` : iso;
}

/** What programs send where they have nothing to say. */
function saysNothing(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false) return true;
  if (value === "" || value === 0) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
