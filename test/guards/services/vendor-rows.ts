import type { ServiceRow } from "./service-rows.ts";

const moderation: ServiceRow = {
  title: "OpenAI's moderation",
  guard: (url) => ({
    openai_moderation: {
      api_key: { value: "sk-secret" },
      url: `${url}/v1/`,
      thresholds: { hate: 0.2 },
    },
  }),
  texts: ["one", "two"],
  requests: [
    {
      line: "POST /v1/moderations",
      headers: { authorization: "Bearer sk-secret" },
      body: { model: "omni-moderation-latest", input: ["one", "two"] },
    },
  ],
  pass: [{ results: [scored(false, 0.1), scored(null, 0.19)] }],
  finds: [
    [
      "what is flagged, and what is above a threshold",
      [{ results: [scored(true, 0), scored(false, 0.2)] }],
      { kinds: ["SELF_HARM_INTENT", "HATE"] },
    ],
  ],
  refuses: [
    ["results of fewer texts", [{ results: [scored(true, 0)] }]],
    ["a result without categories", [{ results: [{ flagged: true }, scored(false, 0)] }]],
    ["a result without scores", [{ results: [{ categories: {} }, { categories: {} }] }]],
  ],
};

function scored(intent: boolean | null, hate: number) {
  return {
    flagged: intent === true,
    categories: { hate: true, "self-harm/intent": intent },
    category_scores: { hate, "self-harm/intent": 0.9 },
  };
}

const someCategories: ServiceRow = {
  title: "OpenAI's moderation for some categories",
  guard: (url) => ({
    openai_moderation: { api_key: { value: "k" }, url, model: "m", categories: ["violence"] },
  }),
  texts: ["one"],
  requests: [{ line: "POST /moderations", body: { model: "m", input: ["one"] } }],
  pass: [{ results: [{ flagged: true, categories: { hate: true, violence: false } }] }],
  finds: [
    ["only them", [{ results: [{ categories: { violence: true } }] }], { kinds: ["VIOLENCE"] }],
  ],
  refuses: [["an answer without them", [{ results: [{ categories: { hate: false } }] }]]],
};

const path = "/contentsafety/text";
const harmless = {
  blocklistsMatch: [],
  categoriesAnalysis: [
    { category: "Hate", severity: 0 },
    { category: "Violence", severity: 4 },
  ],
};

const contentSafety: ServiceRow = {
  title: "Azure AI Content Safety",
  guard: (url) => ({
    azure_content_safety: {
      url,
      api_key: { value: "sk-secret" },
      severities: { Violence: 6 },
      blocklists: ["words"],
    },
  }),
  texts: ["one"],
  requests: [
    {
      line: `POST ${path}:analyze?api-version=2024-09-01`,
      headers: { "ocp-apim-subscription-key": "sk-secret" },
      body: { text: "one", outputType: "FourSeverityLevels", blocklistNames: ["words"] },
    },
  ],
  pass: [harmless],
  finds: [
    [
      "categories from their severity on",
      [
        {
          categoriesAnalysis: [
            { category: "Hate", severity: 2 },
            { category: "Violence", severity: 6 },
          ],
        },
      ],
      { kinds: ["HATE", "VIOLENCE"] },
    ],
    [
      "words of a block list",
      [{ ...harmless, blocklistsMatch: [{ blocklistName: "words", blocklistItemText: "x" }] }],
      { kinds: ["BLOCKLIST"] },
    ],
    [
      "the parts of a long text",
      [harmless, { categoriesAnalysis: [{ category: "Hate", severity: 6 }] }],
      { kinds: ["HATE"] },
      [`${"x".repeat(9_999)}😀`],
    ],
  ],
  refuses: [
    ["no analysis", [{ blocklistsMatch: [] }]],
    ["a category without a severity", [{ categoriesAnalysis: [{ category: "Hate" }] }]],
  ],
};

const promptShield: ServiceRow = {
  title: "Azure's prompt shield",
  guard: (url) => ({
    azure_content_safety: {
      url,
      api_key: { value: "k" },
      severity: 3,
      checks: ["AZURE_CONTENT_SAFETY_CHECK_HARM", "AZURE_CONTENT_SAFETY_CHECK_PROMPT_SHIELD"],
    },
  }),
  stage: "tool_results",
  texts: ["one"],
  requests: [
    { body: { text: "one", outputType: "EightSeverityLevels" } },
    {
      line: `POST ${path}:shieldPrompt?api-version=2024-09-01`,
      body: { userPrompt: "", documents: ["one"] },
    },
  ],
  pass: [harmless, { documentsAnalysis: [{ attackDetected: false }] }].map((reply) => ({
    ...reply,
    categoriesAnalysis: [],
  })),
  finds: [
    [
      "an attack in a document",
      [{ categoriesAnalysis: [] }, { documentsAnalysis: [{ attackDetected: true }] }],
      { kinds: ["PROMPT_ATTACK"] },
    ],
  ],
  refuses: [
    [
      "the analysis of a prompt alone",
      [{ categoriesAnalysis: [] }, { userPromptAnalysis: { attackDetected: false } }],
    ],
  ],
};

const presidio: ServiceRow = {
  title: "Presidio's analyzer",
  guard: (url) => ({
    presidio: {
      url,
      entities: ["PERSON", "PHONE"],
      score_threshold: 0.4,
      recognizers_json: '[{"name": "zip"}]',
    },
  }),
  texts: ["😀 Ada Lovelace"],
  requests: [
    {
      line: "POST /analyze",
      body: {
        text: "😀 Ada Lovelace",
        language: "en",
        entities: ["PERSON", "PHONE"],
        score_threshold: 0.4,
        ad_hoc_recognizers: [{ name: "zip" }],
      },
    },
  ],
  pass: [[]],
  finds: [
    [
      "places in code points, without those within others",
      [
        [
          { start: 6, end: 14, entity_type: "LAST_NAME", score: 0.5 },
          { start: 2, end: 14, entity_type: "PERSON", score: 0.85 },
        ],
      ],
      { kinds: ["PERSON"], findings: [[{ start: 3, end: 15, kind: "PERSON" }]] },
    ],
    [
      "what is in one of two texts",
      [
        (response, body) =>
          response.end(body.includes("Ada") ? '[{"start":0,"end":3,"entity_type":"A"}]' : "[]"),
      ],
      { kinds: ["A"], findings: [[], [{ start: 0, end: 3, kind: "A" }]] },
      ["none", "Ada"],
    ],
  ],
  refuses: [
    ["what is no list", [{ error: "No language provided" }]],
    ["a finding beyond the text", [[{ start: 2, end: 15, entity_type: "PERSON" }]]],
  ],
};

const results = [{ start: 2, end: 5, entity_type: "PERSON", score: 0.85 }];

const anonymizer: ServiceRow = {
  title: "Presidio's anonymizer",
  guard: (url) => ({
    presidio: {
      url: `${url}/a/`,
      anonymizer_url: `${url}/b`,
      language: "de",
      anonymizers_json: '{"DEFAULT": {"type": "redact"}}',
    },
  }),
  texts: ["😀 Ada"],
  requests: [{ line: "POST /a/analyze", body: { text: "😀 Ada", language: "de" } }],
  pass: [[]],
  finds: [
    [
      "the text that goes on",
      [results, (response, body) => response.end(JSON.stringify({ text: echoed(body) }))],
      { kinds: ["PERSON"], texts: ['redact 😀 Ada [{"start":2,"end":5}]'] },
    ],
    [
      "one of two texts",
      [
        (response, body) => {
          const isFirst = body.includes("analyzer_results") || body.includes("Ada");
          const found = body.includes("analyzer_results") ? { text: "***" } : results;
          response.end(JSON.stringify(isFirst ? found : []));
        },
      ],
      { kinds: ["PERSON"], texts: ["***", "two"] },
      ["a Ada", "two"],
    ],
  ],
  refuses: [["an answer without the text", [results, { items: [] }]]],
};

/** What an anonymizer was asked. */
function echoed(body: string): string {
  const { text, analyzer_results, anonymizers } = JSON.parse(body);
  const places = analyzer_results.map(({ start, end }: { start: number; end: number }) => ({
    start,
    end,
  }));
  return `${anonymizers.DEFAULT.type} ${text} ${JSON.stringify(places)}`;
}

const lakera: ServiceRow = {
  title: "Lakera Guard",
  guard: (url) => ({ lakera: { url, api_key: { value: "sk-secret" }, project_id: "project-1" } }),
  stage: "output",
  texts: ["😀 Ada"],
  requests: [
    {
      line: "POST /v2/guard",
      headers: { authorization: "Bearer sk-secret" },
      body: {
        messages: [{ role: "assistant", content: "😀 Ada" }],
        project_id: "project-1",
        payload: true,
        breakdown: true,
      },
    },
  ],
  pass: [{ flagged: false, breakdown: [{ detector_type: "pii/name", detected: false }] }],
  finds: [
    [
      "where all that was found stands",
      [
        {
          flagged: true,
          payload: [{ start: 2, end: 5, text: "Ada", detector_type: "pii/name", labels: [] }],
          breakdown: [
            { detector_type: "pii/name", detected: true },
            { detector_type: "prompt_attack", detected: false },
          ],
        },
      ],
      { kinds: ["PII_NAME"], findings: [[{ start: 3, end: 6, kind: "PII_NAME" }]] },
    ],
    [
      "an attack, which has no place",
      [
        {
          flagged: true,
          payload: [{ start: 2, end: 5, detector_type: "pii/name" }],
          breakdown: [
            { detector_type: "prompt_attack", detected: true },
            { detector_type: "pii/name", detected: true },
          ],
        },
      ],
      { kinds: ["PROMPT_ATTACK", "PII_NAME"] },
    ],
    ["a flag without more", [{ flagged: true }], { kinds: ["FLAGGED"] }],
  ],
  refuses: [
    ["no flag", [{ breakdown: [] }]],
    [
      "a finding that stands elsewhere",
      [{ flagged: true, payload: [{ start: 1, end: 4, text: "Ada", detector_type: "pii" }] }],
    ],
    [
      "a finding beyond the text",
      [{ flagged: true, payload: [{ start: 1, end: 40, detector_type: "pii" }] }],
    ],
  ],
};

/** Vendors that are shown an API key, or nothing. */
export const vendorRows: readonly ServiceRow[] = [
  moderation,
  someCategories,
  contentSafety,
  promptShield,
  presidio,
  anonymizer,
  lakera,
];
