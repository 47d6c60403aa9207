import { firstOf } from "../deployments/deployment.ts";
import { type Surroundings, variableOf } from "../surroundings.ts";
import {
  type Draft,
  type Fields,
  mapping,
  mappingOrNone,
  scalar,
  secretOf,
  sequenceOrNone,
} from "../tree/draft.ts";
import { itemsOf, type Member, membersOf, type Place, plainOf } from "../tree/tree.ts";
import {
  flagOf,
  numberOf,
  type Read,
  secretDraftOf,
  textOf,
  variableSecret,
} from "../tree/values.ts";

/** What a guard is made of. */
export interface GuardSource {
  /** Its `litellm_params`. */
  readonly params: ReadonlyMap<string, Member>;
  readonly at: Place;
  readonly surroundings: Surroundings;
}

/** What stands for guardrails of one kind. */
export interface GuardKind {
  /** The keys that it reads beside those of all kinds. */
  readonly keys: readonly string[];
  readonly action: (source: GuardSource) => "BLOCK" | "MASK";
  /** The field of the service; undefined, after a note, where something is missing. */
  readonly check: (source: GuardSource) => Fields | undefined;
  /** Whether what was masked stands in the answer again. Absent: it does. */
  readonly restores?: (source: GuardSource) => boolean;
}

const presidio: GuardKind = {
  keys: [
    "presidio_analyzer_api_base",
    "presidio_anonymizer_api_base",
    "presidio_language",
    "pii_entities_config",
    "presidio_score_thresholds",
    "output_parse_pii",
  ],
  action: (source) =>
    entitiesOf(source).some(({ value }) => value === "BLOCK") ? "BLOCK" : "MASK",
  restores: (source) => isOn(source, "output_parse_pii"),
  check(source) {
    const { at } = source;
    const url = addressOf(source, "presidio_analyzer_api_base", "PRESIDIO_ANALYZER_API_BASE");
    const entities = entitiesOf(source);
    if (new Set(entities.map(({ value }) => value)).size > 1)
      source.surroundings.note({
        kind: "changed",
        at: source.params.get("pii_entities_config")?.at ?? at,
        message: "all of these block: a guard has one action",
        hint: "make a guard of those that are masked",
      });
    const service = {
      url,
      language: textAt(source, "presidio_language"),
      entities: sequenceOrNone(
        entities.map(({ name }) => scalar(name, at)),
        at,
      ),
      score_threshold: thresholdOf(source),
    };
    return url && { presidio: mapping(service, at) };
  },
};

/** Entities with what becomes of them. */
function entitiesOf({ params, surroundings }: GuardSource) {
  return [...membersOf(params.get("pii_entities_config")?.value).values()].map(
    ({ name, value }) => ({ name, value: textOf(value, surroundings)?.value.toUpperCase() }),
  );
}

/** The lowest of the thresholds of entities, by which all are found that any of them finds. */
function thresholdOf({ params, surroundings }: GuardSource): Draft | undefined {
  const thresholds = [...membersOf(params.get("presidio_score_thresholds")?.value).values()]
    .map(({ value }) => numberOf(value, surroundings))
    .filter((score) => score !== undefined)
    .sort((one, other) => one.value - other.value);
  const [lowest] = thresholds;
  if (lowest === undefined) return undefined;
  if (new Set(thresholds.map(({ value }) => value)).size > 1)
    surroundings.note({
      kind: "changed",
      at: lowest.at,
      message: "holds for all entities, as the lowest of the thresholds",
    });
  return scalar(lowest.value, lowest.at);
}

const lakera: GuardKind = {
  keys: ["api_key", "api_base", "project_id", "payload", "breakdown", "dev_info", "metadata"],
  action: () => "BLOCK",
  check: (source) => ({
    lakera: mapping(
      {
        api_key: keyOf(source, "LAKERA_API_KEY"),
        project_id: textAt(source, "project_id"),
        url: textAt(source, "api_base"),
      },
      source.at,
    ),
  }),
};

const bedrock: GuardKind = {
  keys: [
    "guardrailIdentifier",
    "guardrailVersion",
    "aws_region_name",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "aws_profile_name",
    "aws_role_name",
    "mask_request_content",
    "mask_response_content",
    "aws_bedrock_runtime_endpoint",
  ],
  action: masksContent,
  check(source) {
    const { at } = source;
    const guardrail = textAt(source, "guardrailIdentifier");
    if (guardrail === undefined) return missing(source, "guardrailIdentifier");
    const secret = (key: string) =>
      secretDraftOf(source.params.get(key)?.value, source.surroundings);
    const aws = {
      region: textAt(source, "aws_region_name"),
      access_key_id: secret("aws_access_key_id"),
      secret_access_key: secret("aws_secret_access_key"),
      session_token: secret("aws_session_token"),
      profile: textAt(source, "aws_profile_name"),
      role_arn: textAt(source, "aws_role_name"),
    };
    const service = {
      guardrail,
      version: textAt(source, "guardrailVersion") ?? scalar("DRAFT", at),
      aws: mappingOrNone(aws, at),
      url: textAt(source, "aws_bedrock_runtime_endpoint"),
    };
    return { bedrock_guardrail: mapping(service, at) };
  },
};

const armor: GuardKind = {
  keys: [
    "template_id",
    "project_id",
    "location",
    "credentials",
    "api_endpoint",
    "mask_request_content",
    "mask_response_content",
  ],
  action: masksContent,
  check(source) {
    const { at } = source;
    const template = textAt(source, "template_id");
    if (template === undefined) return missing(source, "template_id");
    const file = textAt(source, "credentials");
    const google = {
      project: textAt(source, "project_id"),
      location: textAt(source, "location") ?? scalar("us-central1", at),
      credentials: file && mapping({ file }, at),
    };
    const service = {
      template,
      google: mapping(google, at),
      url: textAt(source, "api_endpoint"),
    };
    return { model_armor: mapping(service, at) };
  },
};

const moderation: GuardKind = {
  keys: ["api_key", "api_base", "model"],
  action: () => "BLOCK",
  check: (source) => ({
    openai_moderation: mapping(
      {
        api_key: keyOf(source, "OPENAI_API_KEY") ?? secretOf("OPENAI_API_KEY", source.at),
        model: textAt(source, "model"),
        url: textAt(source, "api_base"),
      },
      source.at,
    ),
  }),
};

const safetyKeys = ["api_key", "api_base", "api_version"];

const textModeration: GuardKind = {
  keys: [...safetyKeys, "severity_threshold", "severity_threshold_by_category", "blocklistNames"],
  action: () => "BLOCK",
  check(source) {
    const { params, surroundings, at } = source;
    const severity = numberOf(params.get("severity_threshold")?.value, surroundings);
    const levels = membersOf(params.get("severity_threshold_by_category")?.value);
    const severities = Object.fromEntries(
      [...levels.values()].map(({ name, value }) => [
        name,
        scalarOf(numberOf(value, surroundings)),
      ]),
    );
    const lists = itemsOf(params.get("blocklistNames")?.value).flatMap(
      (item) => scalarOf(textOf(item, surroundings)) ?? [],
    );
    return contentSafety(source, {
      severity: scalarOf(severity),
      severities: mappingOrNone(severities, at),
      blocklists: sequenceOrNone(lists, at),
    });
  },
};

const promptShield: GuardKind = {
  keys: safetyKeys,
  action: () => "BLOCK",
  check: (source) =>
    contentSafety(source, {
      checks: sequenceOrNone([scalar("PROMPT_SHIELD", source.at)], source.at),
    }),
};

function contentSafety(source: GuardSource, fields: Fields): Fields | undefined {
  const url = textAt(source, "api_base");
  const apiKey = keyOf(source, "AZURE_CONTENT_SAFETY_API_KEY");
  if (url === undefined) return missing(source, "api_base");
  if (apiKey === undefined) return missing(source, "api_key");
  return { azure_content_safety: mapping({ url, api_key: apiKey, ...fields }, source.at) };
}

const generic: GuardKind = {
  keys: ["api_base", "api_key", "additional_provider_specific_params"],
  action: () => "MASK",
  check(source) {
    const { params, surroundings, at } = source;
    const base = params.get("api_base")?.value;
    const url =
      secretDraftOf(base, surroundings) ?? namedSecret(source, "GENERIC_GUARDRAIL_API_BASE");
    if (url === undefined) return missing(source, "api_base");
    const parameters = params.get("additional_provider_specific_params")?.value;
    const service = {
      url,
      api_key: secretDraftOf(params.get("api_key")?.value, surroundings),
      parameters_json: parameters && scalar(JSON.stringify(plainOf(parameters)), parameters.at),
    };
    return { litellm: mapping(service, at) };
  },
};

const hiddenSecrets: GuardKind = {
  keys: [],
  action: () => "MASK",
  check: ({ at }) => ({ secrets: mapping({}, at) }),
  restores: () => false,
};

/** What stands for guardrails, by LiteLLM's word for their kind. */
export const guardKinds: ReadonlyMap<string, GuardKind> = new Map([
  ["presidio", presidio],
  ["lakera", lakera],
  ["lakera_v2", lakera],
  ["bedrock", bedrock],
  ["model_armor", armor],
  ["openai_moderation", moderation],
  ["azure/text_moderations", textModeration],
  ["azure/prompt_shield", promptShield],
  ["generic_guardrail_api", generic],
  ["hide-secrets", hiddenSecrets],
]);

function masksContent(source: GuardSource): "BLOCK" | "MASK" {
  const keys = ["mask_request_content", "mask_response_content"];
  return keys.some((key) => isOn(source, key)) ? "MASK" : "BLOCK";
}

function isOn({ params, surroundings }: GuardSource, key: string): boolean {
  return flagOf(params.get(key)?.value, surroundings)?.value === true;
}

function textAt({ params, surroundings }: GuardSource, key: string): Draft | undefined {
  return scalarOf(textOf(firstOf(params, key), surroundings));
}

function scalarOf(read: Read<string | number> | undefined): Draft | undefined {
  return read && scalar(read.value, read.at);
}

/** An address of the file, else that of a variable. */
function addressOf(source: GuardSource, key: string, variable: string): Draft | undefined {
  const value = variableOf(variable, source.surroundings);
  return (
    textAt(source, key) ?? (value === undefined ? missing(source, key) : scalar(value, source.at))
  );
}

/** The key of the file, else that of a variable. */
function keyOf(source: GuardSource, variable: string): Draft | undefined {
  return (
    secretDraftOf(source.params.get("api_key")?.value, source.surroundings) ??
    namedSecret(source, variable)
  );
}

function namedSecret({ surroundings, at }: GuardSource, variable: string): Draft | undefined {
  return variableOf(variable, surroundings) === undefined
    ? undefined
    : variableSecret(variable, at, surroundings);
}

function missing({ at, surroundings }: GuardSource, key: string): undefined {
  const message = `is left out, and checks nothing: it has no \`${key}\``;
  surroundings.note({ kind: "none", at, message });
}
