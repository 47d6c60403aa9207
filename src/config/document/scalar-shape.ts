import { type DescEnum, ScalarType } from "@bufbuild/protobuf";
import { nearestName } from "../../core/names/nearest-name.ts";
import type { Finding } from "../config-scope.ts";

/**
 * A scalar as protojson wants it, or what is wrong with it. Neither ever contains the value it was
 * given.
 */
export type ScalarShape =
  | { readonly ok: true; readonly json: string | number | boolean }
  | { readonly ok: false; readonly message: string; readonly hint: Finding["hint"] };

/**
 * Text fields that also take a number without quotes, by message and field: what people write there
 * is a number or a word.
 */
export const numberOrWord: ReadonlySet<string> = new Set(["Server.workers"]);

/** Checks a YAML value against a scalar type, without converting between types. */
export function scalarShape(type: ScalarType, value: unknown): ScalarShape {
  switch (type) {
    case ScalarType.STRING:
      if (typeof value === "string") return { ok: true, json: value };
      return wrongType("text", value, "put it in quotes");
    case ScalarType.BOOL:
      if (typeof value === "boolean") return { ok: true, json: value };
      return wrongType("true or false", value, "write true or false, without quotes");
    case ScalarType.UINT32:
      if (
        typeof value === "number" &&
        Number.isInteger(value) &&
        value >= 0 &&
        value <= 0xffffffff
      ) {
        return { ok: true, json: value };
      }
      return wrongType(
        "a whole number from 0 to 4294967295",
        value,
        "write digits, without quotes",
      );
    case ScalarType.DOUBLE:
      if (typeof value === "number" && Number.isFinite(value)) return { ok: true, json: value };
      return wrongType("a number", value, "write a number, without quotes");
    default:
      throw new Error(`the config has no field of scalar type ${ScalarType[type]}`);
  }
}

/** Checks a duration: protojson writes seconds with an `s`; whole milliseconds may have an `ms`. */
export function durationShape(value: unknown): ScalarShape {
  if (typeof value === "string" && /^[0-9]{1,11}(\.[0-9]{1,9})?s$/.test(value))
    return { ok: true, json: value };
  if (typeof value === "string" && /^[0-9]{1,11}ms$/.test(value)) {
    const digits = value.slice(0, -2).padStart(4, "0");
    return { ok: true, json: `${digits.slice(0, -3)}.${digits.slice(-3)}s` };
  }
  const isNegative = typeof value === "string" && /^-[0-9.]+(s|ms|m|min|h|d)$/.test(value);
  if (isNegative || (typeof value === "number" && value < 0))
    return { ok: false, message: "must not be negative", hint: durationHint(undefined) };
  return wrongType("a duration in seconds", value, durationHint(value));
}

/**
 * Checks an enum value, which may be written without the prefix that all values of the enum share,
 * and in lower case.
 */
export function enumShape(desc: DescEnum, value: unknown): ScalarShape {
  const prefix = (desc.sharedPrefix ?? "").toUpperCase();
  const names = desc.values
    .filter(({ number }) => number !== 0)
    .map(({ name }) => name.slice(prefix.length));
  if (typeof value === "string") {
    const word = value.toUpperCase();
    const match = desc.values.find(({ name }) => name === word || name === prefix + word);
    if (match !== undefined) return { ok: true, json: match.name };
  }
  const hint = () => {
    const near = typeof value === "string" ? nearestName(value, names) : undefined;
    return near === undefined ? `write one of ${names.join(", ")}` : `did you mean ${near}?`;
  };
  return { ok: false, message: "is not one of the known values", hint };
}

/** What a YAML value is, in plain words. */
export function describeKind(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "true or false";
  if (typeof value === "number" || typeof value === "bigint") return "a number";
  return "something else";
}

function wrongType(expected: string, value: unknown, hint: string): ScalarShape {
  const kind = describeKind(value);
  const message =
    kind === expected || kind === "a number"
      ? `must be ${expected}`
      : `must be ${expected}, but is ${kind}`;
  return {
    ok: false,
    message: expected === "text" && kind === "a number" ? "must be text, but is a number" : message,
    hint,
  };
}

const secondsPerUnit: Readonly<Record<string, number>> = {
  m: 60,
  min: 60,
  h: 3600,
  d: 86400,
};

function durationHint(value: unknown): string {
  if (typeof value === "number" && value >= 0 && Number.isFinite(value))
    return `write it in seconds: "${value}s"`;
  const [, amount, unit] =
    (typeof value === "string" && /^([0-9]{1,9})\s*(m|min|h|d)$/.exec(value)) || [];
  const seconds = secondsPerUnit[unit ?? ""];
  if (amount === undefined || seconds === undefined)
    return 'write seconds with an s: "30s" or "0.5s"';
  return `write it in seconds: "${Number(amount) * seconds}s"`;
}
