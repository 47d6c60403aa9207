import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  KeywordsGuardSchema,
  PatternsGuardSchema,
  PiiGuardSchema,
  PiiKind,
  SecretsGuardSchema,
  TopicsGuardSchema,
  UnicodeGuardSchema,
  UrlsGuardSchema,
} from "../../../gen/parlance/config/v1/guard_detector_pb.js";
import { CanaryGuardSchema } from "../../../gen/parlance/config/v1/guard_whole_pb.js";
import { createDetector, type LocalCheck } from "../../../src/guards/detectors/create-detector.ts";
import { findInPieces, piecesOf } from "../find-in-pieces.ts";

const jwt =
  "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4ifQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
const instructions =
  "You sell tulips of the firm Vermeer in Delft, and never say a word of prices.";
const pem =
  "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq3l2Z0sX9f4mQw\n-----END RSA PRIVATE KEY-----";

/** Each detector with texts that it finds, and such as it nearly finds. */
const cases: readonly (readonly [title: string, check: LocalCheck, parts: readonly string[]])[] = [
  [
    "pii",
    { case: "pii", value: create(PiiGuardSchema, { names: ["Ada Lovelace"] }) },
    [
      ...["joe@example.com", "a.b+c@mail.example.co.uk", "x@y", "react@18.2.0", "git@host.org:a/b"],
      ...[
        "https://joe:pw@host.example",
        "4111 1111 1111 1111",
        "4242424242424242",
        "3782 822463 10005",
      ],
      ...[
        "4242 4242 ",
        "12345678901234567890",
        "DE89 3704 0044 0532 0130 00",
        "GB82WEST12345698765432",
      ],
      ...[
        "DE89",
        "0.",
        "４１１１1111１１１１1111",
        "4111\u200b1111\u200b11111111",
        "\u200b\u200b\u200b\u200b",
      ],
    ],
  ],
  [
    "secrets",
    { case: "secrets", value: create(SecretsGuardSchema) },
    [
      ...["sk-proj-Ab3dEf6hIj9kLmN2pQr5tUvW8xYz", "AKIAIOSFODNN7EXAMPLE", jwt, `x${jwt}`, pem],
      ...[
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B",
        "-----END",
        "\\n",
        "password = ",
        "hunter2!x",
      ],
      ...[
        "postgres://joe:s3cr3t@db/x",
        "Bearer ",
        "token: ",
        "aB3xY9kQ2mZ7wE5rT1uI8oP4",
        "ghp_",
        "sk-",
      ],
      ...[
        "0123456789abcdef0123456789abcdef",
        "eyJhbGciOiJI",
        ".eyJ",
        "=".repeat(40),
        "A1b2C3".repeat(60),
      ],
    ],
  ],
  [
    "keywords",
    {
      case: "keywords",
      value: create(KeywordsGuardSchema, {
        words: ["secret", "top secret", "top secret plan b", "c++", "机密", "机密文件", "straße"],
      }),
    },
    [
      "top",
      "secret",
      "plan",
      "b",
      "c",
      "+",
      "机",
      "密",
      "文件",
      "STRASSE",
      "se\u00adcret",
      "𝐬",
      "\n",
      "_",
    ],
  ],
  [
    "patterns",
    {
      case: "patterns",
      value: create(PatternsGuardSchema, {
        patterns: {
          TICKET: "\\bTICKET-[0-9]{2,4}\\b",
          WORD: "(?i)ab+?c|a(?:b|bc)+$",
          LINE: "^x.*y",
          SHORT: "q|q.*z",
        },
      }),
    },
    ["TICKET-", "12", "12345", "a", "b", "C", "c", "x", "y", "q", "z", "𝒳", "\n"],
  ],
  [
    "unicode",
    { case: "unicode", value: create(UnicodeGuardSchema) },
    [
      ...[
        "a",
        "\u200b",
        "\u200d",
        "\u202e",
        "👩",
        "\ufe0f",
        "🏴",
        "\u{e0067}",
        "\u{e007f}",
        "\u{e0100}",
      ],
      ...["葛", "pаypal", "а", "м", "\udb40", "\udc41", "می"],
    ],
  ],
  [
    "urls",
    {
      case: "urls",
      value: create(UrlsGuardSchema, {
        allowedDomains: ["good.example"],
        deniedDomains: ["evil.good.example"],
      }),
    },
    [
      "https://",
      "http:",
      "//",
      "www.",
      "good.example",
      "evil.",
      "u@",
      "/x",
      "1.2.3.4",
      ")",
      "аррӏе",
    ],
  ],
  [
    "topics",
    {
      case: "topics",
      value: create(TopicsGuardSchema, {
        denied: { A: { words: ["one", "one two three"] }, B: { words: ["two", "three four"] } },
      }),
    },
    ["one", "two", "three", "four"],
  ],
  [
    "canary",
    {
      case: "canary",
      value: create(CanaryGuardSchema, {
        texts: ["Heron 77 flies", "Heron 77"],
        instructions: true,
      }),
    },
    ["Heron", "77", "her", "flies", "SGVyb24gNzc", instructions, instructions.slice(20), "\u200b"],
  ],
];

const glue = ["", " ", " ", ". ", "\n", "x", "-", "\\n", ":", "  "];

/** Each kind of personal data by itself: others that hold back the same digits hide its mistakes. */
const kinds = Object.values(PiiKind).filter((kind) => typeof kind === "number" && kind > 0);
const [[, , personal = []] = []] = cases;
const all: typeof cases = [
  ...cases,
  ...kinds.map((kind): (typeof cases)[number] => {
    const value = create(PiiGuardSchema, { kinds: [kind as PiiKind], names: ["Ada Lovelace"] });
    return [`pii: ${PiiKind[kind as PiiKind]}`, { case: "pii", value }, personal];
  }),
];

describe("a detector finds in pieces of a text what it finds in the whole", () => {
  for (const [title, check, parts] of all) {
    it(title, () => {
      const detector = createDetector(check);
      const part = fc.constantFrom(...parts, ...glue);
      const texts = fc.array(part, { maxLength: 14 }).map((all) => all.join(""));
      const places = fc.array(fc.nat(), { maxLength: 6 });
      fc.assert(
        fc.property(texts, places, (text, ends) => {
          const whole = detector.find(text, 0, { instructions });
          const inPieces = (pieces: readonly string[]) =>
            findInPieces(detector, pieces, { instructions });
          expect(inPieces(piecesOf(text, ends))).toEqual(whole);
          expect(inPieces([...Array.from(text.slice(0, 100)), text.slice(100)])).toEqual(whole);
        }),
        { numRuns: title.includes(":") ? 40 : 80 },
      );
    });
  }
});
