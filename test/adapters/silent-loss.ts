import type { FieldReport } from "../../gen/parlance/call/v1/call_report_pb.js";
import type { Decoded, Encoded } from "../../src/core/dialect.ts";
import { type Fidelity, fateOf, outcomeWord } from "../../src/core/fidelity/fidelity.ts";
import type { Sentinel } from "./contract-sentinels.ts";

/** Why a field was neither sent nor told of as declared; "" when it was. */
export function silence(
  fidelity: Fidelity,
  sentinel: Sentinel,
  encoded: Decoded<Encoded>,
  without: Decoded<Encoded>,
): string {
  const fate = fateOf(fidelity.table, sentinel.path);
  if (!encoded.ok) {
    const named =
      encoded.fault.fields?.some(({ field }) => covers(plain(field), sentinel.path)) === true;
    if (!named) return `refused because of another field: ${encoded.fault.message}`;
    return fate?.refused === undefined
      ? `refused, which is not declared: ${encoded.fault.message}`
      : "";
  }
  const undeclared = encoded.value.report.filter((entry) => !isDeclared(fidelity, entry));
  if (undeclared.length > 0) return `told, but not declared: ${JSON.stringify(undeclared)}`;
  if (encoded.value.report.some(({ field }) => covers(plain(field), sentinel.path))) return "";
  if (fate?.forwarded === undefined) return "not told of, although never simply forwarded";
  if (sentinel.mark !== undefined) {
    return printed(encoded).includes(sentinel.mark)
      ? ""
      : `neither sent nor told of: ${printed(encoded)}`;
  }
  return printed(encoded) === printed(without)
    ? `makes no difference and is not told of: ${printed(encoded)}`
    : "";
}

function isDeclared({ table }: Fidelity, { field, outcome, note }: FieldReport): boolean {
  const word = outcomeWord(outcome);
  return word !== undefined && fateOf(table, field)?.[word] !== undefined && note !== "";
}

/** A path of a report without the indexes of its lists. */
function plain(field: string): string {
  return field
    .replace(/#.*$/, "")
    .replaceAll(/\["[^"]*"\].*/g, "")
    .replaceAll(/\[\d+\]/g, "[]");
}

/**
 * Whether a report of one field tells of another: itself or what is inside of it. That messages
 * changed tells of no part.
 */
function covers(field: string, path: string): boolean {
  if (field === "messages" || field === "messages[]") return path === field;
  const same = (a: string, b: string) => a === b || b.startsWith(`${a}.`) || b.startsWith(`${a}[]`);
  return same(field, path) || same(path, field);
}

function printed(encoded: Decoded<Encoded>): string {
  if (!encoded.ok) return "";
  const { path, headers, body } = encoded.value.request;
  return [path, ...headers, typeof body === "string" ? body : Buffer.from(body).toString()].join(
    "\n",
  );
}
