import { create } from "@bufbuild/protobuf";
import { PiiGuardSchema, PiiKind } from "../../../gen/parlance/config/v1/guard_detector_pb.js";
import { type CorpusClass, type Positive, within } from "./class.ts";
import type { Draw } from "./draw.ts";
import { hardNegatives } from "./hard-negatives.ts";
import { card, iban, identities, type Make } from "./numbers.ts";
import { sentences } from "./sentences.ts";

const check = (...kinds: PiiKind[]) => ({
  case: "pii" as const,
  value: create(PiiGuardSchema, { kinds, phoneRegions: ["US", "DE", "GB", "FR"] }),
});

const many = <Item>(count: number, make: (at: number) => Item): Item[] =>
  Array.from({ length: count }, (_, at) => make(at));

/** Two thirds of what looks like it and is not, one third of other texts. */
const nearly =
  (make: (draw: Draw) => string) =>
  (draw: Draw, count: number): string[] => [
    ...many(Math.ceil(count / 3), () => within(draw.one(sentences), make(draw)).text),
    ...hardNegatives(draw, count - Math.ceil(count / 3)),
  ];

const numbers = (make: Make): Pick<CorpusClass, "positives" | "negatives"> => ({
  positives: (draw, count) => many(count, () => within(draw.one(sentences), make(draw, false))),
  negatives: nearly((draw) => make(draw, true)),
});

const names = [
  "joe",
  "anna.meier",
  "x_y",
  "li-wei",
  "info",
  "o.brien+news",
  "müller",
  "a1",
  "sales2024",
  "j.p.v.d.berg",
];
const hosts = [
  "example.com",
  "mail.example.co.uk",
  "firma.de",
  "a-b.io",
  "xn--bcher-kva.example",
  "163.com",
  "uni.edu",
  "sub.dept.corp.example",
];
const noAddresses = [
  "a@b",
  "react@18.2.0",
  "next@15.0.0-canary.3",
  "@types/node",
  "user@localhost",
  "img@2x.png",
  "5 @ 3.50",
  "git@gitlab.com:x/y.git",
  "https://u:p@host.example/x",
  "foo@.com",
  "@media (min-width: 3px)",
  "a.b@",
  "x@y.z",
];

const phones = [
  "(4##) 555-01##",
  "212-555-01##",
  "+1 650 253 00##",
  "415.555.26##",
  "1-800-253-00##",
  "+49 30 9018##",
  "030 90182###",
  "+49 151 2345####",
  "0151/2345####",
  "+44 20 7946 0###",
  "020 7946 0###",
  "07911 123###",
  "+33 1 42 68 53 ##",
  "06 12 34 56 ##",
  "+34 612 34 56 ##",
  "+81 3-3224-5###",
  "+91 98765 43###",
  "+86 138 1234 5###",
  "+55 11 91234-5###",
  "0033 1 42 68 53 ##",
  "+420 601 123 4##",
  "(020) 7946 0###",
];
const areas = ["415", "404", "408", "412", "419", "425", "440"];
const noPhones = [
  "2024-0#-1# 1#:3#",
  "1#.0#.2024",
  "####-####-####",
  "978-3-16-1484##-#",
  "12-34-56",
  "1,###,###",
  "2019-2024",
  "192.168.1.##",
  "1.#.##",
  "52.5####, 13.4####",
  "INV-2024-########",
  "3-2-1-0",
  "1/2/3/4",
  "A#######",
  "(12) (345) (6)",
  "#### #### ####",
  "100 200 300",
  "+1",
  "(2023) 12",
  "0#:1#:2#,###",
];

const ips = [
  "10.#.1##.2#",
  "192.168.#.1#",
  "8.8.4.#",
  "203.0.113.2#",
  "2001:db8::8a2e:370:733#",
  "fe80::1ff:fe23:4567:89#b",
  "2001:0db8:85a3:0000:0000:8a2e:0370:733#",
  "172.16.#.1##:8080",
  "10.0.#.0/24",
];
const noIps = [
  "1.2.3",
  "version 1.2.3.4",
  "256.300.1.2",
  "1.3.6.1.4.1.##",
  "12:3#:4#",
  "00:1a:2b:3c:4d:5e",
  "std::map",
  "a::b",
  "v4.0.3.1",
  "10.0.190##.38##",
  "§ 1.2.3.#",
  "127.0.0.1",
  "::1",
  "http://[::]:80",
  "1:2:3",
  "3.14.15.926",
  "ab:cd",
  "foo::bar::baz",
];

/** Personal data. */
export const dataClasses: readonly CorpusClass[] = [
  {
    name: "e-mail",
    check: check(PiiKind.EMAIL),
    precision: 0.99,
    recall: 0.99,
    positives: (draw, count) =>
      many(count, () => within(draw.one(sentences), `${draw.one(names)}@${draw.one(hosts)}`)),
    negatives: nearly((draw) => draw.one(noAddresses)),
  },
  { name: "card", check: check(PiiKind.CARD), precision: 0.99, recall: 0.99, ...numbers(card) },
  { name: "IBAN", check: check(PiiKind.IBAN), precision: 0.99, recall: 0.99, ...numbers(iban) },
  {
    name: "phone",
    check: check(PiiKind.PHONE),
    precision: 0.97,
    recall: 0.95,
    positives: (draw, count) =>
      many(count, () =>
        within(draw.one(sentences), draw.filled(draw.one(phones).replace("4##", draw.one(areas)))),
      ),
    negatives: nearly((draw) => draw.filled(draw.one(noPhones))),
  },
  {
    name: "IP address",
    check: check(PiiKind.IP),
    precision: 0.97,
    recall: 0.95,
    positives: (draw, count) =>
      many(count, () => {
        const written = draw.filled(draw.one(ips));
        const { text } = within(draw.one(sentences), written);
        return { text, wanted: written.replace(/\/24$|:8080$/, "") };
      }),
    negatives: nearly((draw) => draw.filled(draw.one(noIps))),
  },
  {
    name: "national ids",
    check: check(
      ...[PiiKind.US_SSN, PiiKind.UK_NINO, PiiKind.DE_TAX_ID, PiiKind.FR_NIR, PiiKind.ES_DNI],
      ...[PiiKind.IT_CODICE_FISCALE, PiiKind.PL_PESEL, PiiKind.NL_BSN, PiiKind.BR_CPF],
      PiiKind.IN_AADHAAR,
    ),
    precision: 0.97,
    recall: 0.95,
    positives: (draw, count) =>
      many(count, (at): Positive => {
        const [make, written] = identities[at % identities.length] ?? draw.one(identities);
        return within(draw.one(written), make(draw, false));
      }),
    negatives: nearly((draw) => {
      const [make, written] = draw.one(identities);
      return within(draw.one(written), make(draw, true)).text;
    }),
  },
  {
    name: "name",
    check: {
      case: "pii",
      value: create(PiiGuardSchema, {
        kinds: [PiiKind.NAME],
        names: ["Ada Lovelace", "Łukasz Nowak", "王小明", "Björk"],
      }),
    },
    precision: 0.99,
    recall: 0.99,
    positives: (draw, count) =>
      many(count, () =>
        within(
          draw.one(sentences),
          draw.one([
            "Ada Lovelace",
            "ADA  LOVELACE",
            "łukasz nowak",
            "王小明",
            "björk",
            "Ada\nLovelace",
            "Bjo\u0308rk",
          ]),
        ),
      ),
    negatives: nearly((draw) =>
      draw.one([
        "Adam Lovelace",
        "Ada",
        "Lovelace Ada",
        "Nowakowski",
        "王小",
        "Björkman",
        "Ada, Lovelace",
      ]),
    ),
  },
];
