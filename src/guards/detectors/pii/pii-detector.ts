import { type PiiGuard, PiiKind } from "../../../../gen/parlance/config/v1/guard_detector_pb.js";
import { type Detector, joinDetectors } from "../../../core/guard/detector.ts";
import { foldedDetector } from "../fold-text.ts";
import { type Form, formDetector } from "../form-detector.ts";
import { keywordDetector } from "../keywords/keyword-detector.ts";
import { cardForm } from "./card.ts";
import { emailDetector } from "./email.ts";
import { ibanForm } from "./iban.ts";
import { ipv4Form, ipv6Form } from "./ip.ts";
import {
  corsicanNirForm,
  esDniForm,
  itCodiceFiscaleForm,
  ukNinoForm,
} from "./national/letter-forms.ts";
import { nationalNumberForm } from "./national/number-form.ts";
import { numberForms } from "./national/number-forms.ts";
import { phoneForm } from "./phone.ts";

/** Looks for personal data of the kinds of the settings; see `PiiGuard` of the config. */
export function piiDetector({ kinds, names, phoneRegions }: PiiGuard): Detector {
  const isWanted = (kind: PiiKind) => kinds.length === 0 || kinds.includes(kind);
  const numbers = numberForms.filter(({ kind }) => isWanted(PiiKind[kind]));
  const forms = formsByKind.flatMap(([kind, form]) => (isWanted(kind) ? form : []));
  if (numbers.length > 0) forms.push(nationalNumberForm(numbers));
  if (isWanted(PiiKind.PHONE))
    forms.push(phoneForm(phoneRegions.length > 0 ? phoneRegions : ["US"]));
  const detectors = forms.map(formDetector);
  if (isWanted(PiiKind.EMAIL)) detectors.push(emailDetector());
  if (isWanted(PiiKind.NAME) && names.length > 0)
    detectors.push(keywordDetector(names.map((name) => [name, "NAME"])));
  return foldedDetector(joinDetectors(detectors));
}

/** Of findings at the same place the first counts: a number with a check before a telephone's. */
const formsByKind: readonly (readonly [kind: PiiKind, form: Form])[] = [
  [PiiKind.CARD, cardForm],
  [PiiKind.IBAN, ibanForm],
  [PiiKind.IP, ipv4Form],
  [PiiKind.IP, ipv6Form],
  [PiiKind.UK_NINO, ukNinoForm],
  [PiiKind.ES_DNI, esDniForm],
  [PiiKind.IT_CODICE_FISCALE, itCodiceFiscaleForm],
  [PiiKind.FR_NIR, corsicanNirForm],
];
