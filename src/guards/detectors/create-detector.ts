import type { Guard } from "../../../gen/parlance/config/v1/guard_pb.js";
import { type Detector, joinDetectors } from "../../core/guards/detector.ts";
import { keywordDetector } from "./keywords/keyword-detector.ts";
import { patternDetector } from "./patterns/pattern-detector.ts";
import { piiDetector } from "./pii/pii-detector.ts";
import { secretsDetector } from "./secrets/secrets-detector.ts";

/** The settings of a guard that looks at texts by itself. */
export type LocalCheck = Extract<
  Guard["check"],
  { readonly case: "pii" | "secrets" | "keywords" | "patterns" }
>;

/** Whether a guard looks at texts by itself and asks no service. */
export function isLocalCheck(check: Guard["check"]): check is LocalCheck {
  switch (check.case) {
    case "pii":
    case "secrets":
    case "keywords":
    case "patterns":
      return true;
    default:
      return false;
  }
}

/**
 * The detector of a guard. Throws PatternFault for an expression that is none of RE2's; see
 * `guard_detector.proto` for the settings.
 */
export function createDetector(check: LocalCheck): Detector {
  switch (check.case) {
    case "pii":
      return piiDetector(check.value);
    case "secrets":
      return secretsDetector();
    case "keywords":
      return keywordDetector(check.value.words);
    case "patterns":
      return joinDetectors(
        Object.entries(check.value.patterns).map(([kind, pattern]) =>
          patternDetector(kind, pattern),
        ),
      );
  }
}
