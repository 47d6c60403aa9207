import { expect } from "vitest";
import type { ServiceRow } from "./service-rows.ts";

const keys = { access_key_id: { value: "AKID" }, secret_access_key: { value: "sk-secret" } };

/** What a guardrail did, with an assessment of its policies. */
function intervened(policies: object, ...texts: readonly string[]) {
  return {
    action: "GUARDRAIL_INTERVENED",
    outputs: texts.map((text) => ({ text })),
    assessments: [policies],
  };
}

const masked = {
  sensitiveInformationPolicy: {
    piiEntities: [{ type: "EMAIL", match: "x@y.z", action: "ANONYMIZED" }],
  },
};

const bedrock: ServiceRow = {
  title: "a guardrail of Bedrock",
  guard: (url) => ({
    bedrock_guardrail: {
      guardrail: "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc",
      version: "3",
      aws: { region: "us-east-1", ...keys },
      url,
    },
  }),
  stage: "tool_results",
  texts: ["one"],
  requests: [
    {
      line: "POST /guardrail/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aguardrail%2Fabc/version/3/apply",
      headers: {
        authorization: expect.stringMatching(
          /^AWS4-HMAC-SHA256 Credential=AKID\/20261130\/us-east-1\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-/,
        ),
        "x-amz-date": "20261130T120000Z",
      },
      body: { source: "INPUT", content: [{ text: { text: "one" } }] },
    },
  ],
  pass: [{ action: "NONE", outputs: [], assessments: [{}] }],
  finds: [
    ["a masked text", [intervened(masked, "{EMAIL}")], { kinds: ["EMAIL"], texts: ["{EMAIL}"] }],
    [
      "blocks of all policies, without the refusal as a text",
      [
        intervened(
          {
            ...masked,
            topicPolicy: { topics: [{ name: "Tax advice", type: "DENY", action: "BLOCKED" }] },
            contentPolicy: {
              filters: [
                { type: "HATE", confidence: "HIGH", action: "BLOCKED" },
                { type: "INSULTS", confidence: "LOW", action: "NONE", detected: true },
              ],
            },
            wordPolicy: { customWords: [{ match: "sk-secret", action: "BLOCKED" }] },
          },
          "Sorry.",
        ),
      ],
      { kinds: ["TAX_ADVICE", "HATE", "WORD", "EMAIL"] },
    ],
    ["a block that says no more", [intervened({}, "Sorry.")], { kinds: ["INTERVENED"] }],
  ],
  refuses: [
    ["no action", [{ outputs: [] }]],
    ["a mask without the text", [intervened(masked)]],
    ["a mask of more than one text", [intervened(masked, "one", "two")]],
  ],
};

const bedrockKey: ServiceRow = {
  title: "a guardrail of Bedrock with an API key",
  guard: (url) => ({
    bedrock_guardrail: { guardrail: "abc", version: "DRAFT", api_key: { value: "sk-secret" }, url },
  }),
  stage: "output",
  texts: ["one"],
  requests: [
    {
      line: "POST /guardrail/abc/version/DRAFT/apply",
      headers: { authorization: "Bearer sk-secret" },
      body: { source: "OUTPUT" },
    },
  ],
  pass: [{ action: "NONE" }],
  finds: [],
  refuses: [["another action", [{ action: "BLOCKED" }]]],
};

/** What Model Armor says where filters matched, or none did. */
function sanitized(filterResults: object, state = "MATCH_FOUND", invocationResult = "SUCCESS") {
  return { sanitizationResult: { filterMatchState: state, filterResults, invocationResult } };
}

const quiet = { executionState: "EXECUTION_SUCCESS", matchState: "NO_MATCH_FOUND" };
const loud = { executionState: "EXECUTION_SUCCESS", matchState: "MATCH_FOUND" };
const attack = { pi_and_jailbreak: { piAndJailbreakFilterResult: loud } };
const taken = {
  sdp: { sdpFilterResult: { deidentifyResult: { ...loud, data: { text: "[NAME]" } } } },
};

const armor: ServiceRow = {
  title: "Model Armor",
  guard: (url) => ({
    model_armor: {
      template: "strict",
      url,
      google: {
        project: "p1",
        location: "europe-west4",
        credentials: {
          value: JSON.stringify({
            type: "authorized_user",
            client_id: "c",
            client_secret: "sk-secret",
            refresh_token: "r",
            token_uri: `${url}/token`,
          }),
        },
      },
    },
  }),
  stage: "output",
  texts: ["one"],
  requests: [
    {
      line: "POST /v1/projects/p1/locations/europe-west4/templates/strict:sanitizeModelResponse",
      headers: { authorization: "Bearer t-1" },
      body: { modelResponseData: { text: "one" } },
    },
  ],
  pass: [sanitized({ csam: { csamFilterFilterResult: quiet } }, "NO_MATCH_FOUND")],
  finds: [
    ["an attack", [sanitized(attack)], { kinds: ["PI_AND_JAILBREAK"] }],
    [
      "types of harm",
      [
        sanitized({
          rai: {
            raiFilterResult: {
              ...loud,
              raiFilterTypeResults: { dangerous: loud, harassment: quiet },
            },
          },
        }),
      ],
      { kinds: ["DANGEROUS"] },
    ],
    ["a masked text", [sanitized(taken)], { kinds: ["SDP"], texts: ["[NAME]"] }],
    [
      "what may not pass although a text is masked",
      [sanitized({ ...taken, ...attack })],
      { kinds: ["SDP", "PI_AND_JAILBREAK"] },
    ],
    [
      "a place alone",
      [sanitized({ sdp: { sdpFilterResult: { inspectResult: loud } } })],
      { kinds: ["SDP"] },
    ],
  ],
  refuses: [
    ["no state", [{ sanitizationResult: {} }]],
    ["filters that did not run", [sanitized({}, "NO_MATCH_FOUND", "PARTIAL")]],
  ],
};

/** Vendors that requests are signed for. */
export const cloudRows: readonly ServiceRow[] = [bedrock, bedrockKey, armor];
