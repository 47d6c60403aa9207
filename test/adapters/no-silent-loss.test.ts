import { describe, expect, it } from "vitest";
import { huggingfaceTgi } from "../../src/adapters/huggingface-tgi/index.ts";
import { ollama } from "../../src/adapters/ollama/index.ts";
import { sentinelChat } from "./sentinel-chat.ts";

describe("no field of a chat is lost in silence", () => {
  for (const dialect of [ollama, huggingfaceTgi]) {
    const { chat, fields } = sentinelChat(dialect.name);
    const encoded = dialect.encodeRequest(chat, { model: "m", stream: false, quirks: {} });
    if (!encoded.ok) throw new Error(encoded.fault.message);
    const body = String(encoded.value.request.body);
    const reported = encoded.value.report.map(({ field }) => field);
    for (const [path, sentinel] of fields) {
      it(`by ${dialect.name}: ${path} is sent or in the report`, () => {
        const told = reported.some((field) => covers(field, path) || covers(path, field));
        expect(told || (sentinel !== undefined && body.includes(sentinel))).toBe(true);
      });
    }
  }
});

/** Whether a report of one field tells of another: itself or what is inside of it. That messages became a prompt tells of none of them. */
function covers(field: string, path: string): boolean {
  if (path === field) return true;
  return field !== "messages" && (path.startsWith(`${field}.`) || path.startsWith(`${field}[`));
}
