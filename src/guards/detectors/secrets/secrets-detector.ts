import { type Detector, joinDetectors } from "../../../core/guard/detector.ts";
import { formDetector } from "../form-detector.ts";
import { privateKeyDetector } from "./private-key.ts";
import { tokenDetector } from "./token-detector.ts";
import {
  bearerForm,
  namedSecretForm,
  nearbySecretForm,
  passwordForm,
  urlPasswordForm,
} from "./written-secrets.ts";

/** Looks for credentials; see `SecretsGuard` of the config. */
export function secretsDetector(): Detector {
  return joinDetectors([
    privateKeyDetector(),
    tokenDetector(),
    ...[urlPasswordForm, passwordForm, namedSecretForm, bearerForm, nearbySecretForm].map(
      formDetector,
    ),
  ]);
}
