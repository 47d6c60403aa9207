import type { Guard } from "../../../gen/parlance/config/v1/guard_pb.js";
import { type Detector, joinDetectors } from "../../core/guard/detector.ts";
import { PatternFault } from "../../core/rules/pattern-syntax.ts";
import { canaryDetector } from "./canary/canary-detector.ts";
import { injectionDetector } from "./injection/injection-detector.ts";
import { keywordDetector } from "./keywords/keyword-detector.ts";
import { patternDetector } from "./patterns/pattern-detector.ts";
import { piiDetector } from "./pii/pii-detector.ts";
import { secretsDetector } from "./secrets/secrets-detector.ts";
import { SettingFault } from "./setting-fault.ts";
import { unicodeDetector } from "./unicode.ts";
import { urlDetector } from "./web/url-detector.ts";
import { schemaDetector, toolDetector } from "./whole/json-detectors.ts";
import { topicDetector } from "./whole/topic-detector.ts";
import { type DetectorHooks, languageDetector, lengthDetector } from "./whole/whole-detectors.ts";

/** The checks that look at texts by themselves. */
const localCases = [
  "pii",
  "secrets",
  "keywords",
  "patterns",
  "injection",
  "unicode",
  "urls",
  "topics",
  "languages",
  "length",
  "canary",
  "jsonSchema",
  "tools",
] as const;

/** The settings of a guard that looks at texts by itself. */
export type LocalCheck = Extract<Guard["check"], { readonly case: (typeof localCases)[number] }>;

/** Whether a guard looks at texts by itself and asks no service. */
export function isLocalCheck(check: Guard["check"]): check is LocalCheck {
  return localCases.some((name) => name === check.case);
}

/**
 * The detector of a guard. Throws SettingFault for settings that none can be made of, such as an
 * expression that is none of RE2's; see `guard_detector.proto` and `guard_whole.proto`. `hooks` are
 * called by the detectors of languages and of length alone, and needed for them.
 */
export function createDetector(check: LocalCheck, hooks: Partial<DetectorHooks> = {}): Detector {
  switch (check.case) {
    case "pii":
      return piiDetector(check.value);
    case "secrets":
      return secretsDetector();
    case "keywords":
      return keywordDetector(check.value.words.map((word) => [word, "KEYWORD"]));
    case "patterns":
      return joinDetectors(Object.entries(check.value.patterns).map(namedPattern));
    case "injection":
      return injectionDetector(check.value);
    case "unicode":
      return unicodeDetector(check.value);
    case "urls":
      return urlDetector(check.value);
    case "topics":
      return topicDetector(check.value);
    case "languages":
      return languageDetector(check.value, hookOf(hooks, "languageOf"));
    case "length":
      return check.value.maxTokens === undefined
        ? lengthDetector(check.value, () => 0)
        : lengthDetector(check.value, hookOf(hooks, "countTokens"));
    case "canary":
      return canaryDetector(check.value);
    case "jsonSchema":
      return schemaDetector(check.value);
    case "tools":
      return toolDetector(check.value);
  }
}

function namedPattern([kind, pattern]: readonly [kind: string, pattern: string]): Detector {
  try {
    return patternDetector(kind, pattern);
  } catch (error) {
    if (!(error instanceof PatternFault)) throw error;
    const message = `${error.message}, at character ${error.at + 1}`;
    throw new SettingFault(message, { field: `patterns.${kind}`, cause: error });
  }
}

function hookOf<Name extends keyof DetectorHooks>(
  hooks: Partial<DetectorHooks>,
  name: Name,
): DetectorHooks[Name] {
  const hook = hooks[name];
  if (hook === undefined) throw new Error(`a detector needs the hook ${name}`);
  return hook;
}
