import { type PiiGuard, PiiKind } from "../../../../gen/parlance/config/v1/guard_detector_pb.js";
import { type Detector, joinDetectors } from "../../../core/guards/detector.ts";
import { foldedDetector } from "../fold-text.ts";
import { formDetector } from "../form-detector.ts";
import { cardForm } from "./card.ts";
import { emailDetector } from "./email.ts";
import { ibanForm } from "./iban.ts";

/** Looks for personal data of the kinds of the settings; see `PiiGuard` of the config. */
export function piiDetector({ kinds }: PiiGuard): Detector {
  const detectors = [...byKind].flatMap(([kind, create]) =>
    kinds.length === 0 || kinds.includes(kind) ? create() : [],
  );
  return foldedDetector(joinDetectors(detectors));
}

const byKind: ReadonlyMap<PiiKind, () => Detector> = new Map([
  [PiiKind.EMAIL, emailDetector],
  [PiiKind.CARD, () => formDetector(cardForm)],
  [PiiKind.IBAN, () => formDetector(ibanForm)],
]);
