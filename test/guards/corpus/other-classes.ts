import { create } from "@bufbuild/protobuf";
import {
  InjectionGuardSchema,
  KeywordsGuardSchema,
  PatternsGuardSchema,
  TopicsGuardSchema,
  UnicodeGuardSchema,
  UrlsGuardSchema,
} from "../../../gen/parlance/config/v1/guard_detector_pb.js";
import {
  CanaryGuardSchema,
  JsonSchemaGuardSchema,
} from "../../../gen/parlance/config/v1/guard_whole_pb.js";
import { type CorpusClass, type Positive, within } from "./class.ts";
import type { Draw } from "./draw.ts";
import { hardNegatives } from "./hard-negatives.ts";
import { injectionHarmless, injections } from "./injection-texts.ts";
import { prose, sentences } from "./sentences.ts";

type Texts = readonly string[];

const many = <Item>(count: number, make: () => Item): Item[] => Array.from({ length: count }, make);

const numbered = (draw: Draw, text: string): string =>
  text.replaceAll("#", () => String(draw.below(10)));

/** Sentences with one of some texts that are to be found. */
const positives =
  (texts: Texts) =>
  (draw: Draw, count: number): Positive[] =>
    many(count, () => within(draw.one(sentences), numbered(draw, draw.one(texts))));

/** Half of them near misses, half other texts. */
const negatives =
  (texts: Texts) =>
  (draw: Draw, count: number): string[] => [
    ...many(
      Math.ceil(count / 2),
      () => within(draw.one(sentences), numbered(draw, draw.one(texts))).text,
    ),
    ...hardNegatives(draw, Math.floor(count / 2)),
  ];

const exact = { precision: 0.99, recall: 0.99 };
const mark = "heron-7781-blue";
const schema = '{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}';
const whole = (text: string): Positive => ({ text, wanted: text });

/** Detectors of other things than personal data and credentials. */
export const otherClasses: readonly CorpusClass[] = [
  {
    name: "keywords",
    check: {
      case: "keywords",
      value: create(KeywordsGuardSchema, {
        words: ["tulip", "black tulip sale", "c++", "机密", "straße"],
      }),
    },
    ...exact,
    positives: positives([
      "tulip",
      "TULIP",
      "Black  Tulip\nSale",
      "C++",
      "机密",
      "STRASSE",
      "Ｔｕｌｉｐ",
      "tu\u200blip",
    ]),
    negatives: negatives([
      "tulips",
      "tulip_bed",
      "untulip",
      "black sale",
      "c+",
      "机 密",
      "Strassen",
      "2lip",
    ]),
  },
  {
    name: "patterns",
    check: {
      case: "patterns",
      value: create(PatternsGuardSchema, {
        patterns: { TICKET: "\\bTICKET-[0-9]{4}\\b", PROJECT: "(?i)\\bproject (red|blue)\\b" },
      }),
    },
    ...exact,
    positives: positives(["TICKET-####", "Project Red", "PROJECT BLUE", "project red"]),
    negatives: negatives([
      "TICKET-###",
      "TICKET-#####",
      "ticket-####",
      "projects red",
      "project reddish",
    ]),
  },
  {
    name: "injection",
    check: { case: "injection", value: create(InjectionGuardSchema) },
    precision: 0.97,
    recall: 0.9,
    positives: (draw, count) =>
      many(count, () => ({
        text: `${draw.one([...prose.slice(0, 13), ""])} ${draw.one(injections)} ${draw.one(["", "Thanks!", "Now go on."])}`,
        wanted: "",
      })),
    negatives: negatives(injectionHarmless),
  },
  {
    name: "unicode",
    check: { case: "unicode", value: create(UnicodeGuardSchema) },
    ...exact,
    positives: (draw, count) =>
      many(count, () => {
        const bad = draw.one([
          "\u200b",
          "\u202e",
          "\u2066",
          "\u{e0041}\u{e0062}",
          "\u2063",
          "\ufeff",
          "\ufe01\ufe02",
          "pаypal",
          "Αpple",
          "miсrosoft",
        ]);
        return within(
          draw.one(sentences).replace("{}", "word{}"),
          bad.length > 4 ? ` ${bad} ` : bad,
        );
      }).map(({ text, wanted }) => ({ text, wanted: wanted.trim() })),
    negatives: negatives([
      "👨‍👩‍👧‍👦",
      "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
      "❤️",
      "می‌خواهم",
      "क्‍ष",
      "привет",
      "Ωm and 5 μm",
      "IT-отдел",
      "α and β",
      "naïve café",
      "x² ≤ ½",
      "日本語",
      "שלום",
      "مرحبا",
    ]),
  },
  {
    name: "urls",
    check: {
      case: "urls",
      value: create(UrlsGuardSchema, { deniedDomains: ["evil.example", "bad.org"] }),
    },
    ...exact,
    positives: positives([
      "https://evil.example/a?b=#",
      "http://x.y.bad.org",
      "www.bad.org/##",
      "http://10.0.0.#/x",
      "https://[2001:db8::#]/",
      "http://0x7f.0.0.1/",
      "https://user:pw@example.com/",
      "https://bank.example@evil.example",
      "https://аррӏе.com",
      "https://xn--80ak6aa92e.com/#",
      "HTTPS://EVIL.EXAMPLE:8443/",
    ]),
    negatives: negatives([
      "https://example.com/a?b=#",
      "https://notevil.example",
      "https://evil.example.org",
      "http://bad.org.uk/x",
      "bad.org",
      "www.example.com",
      "https://example.com/evil.example",
      "ftp://files.example/##",
      "mailto:a@evil.example",
      "https://example.com/?u=a@b",
    ]),
  },
  {
    name: "topics",
    check: {
      case: "topics",
      value: create(TopicsGuardSchema, {
        denied: {
          POLITICS: { words: ["election", "prime minister"] },
          BETS: { words: ["odds", "Wette"] },
        },
      }),
    },
    ...exact,
    positives: positives(
      ["Election", "Prime Minister", "the odds", "eine Wette"].map((word) =>
        word.replace(/^(the|eine) /, ""),
      ),
    ),
    negatives: negatives([
      "selection",
      "elections",
      "prime number",
      "oddsmaker",
      "Wetter",
      "minister",
    ]),
  },
  {
    name: "canary",
    check: { case: "canary", value: create(CanaryGuardSchema, { texts: [mark] }) },
    ...exact,
    positives: (draw, count) =>
      many(count, () => {
        const base64 = btoa(`${draw.word("abc", draw.below(4))} ${mark} ${draw.word("xyz", 5)}`);
        const text = draw.one([
          mark,
          mark.toUpperCase(),
          [...mark].join(" "),
          "heron-\n7781-\nblue",
          base64,
        ]);
        return { text: draw.one(sentences).replace("{}", () => text), wanted: "" };
      }),
    negatives: negatives([
      "heron-7781",
      "heron-7781-green",
      "blue heron",
      "7781-blue",
      "heron 7781 blue",
      "aGVyb24tNzc4",
    ]),
  },
  {
    name: "json_schema",
    check: { case: "jsonSchema", value: create(JsonSchemaGuardSchema, { schemaJson: schema }) },
    ...exact,
    positives: (draw, count) =>
      many(count, () =>
        whole(
          numbered(
            draw,
            draw.one([
              '{"n":"#"}',
              '{"n":#.5}',
              "{}",
              '{"m":#}',
              "[#]",
              '{"n":#',
              "n: #",
              "```json\n{}\n```",
              '{"n":null}',
            ]),
          ),
        ),
      ),
    negatives: (draw, count) =>
      many(count, () =>
        numbered(
          draw,
          draw.one([
            '{"n":1#}',
            ' { "n" : -1# }\n',
            '{"n":1.0}',
            '{"m":"#","n":1}',
            '{"n":1e#}',
            '{"a":{"n":"x"},"n":#}',
          ]),
        ),
      ),
  },
];
