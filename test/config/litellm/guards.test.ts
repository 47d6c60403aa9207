import { describe, expect, it } from "vitest";
import { createCatalog } from "../../../src/adapters/catalog/catalog.ts";
import { parseDocument } from "../../../src/config/document/parse-document.ts";
import { readLitellm } from "../../../src/config/litellm/litellm-file.ts";
import { loadConfig } from "../../../src/config/loading/load-config.ts";

const env = { OPENAI_API_KEY: "sk-openai", LAKERA_API_KEY: "sk-lakera", AZ: "sk-azure" };

/** Credentials of Google, for the guardrail that has a file of them. */
const google = '{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r"}';

/** A file whose one guardrail, named `g`, has these `litellm_params`. */
function fileOf(params: string): string {
  return `model_list: [{ model_name: m, litellm_params: { model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY } }]
guardrails: [{ guardrail_name: g, litellm_params: { ${params} } }]`;
}

function importOf(text: string) {
  const document = parseDocument(text, () => undefined);
  if (document === undefined) throw new Error("the file cannot be parsed");
  const inputs = { env, lookUps: true, files: {}, filename: "litellm.yaml", written: true };
  const { guards, models } = readLitellm(
    document,
    text,
    inputs,
    createCatalog(),
    () => undefined,
  ).document.toJS();
  const loaded = loadConfig({ text, filename: "litellm.yaml" }, env, () => google);
  expect(loaded.ok ? [] : loaded.violations).toEqual([]);
  const warnings = loaded.ok
    ? loaded.warnings.map(
        ({ path, message }) => `${path.replace(/^guardrails\[0\]\.?/, "")} ${message}`,
      )
    : [];
  return { guards, models, warnings };
}

const before = { name: "g", stages: ["INPUT", "TOOL_RESULTS"] };

describe("a guardrail of LiteLLM becomes", () => {
  const rows: readonly (readonly [params: string, guard: object, ...warnings: string[]])[] = [
    [
      'guardrail: presidio, mode: pre_call, default_on: true, presidio_analyzer_api_base: "http://h:1", presidio_language: de, pii_entities_config: { PERSON: MASK, PHONE_NUMBER: MASK }, presidio_score_thresholds: { ALL: 0.4 }',
      {
        ...before,
        presidio: {
          url: "http://h:1",
          language: "de",
          entities: ["PERSON", "PHONE_NUMBER"],
          score_threshold: 0.4,
        },
        action: "MASK",
        default: true,
        restore: false,
      },
    ],
    [
      'guardrail: presidio, mode: [pre_call, post_call], presidio_analyzer_api_base: "http://h:1", output_parse_pii: true, pii_entities_config: { PERSON: MASK, IBAN_CODE: BLOCK }',
      {
        name: "g",
        presidio: { url: "http://h:1", entities: ["PERSON", "IBAN_CODE"] },
        stages: ["INPUT", "TOOL_RESULTS", "OUTPUT"],
        action: "BLOCK",
      },
      "litellm_params.pii_entities_config all of these block: a guard has one action",
    ],
    [
      "guardrail: lakera_v2, mode: during_call, project_id: p",
      {
        ...before,
        lakera: { api_key: { env: "LAKERA_API_KEY" }, project_id: "p" },
        action: "BLOCK",
        beside_model: true,
      },
    ],
    [
      "guardrail: lakera_v2, mode: pre_call, api_key: k, on_flagged: monitor",
      { ...before, lakera: { api_key: { value: "k" } }, action: "FLAG" },
    ],
    [
      "guardrail: bedrock, mode: post_call, guardrailIdentifier: abc, guardrailVersion: 3, aws_region_name: us-east-1, mask_response_content: true",
      {
        name: "g",
        bedrock_guardrail: { guardrail: "abc", version: "3", aws: { region: "us-east-1" } },
        stages: ["OUTPUT"],
        action: "MASK",
      },
    ],
    [
      "guardrail: model_armor, mode: pre_call, template_id: t, project_id: p, credentials: key.json",
      {
        ...before,
        model_armor: {
          template: "t",
          google: { project: "p", location: "us-central1", credentials: { file: "key.json" } },
        },
        action: "BLOCK",
      },
    ],
    [
      "guardrail: openai_moderation, mode: logging_only",
      {
        name: "g",
        openai_moderation: { api_key: { env: "OPENAI_API_KEY" } },
        stages: ["INPUT", "OUTPUT"],
        action: "FLAG",
      },
    ],
    [
      'guardrail: azure/text_moderations, mode: pre_call, api_base: "https://h", api_key: os.environ/AZ, severity_threshold: 4, severity_threshold_by_category: { Hate: 2 }',
      {
        ...before,
        azure_content_safety: {
          url: "https://h",
          api_key: { env: "AZ" },
          severity: 4,
          severities: { Hate: 2 },
        },
        action: "BLOCK",
      },
    ],
    [
      'guardrail: azure/prompt_shield, mode: pre_call, api_base: "https://h", api_key: os.environ/AZ',
      {
        ...before,
        azure_content_safety: {
          url: "https://h",
          api_key: { env: "AZ" },
          checks: ["PROMPT_SHIELD"],
        },
        action: "BLOCK",
      },
    ],
    [
      'guardrail: generic_guardrail_api, mode: pre_call, api_base: "http://h:1", unreachable_fallback: fail_open, additional_provider_specific_params: { level: 2 }, headers: { x: y }',
      {
        ...before,
        litellm: { url: { value: "http://h:1" }, parameters_json: '{"level":2}' },
        action: "MASK",
        on_failure: "OPEN",
      },
      "litellm_params.headers has no counterpart at guards of this kind",
    ],
    [
      "guardrail: hide-secrets, mode: pre_call",
      { ...before, secrets: {}, action: "MASK", restore: false },
    ],
  ];
  for (const [params, guard, ...expected] of rows)
    it(`a guard: ${params.slice(0, 60)}`, () => {
      const { guards, warnings } = importOf(fileOf(params));
      expect(guards).toEqual([guard]);
      expect(warnings).toEqual(expected);
    });

  const losses: readonly (readonly [params: string, ...warnings: string[]])[] = [
    [
      "guardrail: aporia, mode: pre_call",
      "litellm_params.guardrail is left out, and checks nothing: there is no guard for aporia",
    ],
    [
      "guardrail: presidio, mode: pre_call",
      " is left out, and checks nothing: it has no `presidio_analyzer_api_base`",
    ],
    [
      "guardrail: lakera, mode: pre_mcp_call",
      "litellm_params.mode has no counterpart: there is no stage for pre_mcp_call",
    ],
  ];
  for (const [params, ...expected] of losses)
    it(`nothing, with a warning: ${params}`, () => {
      const { guards, warnings } = importOf(fileOf(params));
      expect(guards).toBeUndefined();
      expect(warnings).toEqual(expected);
    });

  it("one that models name, and binds all of their targets", () => {
    const deployment = (params: string) =>
      `{ model_name: m, litellm_params: { model: openai/gpt-4o, ${params} } }`;
    const file = fileOf("guardrail: hide-secrets, mode: pre_call").replace(
      /model_list: .*/,
      `model_list: [${deployment("guardrails: [g, odd]")}, ${deployment("rpm: 5")}]`,
    );
    const { models, warnings } = importOf(file);
    expect(models).toMatchObject([{ name: "m", guards: ["g"] }]);
    expect(warnings).toEqual([
      "model_list[0].litellm_params.guardrails binds all targets of the model",
      "model_list[0].litellm_params.guardrails[1] is left out: there is no guard odd",
    ]);
  });

  it("one of the first with a name, and of a name that guards can have", () => {
    const entry =
      "{ guardrail_name: my guard, litellm_params: { guardrail: hide-secrets, mode: pre_call } }";
    const { guards, warnings } = importOf(
      fileOf("").replace(/guardrails: .*/, `guardrails: [${entry}, ${entry}]`),
    );
    expect(guards).toMatchObject([{ name: "my-guard" }]);
    expect(warnings).toEqual([
      "guardrail_name is called my-guard: names hold no other characters",
      "guardrails[1].guardrail_name is left out: guards of one name do not share calls",
    ]);
  });
});
