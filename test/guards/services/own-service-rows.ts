import { expect } from "vitest";
import type { ServiceRow } from "./service-rows.ts";

const sent = ["one", "two"];

const litellm: ServiceRow = {
  title: "LiteLLM's generic guardrail API",
  guard: (url) => ({
    litellm: {
      url: { value: `${url}/` },
      api_key: { value: "sk-secret" },
      authorization: { value: "Bearer sk-secret" },
      parameters_json: ' {"level": "high"} ',
    },
  }),
  texts: sent,
  requests: [
    {
      line: "POST /beta/litellm_basic_guardrail_api",
      headers: { "x-api-key": "sk-secret", authorization: "Bearer sk-secret" },
      body: {
        input_type: "request",
        litellm_call_id: "call-1",
        texts: sent,
        request_data: {
          user_api_key_alias: "dev",
          user_api_key_team_alias: "web",
          user_api_key_end_user_id: "eve",
        },
        additional_provider_specific_params: { level: "high" },
      },
    },
  ],
  pass: [{ action: "NONE" }],
  finds: [
    [
      "a block",
      [{ action: "BLOCKED", blocked_reason: "sk-secret", texts: null }],
      { kinds: ["BLOCKED"] },
    ],
    [
      "other texts",
      [{ action: "GUARDRAIL_INTERVENED", texts: ["***", "two"] }],
      { kinds: ["INTERVENED"], texts: ["***", "two"] },
    ],
    [
      "an intervention without texts",
      [{ action: "GUARDRAIL_INTERVENED", texts: null }],
      { kinds: ["INTERVENED"] },
    ],
  ],
  refuses: [
    ["no action", [{}]],
    ["an action that is ours", [{ action: "PASS" }]],
    ["fewer texts", [{ action: "GUARDRAIL_INTERVENED", texts: ["***"] }]],
  ],
};

const call = {
  callId: "call-1",
  operation: "chat",
  model: "fast",
  key: "dev",
  team: "web",
  endUser: "eve",
};

const rpc: ServiceRow = {
  title: "a service of the user's own by Connect",
  guard: (url) => ({
    rpc: { url: { value: `${url}/v1/` }, authorization: { value: "Bearer sk-secret" } },
  }),
  stage: "tool_arguments",
  texts: sent,
  requests: [
    {
      line: "POST /v1/parlance.guard.v1.GuardCheckService/CheckTexts",
      headers: {
        "content-type": "application/json",
        "connect-protocol-version": "1",
        authorization: "Bearer sk-secret",
      },
      body: { stage: "TOOL_ARGUMENTS", texts: sent, call },
    },
  ],
  pass: [{ action: "CHECK_ACTION_PASS", from_the_future: 1 }],
  finds: [
    ["a block", [{ action: "CHECK_ACTION_BLOCK", kinds: ["hate"] }], { kinds: ["HATE"] }],
    [
      "where something was found",
      [
        {
          action: "CHECK_ACTION_MASK",
          unit: "TEXT_UNIT_CODE_POINTS",
          findings: [{ findings: [{ end: 1, kind: "A" }] }, {}],
        },
      ],
      { kinds: ["A"], findings: [[{ start: 0, end: 2, kind: "A" }], []] },
      ["😀a", "two"],
    ],
    [
      "texts in the place of those that were sent",
      [{ action: "CHECK_ACTION_MASK", texts: ["***", "two"] }],
      { kinds: ["MASK"], texts: ["***", "two"] },
    ],
  ],
  refuses: [
    ["no action", [{}]],
    ["an unknown action", [{ action: "PASS" }]],
    ["a mask of nothing", [{ action: "CHECK_ACTION_MASK" }]],
    ["fewer texts", [{ action: "CHECK_ACTION_MASK", texts: ["***"] }]],
    ["findings of fewer texts", [{ action: "CHECK_ACTION_BLOCK", findings: [{}] }]],
    [
      "a finding beyond its text",
      [{ action: "CHECK_ACTION_BLOCK", findings: [{ findings: [{ end: 4 }] }, {}] }],
    ],
  ],
};

/** Replies of the simulated service are the answers of the model. */
const answers = (text: string) => [
  (response: { end: (body: string) => void }) => response.end(JSON.stringify(text)),
];

const judge: ServiceRow = {
  title: "a model",
  guard: () => ({ judge: { model: "fast", policy: "Medical advice" } }),
  texts: sent,
  requests: [
    {
      body: {
        guard: "g",
        model: "fast",
        instructions: expect.stringContaining("<policy>\nMedical advice\n</policy>"),
        text: '{"stage":"input","texts":["one","two"]}',
        maxOutputTokens: 2048,
        payer: "key",
      },
    },
  ],
  pass: answers('{"found": false}'),
  finds: [
    [
      "what the model found",
      answers('Here it is:\n```json\n{"found": true, "kinds": ["medical advice", 7]}\n```'),
      { kinds: ["MEDICAL_ADVICE"] },
    ],
    ["a yes without more", answers('{"found": true}'), { kinds: ["FOUND"] }],
  ],
  refuses: [
    ["prose", answers("I cannot help with that.")],
    ["a broken object", answers('{"found": true')],
    ["a word in the place of a boolean", answers('{"found": "no"}')],
  ],
};

const llamaGuard: ServiceRow = {
  title: "a model of the form of Llama Guard",
  guard: () => ({
    judge: { model: "fast", form: "JUDGE_FORM_LLAMA_GUARD", payer: "JUDGE_PAYER_GUARD" },
  }),
  texts: ["one"],
  requests: [{ body: { model: "fast", instructions: "", text: "one", payer: "guard" } }],
  pass: answers("\n\nsafe"),
  finds: [
    ["categories", answers("unsafe\nS1,S10"), { kinds: ["S1", "S10"] }],
    ["no categories", answers("unsafe"), { kinds: ["UNSAFE"] }],
  ],
  refuses: [
    ["nothing", answers("")],
    ["prose", answers("safe to say: it depends")],
    ["another word", answers("unsure")],
  ],
};

/** Services of the user's own, and models. */
export const ownServiceRows: readonly ServiceRow[] = [litellm, rpc, judge, llamaGuard];
