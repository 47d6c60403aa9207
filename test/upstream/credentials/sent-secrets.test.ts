import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  headerSecrets,
  MIN_SECRET_LENGTH,
  secretForms,
} from "../../../src/upstream/credentials/secret-forms.ts";
import {
  createShownSecrets,
  type ShownSecrets,
} from "../../../src/upstream/credentials/sent-secrets.ts";
import { shows, spellings } from "../spellings.ts";

const shown = (...secrets: readonly string[]): ShownSecrets =>
  createShownSecrets(secrets.flatMap((secret) => secretForms(secret) ?? []));

/** Keys as vendors make them: letters, digits, and what base64 and URLs have beside. */
const keys = fc
  .string({
    unit: fc.constantFrom(..."ABCDEFXYZabcdefxyz0123456789+/=_-.~$"),
    minLength: MIN_SECRET_LENGTH,
    maxLength: 200,
  })
  .filter((key) => /[A-Za-z0-9]{6}/.test(key));
const words = fc.string({
  unit: fc.constantFrom(...'the vendor says: {"\\u00e9 é%20'),
  maxLength: 200,
});

describe("a secret in a text", () => {
  for (const [title, spell] of Object.entries(spellings)) {
    it(`is taken out where it stands ${title}, wherever that is`, () => {
      fc.assert(
        fc.property(keys, words, words, (key, before, after) => {
          // A backslash or percent sign at the end would make another escape of what follows.
          const text = `${before.replace(/[\\%].{0,5}$/, "")} ${spell(key)} ${after}`;
          expect([shows(text, key), shows(shown(key).clean(text, 4096), key)]).toEqual([
            true,
            false,
          ]);
        }),
      );
    });
  }

  it("is taken out of bytes, and nothing else is", () => {
    fc.assert(
      fc.property(
        keys,
        fc.constantFrom("as it is", "in a URL", "in base64"),
        words,
        words,
        (key, how, before, after) => {
          const bytes = Buffer.from(`é${before} ${spellings[how]?.(key)} ${after}é`);
          const clean = Buffer.from(shown(key).cleanBytes(bytes)).toString();
          expect(shows(clean, key)).toBe(false);
          const [head = "", tail = ""] = clean.split("[redacted]");
          expect(bytes.toString().startsWith(head) && bytes.toString().endsWith(tail)).toBe(true);
        },
      ),
    );
    const plain = Buffer.from('{"a":"nothing of the kind \\u00e9"}');
    expect(shown("sk-0123456789abcdef").cleanBytes(plain)).toBe(plain);
  });

  it("means itself where its letters would mean something to a search", () => {
    const secrets = ["p.a$s*(w)|r+d?", "a|b|c|d|[e]", "\\d{3}^-.x."];
    for (const secret of secrets) {
      const like = Buffer.from("p-a$s*(w)|r+d? a b 123-xx");
      expect(shown(secret).cleanBytes(like)).toBe(like);
      expect(Buffer.from(shown(secret).cleanBytes(Buffer.from(`<${secret}>`))).toString()).toBe(
        "<[redacted]>",
      );
    }
  });

  it("is found where a body is searched piece by piece", () => {
    const key = "sk-Q123456789abcdefghij";
    for (const at of [0, 1_048_560, 1_048_575, 1_048_576, 2_097_140, 2_500_000]) {
      const bytes = Buffer.alloc(3_000_000, "x");
      bytes.write(key, at);
      const clean = Buffer.from(shown(key).cleanBytes(bytes));
      expect([at, clean.includes(key), clean.length]).toEqual([
        at,
        false,
        bytes.length - key.length + 10,
      ]);
    }
  });

  it("is not shown by half where the text is cut", () => {
    const key = "sk-Q123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
    for (let length = 0; length <= 100; length += 1) {
      const clean = shown(key).clean(`${"x".repeat(30)}${key}${"y".repeat(200)}`, length);
      expect(clean.length).toBeLessThanOrEqual(length);
      expect(clean.replace(/^x*/, "")).toMatch(/^(?:\[redacted\]y*|\[r?e?d?a?c?t?e?d?|)$/);
    }
  });

  const masked: readonly (readonly [text: string, told: string])[] = [
    ["key sk-Q1***************Yz0 is wrong", "key sk-Q1***************Yz0 is wrong"],
    ["key sk-Q123456789abcdefghij...klmnopqrstuvwxyzYz0 is wrong", "no quarter"],
    ["key sk-Q123456789abcdefghijklmnopqr******* is wrong", "no quarter"],
  ];
  for (const [text, told] of masked) {
    it(`is not shown in the main by a vendor that puts stars into it: ${text}`, () => {
      const key = "sk-Q123456789abcdefghijklmnopqrstuvwxyzYz0";
      const clean = shown(key).clean(text, 4096);
      if (told === text) expect(clean).toBe(text);
      const quarter = Math.ceil(key.length / 4);
      const whole = (at: number) => clean.includes(key.slice(at * quarter, (at + 1) * quarter));
      expect([0, 1, 2].some(whole)).toBe(false);
    });
  }

  it(`is nothing to look for below ${MIN_SECRET_LENGTH} characters`, () => {
    for (const short of ["", "k", "1234567"]) {
      expect(secretForms(short)).toBeUndefined();
      expect(shown(short).clean(`k is ${short}`, 100)).toBe(`k is ${short}`);
    }
    expect(shown("12345678").clean("it is 12345678.", 100)).toBe("it is [redacted].");
  });

  it("of a header stands behind its scheme", () => {
    const basic = `Basic ${Buffer.from("me:the-password").toString("base64")}`;
    expect(headerSecrets("plain words here")).toEqual(["plain words here"]);
    expect(headerSecrets("Bearer abc.def")).toEqual(["abc.def"]);
    expect(headerSecrets(basic)).toEqual([basic.slice(6), "me:the-password", "the-password"]);
  });

  it("costs no more than its text is long", () => {
    const secrets = shown("a-".repeat(40), "*".repeat(40), `Q${"a".repeat(200)}`);
    const hostile = ["a-", "*", "a", "\\u00", "%", "\\", "\\u0061", "sk-", "aaaaQ"];
    const timeOf = (count: number): number => {
      const began = process.threadCpuUsage();
      for (const piece of hostile) {
        const text = piece.repeat(count / piece.length);
        secrets.clean(text, text.length);
        secrets.cleanBytes(Buffer.from(text));
      }
      const { user } = process.threadCpuUsage(began);
      return user;
    };
    timeOf(20_000);
    const small = Math.min(timeOf(20_000), timeOf(20_000), timeOf(20_000));
    const large = Math.min(timeOf(160_000), timeOf(160_000), timeOf(160_000));
    // Eight times the text: quadratic cost would be sixty-four times.
    expect(large).toBeLessThan(24 * small + 60_000);
  });
});
