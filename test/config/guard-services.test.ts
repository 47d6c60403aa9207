import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { GuardSchema } from "../../gen/parlance/config/v1/guard_pb.js";
import {
  asksService,
  compileGuardService,
} from "../../src/config/compile/guards/compile-guard-service.ts";
import { createKnownNames } from "../../src/config/known-names.ts";

function compile(guard: JsonObject, env: Readonly<Record<string, string>> = {}) {
  const { check } = fromJson(GuardSchema, { name: "g", ...guard });
  if (!asksService(check)) throw new Error("the guard asks no service");
  const found: string[] = [];
  const settings = compileGuardService(
    check,
    { guard: "g", names: createKnownNames(["fast"], {}) },
    {
      path: "guards[0]",
      sources: { env, readText: () => "" },
      report: ({ path, message }) => void found.push(`${path} ${message}`),
    },
  );
  return { settings, found };
}

const key = { value: "sk-secret" };
const google = {
  project: "p",
  credentials: {
    value: '{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r"}',
  },
};

describe("the service of a guard is refused for", () => {
  const rows: readonly (readonly [title: string, guard: JsonObject, found: string])[] = [
    [
      "a URL that is none",
      { webhook: { url: "example.com" } },
      "guards[0].webhook.url is not an http or https URL",
    ],
    [
      "a URL with a user",
      { webhook: { url: "http://u:sk-secret@example.com" } },
      "guards[0].webhook.url has a user or a fragment, which are not sent",
    ],
    [
      "a variable that is not set",
      { rpc: { url: { env: "HOOK" } } },
      "guards[0].rpc.url.env the environment variable HOOK is not set",
    ],
    [
      "parameters that are no object",
      { litellm: { url: { value: "http://h" }, parameters_json: "[]" } },
      "guards[0].litellm.parameters_json is not an object of JSON",
    ],
    [
      "a scheme that is not HTTP's",
      { rpc: { url: { value: "grpc://h" } } },
      "guards[0].rpc.url is not an http or https URL",
    ],
    [
      "an unknown model",
      { judge: { model: "fats", policy: "x" } },
      "guards[0].judge.model there is no model fats",
    ],
    [
      "a model that is not told what to look for",
      { judge: { model: "fast" } },
      "guards[0].judge.policy is missing: the model is not told what to look for",
    ],
    [
      "the URL of a moderation",
      { openai_moderation: { api_key: key, url: "h" } },
      "guards[0].openai_moderation.url is not an http or https URL",
    ],
    [
      "the URL of Azure AI Content Safety",
      { azure_content_safety: { api_key: key, url: "h" } },
      "guards[0].azure_content_safety.url is not an http or https URL",
    ],
    [
      "a guardrail of no region",
      { bedrock_guardrail: { guardrail: "g", version: "1" } },
      "guards[0].bedrock_guardrail.aws.region is missing: the vendor is called in a region",
    ],
    [
      "a signature beside an API key",
      {
        bedrock_guardrail: {
          guardrail: "g",
          version: "1",
          api_key: key,
          aws: { region: "us-east-1", profile: "p" },
        },
      },
      "guards[0].bedrock_guardrail.aws.profile stands beside api_key",
    ],
    [
      "a template of no location",
      { model_armor: { template: "t", google } },
      "guards[0].model_armor.google.location is missing: templates are in a location",
    ],
    [
      "the URL of an anonymizer",
      { presidio: { url: "http://h", anonymizer_url: "h" } },
      "guards[0].presidio.anonymizer_url is not an http or https URL",
    ],
    [
      "recognizers that are no list",
      { presidio: { url: "http://h", recognizers_json: "{" } },
      "guards[0].presidio.recognizers_json is not a list of JSON",
    ],
    [
      "the URL of Lakera",
      { lakera: { url: "ftp://h" } },
      "guards[0].lakera.url is not an http or https URL",
    ],
  ];
  for (const [title, guard, expected] of rows)
    it(title, () => {
      const { found } = compile(guard);
      expect(found).toEqual([expected]);
    });
});

describe("the service of a guard", () => {
  const rows: readonly (readonly [title: string, guard: JsonObject, settings: object])[] = [
    [
      "is where LiteLLM has it, however it is written",
      { litellm: { url: { value: "http://h/beta/litellm_basic_guardrail_api" } } },
      { parametersJson: "{}" },
    ],
    [
      "is OpenAI's own where no other is named",
      { openai_moderation: { api_key: key } },
      { url: "https://api.openai.com/v1", model: "omni-moderation-latest" },
    ],
    [
      "is in the region of the environment",
      { bedrock_guardrail: { guardrail: "g", version: "1" } },
      {
        url: "https://bedrock-runtime.eu-west-1.amazonaws.com",
        access: { kind: "aws", region: "eu-west-1", identity: { service: "bedrock" } },
      },
    ],
    [
      "is at the endpoint of a location",
      { model_armor: { template: "t", google: { ...google, location: "europe-west4" } } },
      { url: "https://modelarmor.europe-west4.rep.googleapis.com", project: "p" },
    ],
    ["is Lakera's own where no other is named", { lakera: {} }, { url: "https://api.lakera.ai" }],
    [
      "is not told what Llama Guard knows",
      { judge: { model: "fast", form: "JUDGE_FORM_LLAMA_GUARD" } },
      { guard: "g", form: "llama_guard", payer: "key" },
    ],
  ];
  for (const [title, guard, expected] of rows)
    it(title, () => {
      const { settings, found } = compile(guard, { AWS_REGION: "eu-west-1" });
      expect(found).toEqual([]);
      expect(settings).toMatchObject(expected);
    });
});
