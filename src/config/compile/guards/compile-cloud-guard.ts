import { create } from "@bufbuild/protobuf";
import { AwsOptionsSchema } from "../../../../gen/parlance/config/v1/aws_options_pb.js";
import type {
  BedrockGuardrailGuard,
  ModelArmorGuard,
} from "../../../../gen/parlance/config/v1/guard_vendor_pb.js";
import { regionOf } from "../../apply-defaults.ts";
import { type ConfigScope, inField, problem } from "../../config-scope.ts";
import type {
  BedrockGuardSettings,
  ModelArmorGuardSettings,
} from "../../guard-service-settings.ts";
import { compileAwsIdentity } from "../../providers/compile-aws.ts";
import { compileGoogleIdentity } from "../../providers/compile-google.ts";
import { resolveSecret } from "../../resolve-secret.ts";
import { isServiceUrl, withoutSlash } from "./service-fields.ts";

/** A guardrail of Amazon Bedrock; undefined after a report. */
export function compileBedrock(
  guard: BedrockGuardrailGuard,
  scope: ConfigScope,
): BedrockGuardSettings | undefined {
  const apiKey = resolveSecret(guard.apiKey, inField(scope, "api_key"));
  const aws = guard.aws ?? create(AwsOptionsSchema);
  const region = aws.region || regionOf(scope.sources.env);
  const own = guard.apiKey === undefined ? undefined : "api_key";
  const identity = compileAwsIdentity(
    { ...aws, region },
    { service: "bedrock", own, isRegionOptional: own !== undefined && guard.url !== "" },
    inField(scope, "aws"),
  );
  const url = withoutSlash(guard.url || `https://bedrock-runtime.${region}.amazonaws.com`);
  if (!isServiceUrl(url, scope, "https://bedrock-runtime.us-east-1.amazonaws.com"))
    return undefined;
  const { guardrail, version } = guard;
  const rest = { kind: "bedrock_guardrail", url, guardrail, version } as const;
  if (apiKey !== undefined) return { ...rest, access: { kind: "api_key", apiKey } };
  if (identity === undefined) return undefined;
  return { ...rest, access: { kind: "aws", identity, region, roleArn: aws.roleArn } };
}

/** A template of Google Cloud's Model Armor; undefined after a report. */
export function compileModelArmor(
  guard: ModelArmorGuard,
  scope: ConfigScope,
): ModelArmorGuardSettings | undefined {
  const at = inField(scope, "google");
  const audience = "https://www.googleapis.com/auth/cloud-platform";
  const google = compileGoogleIdentity(
    guard.google,
    { audience, own: undefined, needsProject: true },
    at,
  );
  if (google?.tokens === undefined) return undefined;
  const { project, location, tokens } = google;
  if (location === "global")
    return problem(inField(at, "location"), {
      message: "is missing: templates are in a location",
      hint: "such as europe-west4",
      ruleId: "model_armor_location",
    });
  const url = withoutSlash(guard.url || `https://modelarmor.${location}.rep.googleapis.com`);
  if (!isServiceUrl(url, scope, "https://modelarmor.europe-west4.rep.googleapis.com"))
    return undefined;
  return { kind: "model_armor", url, project, location, template: guard.template, tokens };
}
