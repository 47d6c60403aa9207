import { asBuffer } from "../../json/json.ts";
import type { BytesBody } from "../dialect.ts";
import type { FormField } from "../form.ts";

/**
 * Fields as a `multipart/form-data` body (RFC 7578). The same fields always make the same bytes;
 * the boundary is one that none of them holds.
 */
export function encodeForm(fields: readonly FormField[]): BytesBody {
  const boundary = boundaryFor(fields);
  const pieces = fields.flatMap((field) => [
    Buffer.from(`--${boundary}\r\n${headOf(field)}\r\n\r\n`),
    field.value,
    lineEnd,
  ]);
  const bytes = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
  return { bytes, contentType: `multipart/form-data; boundary=${boundary}` };
}

const PREFIX = "parlance.form.";
const lineEnd = Buffer.from("\r\n");

/** The prefix with the least number that does not follow it in any value. One pass over them. */
function boundaryFor(fields: readonly FormField[]): string {
  const found = new Set<string>();
  for (const { value } of fields) {
    const bytes = asBuffer(value);
    for (let at = bytes.indexOf(PREFIX); at !== -1; at = bytes.indexOf(PREFIX, at + 1)) {
      const from = at + PREFIX.length;
      found.add(/^\d*/.exec(bytes.toString("latin1", from, from + 10))?.[0] ?? "");
    }
  }
  let number = 0;
  while (found.has(String(number))) number += 1;
  return `${PREFIX}${number}.`;
}

function headOf({ name, fileName, contentType }: FormField): string {
  const file = fileName === undefined ? "" : `; filename="${quoted(fileName)}"`;
  const type = contentType === undefined ? "" : `\r\ncontent-type: ${contentType}`;
  return `content-disposition: form-data; name="${quoted(name)}"${file}${type}`;
}

/** As browsers write names: what would end the text or the line is percent-encoded. */
function quoted(text: string): string {
  return text.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
