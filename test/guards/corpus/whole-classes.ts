import { create } from "@bufbuild/protobuf";
import { TopicsGuardSchema } from "../../../gen/parlance/config/v1/guard_detector_pb.js";
import {
  LanguagesGuardSchema,
  LengthGuardSchema,
  ToolsGuardSchema,
} from "../../../gen/parlance/config/v1/guard_whole_pb.js";
import { loadLanguageDetector } from "../../../src/tokens/language-detector.ts";
import type { CorpusClass, Positive } from "./class.ts";
import type { Draw } from "./draw.ts";

const many = <Item>(count: number, make: () => Item): Item[] => Array.from({ length: count }, make);
const exact = { precision: 0.99, recall: 0.99 };

/** Beginnings and ends of sentences, of which each of a language fits each. */
const others: readonly (readonly [beginnings: readonly string[], ends: readonly string[]])[] = [
  [
    ["Bitte schicken Sie mir", "Morgen brauche ich noch", "Wir haben leider nicht"],
    ["die Rechnung von gestern.", "alle Unterlagen für die Sitzung.", "das neue Angebot gelesen."],
  ],
  [
    ["Pouvez-vous m'envoyer", "Nous avons encore besoin de", "Je n'ai pas encore reçu"],
    [
      "la facture du mois dernier.",
      "tous les documents pour la réunion.",
      "votre réponse à ma question.",
    ],
  ],
  [
    ["Por favor, envíeme", "Mañana necesito también", "Todavía no hemos recibido"],
    [
      "la factura del mes pasado.",
      "todos los documentos de la reunión.",
      "su respuesta a mi pregunta.",
    ],
  ],
  [
    ["Пожалуйста, пришлите мне", "Завтра нам понадобится", "Мы ещё не получили"],
    ["счёт за прошлый месяц.", "все документы для собрания.", "ваш ответ на мой вопрос."],
  ],
];
const english = [
  [
    "Please send me",
    "Tomorrow we will also need",
    "We have not yet received",
    "He asked the café for",
  ],
  ["the invoice of last month.", "all documents for the meeting.", "your answer to my question."],
] as const;

const joined = (draw: Draw, [beginnings, ends]: (typeof others)[number]): string =>
  `${draw.one(beginnings)} ${draw.one(ends)}`;

/** Characters of one and of two units of UTF-16. */
const characters = ["a", " ", "é", "中", "😀"];
const longText = (draw: Draw, length: number): string =>
  many(length, () => draw.one(characters)).join("");

const whole = (text: string): Positive => ({ text, wanted: "" });
const weather = ["rain", "forecast", "snow storm"];

/** Detectors that judge a text as a whole. */
export const wholeClasses: readonly CorpusClass[] = [
  {
    name: "topics, allowed",
    check: {
      case: "topics",
      value: create(TopicsGuardSchema, { allowed: { WEATHER: { words: weather } } }),
    },
    ...exact,
    positives: (draw, count) =>
      many(count, () =>
        whole(`${draw.one(["Rainer", "snow", "storms", "train"])} ${joined(draw, english)}`),
      ),
    negatives: (draw, count) =>
      many(
        count,
        () => `${joined(draw, english)} ${draw.one([...weather, "RAIN", "Snow  Storm"])}?`,
      ),
  },
  {
    name: "languages",
    check: { case: "languages", value: create(LanguagesGuardSchema, { allowed: ["en"] }) },
    hooks: { languageOf: await loadLanguageDetector() },
    ...exact,
    positives: (draw, count) => many(count, () => whole(joined(draw, draw.one(others)))),
    negatives: (draw, count) =>
      many(count, () =>
        draw.below(4) > 0 ? joined(draw, english) : draw.one(["Danke!", "Oui.", "да"]),
      ),
  },
  {
    name: "length",
    check: { case: "length", value: create(LengthGuardSchema, { maxCharacters: 200 }) },
    ...exact,
    positives: (draw, count) => many(count, () => whole(longText(draw, 201 + draw.below(60)))),
    negatives: (draw, count) => many(count, () => longText(draw, 200 - draw.below(60))),
  },
  {
    name: "tools",
    check: {
      case: "tools",
      value: create(ToolsGuardSchema, {
        tools: {
          book: {
            schemaJson:
              '{"type":"object","required":["seats"],"properties":{"seats":{"type":"integer","maximum":9}},"additionalProperties":false}',
          },
        },
      }),
    },
    source: { tool: "book" },
    ...exact,
    positives: (draw, count) =>
      many(count, () =>
        whole(
          draw.one([
            `{"seats":1${draw.below(10)}}`,
            `{"seats":"${draw.below(10)}"}`,
            `{"seat":${draw.below(10)}}`,
            `{"seats":${draw.below(9)}.5}`,
            `{"seats":2,"admin":${draw.below(10)}}`,
            `{"seats":${draw.below(10)}`,
            "",
          ]),
        ),
      ),
    negatives: (draw, count) =>
      many(count, () =>
        draw.one([
          `{"seats":${draw.below(10)}}`,
          ` { "seats" : -${1 + draw.below(9)} }`,
          `{"seats":${draw.below(10)}.0}`,
          `{"seats":${draw.below(9)}e0}`,
        ]),
      ),
  },
];
