import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { FormField } from "../../core/form.ts";
import { asBuffer } from "../../json/json.ts";

/** Fields of one form, at most: real ones have a dozen. */
const MAX_FIELDS = 1000;

/** Bytes of the head of one field, at most. */
const MAX_HEAD_BYTES = 16 * 1024;

/**
 * The fields of a `multipart/form-data` body (RFC 7578), in their order: views of its bytes. One
 * pass over the body. Throws INVALID_REQUEST for anything else.
 */
export function readForm(contentType: string, body: Uint8Array): readonly FormField[] {
  const bytes = asBuffer(body);
  const boundary = boundaryOf(contentType);
  const mark = Buffer.from(`\r\n--${boundary}`);
  const fields: FormField[] = [];
  // The first boundary may stand at the very beginning, without the line end before it.
  let at = bytes.indexOf(mark.subarray(2)) === 0 ? -2 : bytes.indexOf(mark);
  if (at === -1) throw noEnd();
  while (bytes.toString("latin1", at + mark.length, at + mark.length + 2) !== "--") {
    if (fields.length >= MAX_FIELDS) throw broken(`it has more than ${MAX_FIELDS} fields`);
    const from = at + mark.length;
    const headEnd = bytes.indexOf("\r\n\r\n", from);
    if (headEnd === -1 || headEnd - from > MAX_HEAD_BYTES) throw broken("a field has no head");
    at = bytes.indexOf(mark, headEnd + 2);
    if (at === -1) throw noEnd();
    const value = bytes.subarray(Math.min(headEnd + 4, at), at);
    fields.push(fieldOf(bytes.toString("utf8", from, headEnd), value));
  }
  return fields;
}

/** The boundary that a content type names. Throws INVALID_REQUEST where it names none. */
function boundaryOf(contentType: string): string {
  const [, quoted, plain] = BOUNDARY.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary !== undefined) return boundary;
  throw broken("content-type names no boundary of at most 70 characters");
}

const BOUNDARY = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;",]{1,70}))/i;

function fieldOf(head: string, value: Uint8Array): FormField {
  const lines = head.split("\r\n");
  const disposition = lines.find((line) => /^content-disposition\s*:/i.test(line)) ?? "";
  const type = lines.find((line) => /^content-type\s*:/i.test(line));
  const name = parameter(disposition, "name");
  if (!/:\s*form-data\s*;/i.test(disposition) || name === undefined)
    throw broken("a field has no content-disposition with a name");
  const fileName = parameter(disposition, "filename");
  return {
    name,
    value,
    ...(fileName === undefined ? undefined : { fileName }),
    ...(type === undefined ? undefined : { contentType: type.slice(type.indexOf(":") + 1).trim() }),
  };
}

/** A parameter of a header; browsers write quotes and line ends in it percent-encoded. */
function parameter(line: string, name: string): string | undefined {
  const [, quoted, plain] =
    new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^\\s;"]+))`, "i").exec(line) ?? [];
  return (quoted ?? plain)
    ?.replaceAll("%22", '"')
    .replaceAll(/%0d/gi, "\r")
    .replaceAll(/%0a/gi, "\n");
}

function broken(what: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.INVALID_REQUEST,
    message: `the body is not a form as multipart/form-data: ${what}`,
  });
}

function noEnd(): GatewayError {
  return broken("the body does not end with the boundary of its content-type");
}
