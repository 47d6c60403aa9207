import fc from "fast-check";
import { expect, it } from "vitest";
import { createSecretValue } from "../../src/config/secret-value.ts";
import { decryptBytes, encryptBytes } from "../../src/config/stored/aes-gcm.ts";
import { createMasterKey } from "../../src/privacy/create-master-key.ts";
import { WrongKeyError } from "../../src/privacy/master-key.ts";

const master = (digits: string) =>
  createMasterKey({ kind: "local", key: createSecretValue(digits.repeat(32)) }, () => {
    throw new Error("no key service has it");
  });
const dataKey = Buffer.alloc(32, 7);

it("unwraps what it has wrapped, after a restart too", async () => {
  const wrapped = await master("0a").wrap(dataKey, "acme");
  expect(Buffer.from(await master("0a").unwrap(wrapped, "acme"))).toEqual(dataKey);
  expect(Buffer.from(wrapped).includes(dataKey)).toBe(false);
});

it("has an id of its own, which does not tell the key", () => {
  expect(master("0a").id).toBe(master("0a").id);
  expect(master("0a").id).not.toBe(master("0b").id);
  expect(master("0a").id).toMatch(/^local:[0-9a-f]{32}$/);
  expect(master("0a").id).not.toContain("0a0a");
});

const wrong: readonly (readonly [what: string, key: string, context: string, at?: number])[] = [
  ["by another key", "0b", "acme"],
  ["for another context", "0a", "other"],
  ["and changed since", "0a", "acme", 40],
  ["in another form", "0a", "acme", 0],
];
for (const [what, key, context, at] of wrong)
  it(`rejects what was wrapped ${what}`, async () => {
    const wrapped = await master("0a").wrap(dataKey, "acme");
    if (at !== undefined) wrapped[at] = (wrapped[at] ?? 0) ^ 1;
    await expect(master(key).unwrap(wrapped, context)).rejects.toThrow(WrongKeyError);
  });

it("gives any bytes back, and for another key, context or length nothing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string({ maxLength: 20 }), (bytes, place) => {
      const sealed = encryptBytes(dataKey, bytes, place);
      expect(decryptBytes(dataKey, sealed, place)).toEqual(Buffer.from(bytes));
      expect(decryptBytes(dataKey, sealed.subarray(0, -1), place)).toBe(undefined);
      expect(decryptBytes(dataKey, sealed, `${place}.`)).toBe(undefined);
      expect(decryptBytes(Buffer.alloc(32), sealed, place)).toBe(undefined);
    }),
    { numRuns: 50 },
  );
});
