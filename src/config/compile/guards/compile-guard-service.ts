import type { Guard } from "../../../../gen/parlance/config/v1/guard_pb.js";
import {
  JudgeForm,
  type JudgeGuard,
  JudgePayer,
  type LitellmGuard,
  type RpcGuard,
  RpcGuardProtocol,
  type WebhookGuard,
} from "../../../../gen/parlance/config/v1/guard_service_pb.js";
import type { Secret } from "../../../../gen/parlance/config/v1/secret_pb.js";
import { type ConfigScope, inField, problem } from "../../config-scope.ts";
import type {
  GuardServiceSettings,
  JudgeGuardSettings,
  LitellmGuardSettings,
  RpcGuardSettings,
  WebhookGuardSettings,
} from "../../guard-service-settings.ts";
import type { KnownNames } from "../../known-names.ts";
import { resolveSecret } from "../../resolve-secret.ts";
import { createSecretValue, type SecretValue } from "../../secret-value.ts";
import { checkModelReference } from "../compile-models.ts";
import { compileBedrock, compileModelArmor } from "./compile-cloud-guard.ts";
import {
  compileContentSafety,
  compileLakera,
  compileModeration,
  compilePresidio,
} from "./compile-guard-vendor.ts";
import { isServiceUrl, jsonOf, withoutSlash } from "./service-fields.ts";

/** The kinds of guards that ask a service. */
export type GuardServiceCheck = Extract<
  Guard["check"],
  {
    case:
      | "webhook"
      | "litellm"
      | "rpc"
      | "judge"
      | "openaiModeration"
      | "azureContentSafety"
      | "bedrockGuardrail"
      | "modelArmor"
      | "presidio"
      | "lakera";
  }
>;

/** What the services of guards are compiled with. */
export interface GuardServiceScope {
  /** The name of the guard. */
  readonly guard: string;
  readonly names: KnownNames;
}

const cases: Readonly<Record<GuardServiceCheck["case"], true>> = {
  webhook: true,
  litellm: true,
  rpc: true,
  judge: true,
  openaiModeration: true,
  azureContentSafety: true,
  bedrockGuardrail: true,
  modelArmor: true,
  presidio: true,
  lakera: true,
};

/** Whether a guard asks a service. */
export function asksService(check: Guard["check"]): check is GuardServiceCheck {
  return check.case !== undefined && Object.hasOwn(cases, check.case);
}

/**
 * The service that a guard asks, with its secrets looked up; undefined after a report. `scope` is
 * that of the guard.
 */
export function compileGuardService(
  check: GuardServiceCheck,
  { guard, names }: GuardServiceScope,
  scope: ConfigScope,
): GuardServiceSettings | undefined {
  switch (check.case) {
    case "webhook":
      return compileWebhook(check.value, inField(scope, "webhook"));
    case "litellm":
      return compileLitellm(check.value, inField(scope, "litellm"));
    case "rpc":
      return compileRpc(check.value, inField(scope, "rpc"));
    case "judge":
      return compileJudge(check.value, { guard, names }, inField(scope, "judge"));
    case "openaiModeration":
      return compileModeration(check.value, inField(scope, "openai_moderation"));
    case "azureContentSafety":
      return compileContentSafety(check.value, inField(scope, "azure_content_safety"));
    case "bedrockGuardrail":
      return compileBedrock(check.value, inField(scope, "bedrock_guardrail"));
    case "modelArmor":
      return compileModelArmor(check.value, inField(scope, "model_armor"));
    case "presidio":
      return compilePresidio(check.value, inField(scope, "presidio"));
    case "lakera":
      return compileLakera(check.value, inField(scope, "lakera"));
  }
}

/** A URL that may be a secret; undefined after a report. */
function secretUrl(
  secret: Secret | undefined,
  scope: ConfigScope,
  example: string,
): SecretValue | undefined {
  const url = resolveSecret(secret, inField(scope, "url"));
  // What is looked up elsewhere, or later, is a text that stands for it.
  const isKnown = scope.sources.leaveOut === undefined || secret?.source.case === "value";
  if (url === undefined || !isKnown || isServiceUrl(url.reveal(), scope, example)) return url;
  return undefined;
}

function compileWebhook(guard: WebhookGuard, scope: ConfigScope): WebhookGuardSettings | undefined {
  const { url } = guard;
  if (!isServiceUrl(url, scope, "https://guards.example.com/check")) return undefined;
  const secret = resolveSecret(guard.secret, inField(scope, "secret"));
  const authorization = resolveSecret(guard.authorization, inField(scope, "authorization"));
  return { kind: "webhook", url, secret, authorization };
}

const litellmPath = "/beta/litellm_basic_guardrail_api";

function compileLitellm(guard: LitellmGuard, scope: ConfigScope): LitellmGuardSettings | undefined {
  const url = secretUrl(guard.url, scope, "https://guards.example.com");
  const parametersJson = jsonOf(guard.parametersJson, "object", inField(scope, "parameters_json"));
  const apiKey = resolveSecret(guard.apiKey, inField(scope, "api_key"));
  const authorization = resolveSecret(guard.authorization, inField(scope, "authorization"));
  if (url === undefined || parametersJson === undefined) return undefined;
  const address = withoutSlash(url.reveal());
  return {
    kind: "litellm",
    url: address.endsWith(litellmPath) ? url : createSecretValue(`${address}${litellmPath}`),
    apiKey,
    authorization,
    parametersJson: parametersJson || "{}",
  };
}

function compileRpc(guard: RpcGuard, scope: ConfigScope): RpcGuardSettings | undefined {
  const url = secretUrl(guard.url, scope, "http://127.0.0.1:9000");
  const authorization = resolveSecret(guard.authorization, inField(scope, "authorization"));
  return (
    url && {
      kind: "rpc",
      url: createSecretValue(withoutSlash(url.reveal())),
      protocol: guard.protocol === RpcGuardProtocol.GRPC ? "grpc" : "connect",
      authorization,
    }
  );
}

function compileJudge(
  { model, policy, form, payer }: JudgeGuard,
  { guard, names }: GuardServiceScope,
  scope: ConfigScope,
): JudgeGuardSettings | undefined {
  if (model !== "") checkModelReference(model, names, inField(scope, "model"));
  const isTrained = form === JudgeForm.LLAMA_GUARD;
  if (policy.trim() === "" && !isTrained)
    return problem(inField(scope, "policy"), {
      message: "is missing: the model is not told what to look for",
      hint: "write what may not pass, or form: LLAMA_GUARD for a model that knows by itself",
      ruleId: "judge_policy",
    });
  return {
    kind: "judge",
    guard,
    model,
    policy,
    form: isTrained ? "llama_guard" : "json",
    payer: payer === JudgePayer.GUARD ? "guard" : "key",
  };
}
