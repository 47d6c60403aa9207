import type { AwsIdentity, GoogleTokenSource } from "./provider-identity.ts";
import type { SecretValue } from "./secret-value.ts";

/** A service that a guard asks, with its secrets looked up. */
export type GuardServiceSettings =
  | WebhookGuardSettings
  | LitellmGuardSettings
  | RpcGuardSettings
  | JudgeGuardSettings
  | ModerationGuardSettings
  | ContentSafetyGuardSettings
  | BedrockGuardSettings
  | ModelArmorGuardSettings
  | PresidioGuardSettings
  | LakeraGuardSettings;

/** A web service of the user's own. */
export interface WebhookGuardSettings {
  readonly kind: "webhook";
  readonly url: string;
  /** Signs requests. Undefined: they are not signed. */
  readonly secret: SecretValue | undefined;
  /** The value of the header of that name. Undefined: none is sent. */
  readonly authorization: SecretValue | undefined;
}

/** A web service that answers LiteLLM's generic guardrail API. */
export interface LitellmGuardSettings {
  readonly kind: "litellm";
  /** With its whole path. */
  readonly url: SecretValue;
  readonly apiKey: SecretValue | undefined;
  readonly authorization: SecretValue | undefined;
  /** An object of JSON. */
  readonly parametersJson: string;
}

/** A service of the user's own that serves `GuardCheckService`. */
export interface RpcGuardSettings {
  readonly kind: "rpc";
  /** Without a slash at the end. */
  readonly url: SecretValue;
  readonly protocol: "connect" | "grpc";
  readonly authorization: SecretValue | undefined;
}

/** A model that says whether texts may pass. */
export interface JudgeGuardSettings {
  readonly kind: "judge";
  /** The guard, which records name where it pays itself. */
  readonly guard: string;
  readonly model: string;
  /** What it looks for; "": what it looks for by itself. */
  readonly policy: string;
  readonly form: "json" | "llama_guard";
  readonly payer: "key" | "guard";
}

/** The moderation of OpenAI, or of what speaks its API. */
export interface ModerationGuardSettings {
  readonly kind: "openai_moderation";
  /** Without a slash at the end, as that of all vendors. */
  readonly url: string;
  readonly apiKey: SecretValue;
  readonly model: string;
  /** Empty: all. */
  readonly categories: ReadonlySet<string>;
  /** From which score on a category is found, from 0 to 1. */
  readonly thresholds: ReadonlyMap<string, number>;
}

/** Azure AI Content Safety. */
export interface ContentSafetyGuardSettings {
  readonly kind: "azure_content_safety";
  readonly url: string;
  readonly apiKey: SecretValue;
  readonly harm: boolean;
  readonly promptShield: boolean;
  /** From 1 to 7. */
  readonly severity: number;
  /** The same by category. */
  readonly severities: ReadonlyMap<string, number>;
  readonly blocklists: readonly string[];
}

/** A guardrail of Amazon Bedrock. */
export interface BedrockGuardSettings {
  readonly kind: "bedrock_guardrail";
  readonly url: string;
  /** An id or an ARN. */
  readonly guardrail: string;
  readonly version: string;
  readonly access:
    | { readonly kind: "api_key"; readonly apiKey: SecretValue }
    | ({ readonly kind: "aws" } & AwsAccess);
}

/** With what requests are signed for AWS, and for which region. */
export interface AwsAccess {
  readonly identity: AwsIdentity;
  readonly region: string;
  /** A role that is assumed; "": none. */
  readonly roleArn: string;
}

/** A template of Google Cloud's Model Armor. */
export interface ModelArmorGuardSettings {
  readonly kind: "model_armor";
  readonly url: string;
  readonly project: string;
  readonly location: string;
  readonly template: string;
  readonly tokens: GoogleTokenSource;
}

/** Presidio's analyzer, and its anonymizer. */
export interface PresidioGuardSettings {
  readonly kind: "presidio";
  readonly url: string;
  /** "": there is none. */
  readonly anonymizerUrl: string;
  readonly language: string;
  /** Empty: all. */
  readonly entities: readonly string[];
  /** From 0 to 1. Undefined: as the analyzer has it. */
  readonly scoreThreshold: number | undefined;
  /** A list of JSON; "": none. */
  readonly recognizersJson: string;
  /** An object of JSON; "": none. */
  readonly anonymizersJson: string;
}

/** Lakera Guard. */
export interface LakeraGuardSettings {
  readonly kind: "lakera";
  readonly url: string;
  /** Undefined: none is sent. */
  readonly apiKey: SecretValue | undefined;
  /** "": none is named. */
  readonly projectId: string;
}
