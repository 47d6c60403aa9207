import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeForm } from "../../../src/core/dispatch/encode-form.ts";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import type { FormField } from "../../../src/core/form.ts";
import { readForm } from "../../../src/edge/rest/read-form.ts";

const field = fc.record<FormField, "name" | "value">(
  {
    name: fc.string({ unit: "grapheme", minLength: 1 }).filter((name) => !name.includes("%")),
    value: fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.nat(4), { maxLength: 6 })
        .map((numbers) =>
          Buffer.from(numbers.map((one) => `--parlance.form.${one}.`).join("\r\n")),
        ),
    ),
    fileName: fc.string().filter((name) => !name.includes("%")),
    contentType: fc.constantFrom("audio/mpeg", "text/plain; charset=utf-8"),
  },
  { requiredKeys: ["name", "value"] },
);

function plain(fields: readonly FormField[]) {
  return fields.map((one) => ({ ...one, value: [...one.value] }));
}

describe("a form", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 8 }), (fields) => {
        const { bytes, contentType } = encodeForm(fields);
        expect(plain(readForm(contentType, bytes))).toEqual(plain(fields));
        expect(encodeForm(fields)).toEqual({ bytes, contentType });
      }),
    );
  });

  it("of a browser is read, preamble and all", async () => {
    const form = new FormData();
    form.append("model", 'a "quoted" one');
    form.append("file", new Blob(["sound\r\n--"], { type: "audio/wav" }), "näme.wav");
    const request = new Request("http://localhost", { method: "POST", body: form });
    const type = request.headers.get("content-type") ?? "";
    const body = Buffer.from(await request.arrayBuffer());
    const fields = readForm(type, Buffer.concat([Buffer.from("preamble\r\n"), body]));
    expect(fields.map(({ value, ...rest }) => [rest, Buffer.from(value).toString()])).toEqual([
      [{ name: "model" }, 'a "quoted" one'],
      [{ name: "file", fileName: "näme.wav", contentType: "audio/wav" }, "sound\r\n--"],
    ]);
  });

  it("that is none is refused, whatever it is", () => {
    const type = "multipart/form-data; boundary=b";
    const wrong: readonly (readonly [contentType: string, body: string])[] = [
      ["multipart/form-data", "--b--"],
      [`multipart/form-data; boundary=${"b".repeat(71)}x"`, "--b--"],
      [type, ""],
      [type, "--b\r\n"],
      [type, "--b\r\nx: y\r\n\r\nvalue\r\n--b--"],
      [type, '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\nno end'],
      [type, `--b\r\n${"x".repeat(20_000)}\r\n\r\n\r\n--b--`],
      [type, '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n\r\n'.repeat(1001)],
    ];
    for (const [contentType, body] of wrong)
      expect(() => readForm(contentType, Buffer.from(body))).toThrow(GatewayError);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("--b", "\r\n", "--", "a", ":") }), (body) => {
        try {
          readForm(type, Buffer.from(body));
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
        }
      }),
    );
  });
});
