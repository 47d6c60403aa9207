import { createHmac } from "node:crypto";
import { expect } from "vitest";
import type { ServiceRow } from "./service-rows.ts";

const sent = ["call eve@example.com", "two"];

/** A web service of the user's own. */
export const webhookRow: ServiceRow = {
  title: "a web service",
  guard: (url) => ({
    webhook: {
      url: `${url}/check?x=1`,
      secret: { value: "whsec_c2VjcmV0" },
      authorization: { value: "Bearer sk-secret" },
    },
  }),
  stage: "tool_results",
  texts: sent,
  requests: [
    {
      line: "POST /check?x=1",
      headers: { "content-type": "application/json", authorization: "Bearer sk-secret" },
      body: {
        call_id: "call-1",
        stage: "TOOL_RESULTS",
        operation: "chat",
        model: "fast",
        key: "dev",
        team: "web",
        end_user: "eve",
        texts: sent,
      },
    },
  ],
  check([request]) {
    if (request === undefined) throw new Error("nothing was sent");
    const { headers, body } = request;
    const head = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}`;
    expect(head).toMatch(/^msg_[0-9a-f]{32}\.1796040000$/);
    const signature = createHmac("sha256", "secret").update(`${head}.${body}`).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${signature}`);
  },
  pass: [{ action: "PASS" }],
  finds: [
    [
      "a block with kinds as headers can have them",
      [{ action: "BLOCK", kinds: ["hate speech", "HATE_SPEECH", "é", 7], findings: null }],
      { kinds: ["HATE_SPEECH", "BLOCK"] },
    ],
    ["a block that says no more", [{ action: "BLOCK" }], { kinds: ["BLOCK"] }],
    [
      "where something was found",
      [{ action: "MASK", findings: [[{ start: 5, end: 20, kind: "email" }], []] }],
      { kinds: ["EMAIL"], findings: [[{ start: 5, end: 20, kind: "EMAIL" }], []] },
    ],
    [
      "places that are counted in code points",
      [
        {
          action: "MASK",
          unit: "CODE_POINTS",
          findings: [
            [
              { start: 1, end: 3, kind: "A" },
              { start: 3, end: 4, kind: "B" },
            ],
          ],
        },
      ],
      {
        kinds: ["A", "B"],
        findings: [
          [
            { start: 2, end: 5, kind: "A" },
            { start: 5, end: 6, kind: "B" },
          ],
        ],
      },
      ["😀a😀b"],
    ],
    [
      "texts in the place of those that were sent",
      [{ action: "MASK", kinds: ["PII"], texts: ["call ***", "two"] }],
      { kinds: ["PII"], texts: ["call ***", "two"] },
    ],
  ],
  refuses: [
    ["what is no object", [["PASS"]]],
    ["an unknown action", [{ action: "ALLOW" }]],
    ["a mask of nothing", [{ action: "MASK" }]],
    ["an unknown unit", [{ action: "MASK", unit: "BYTES", findings: [[], []] }]],
    ["fewer texts", [{ action: "MASK", texts: ["one"] }]],
    ["texts that are none", [{ action: "MASK", texts: ["one", 2] }]],
    ["findings of fewer texts", [{ action: "BLOCK", findings: [[]] }]],
    ...(
      [
        [{ start: 0, end: 21 }],
        [{ start: -1, end: 2 }],
        [{ start: 2, end: 2 }],
        [{ start: 0.5, end: 2 }],
        [{ end: 2 }],
        [7],
        [
          { start: 4, end: 6 },
          { start: 0, end: 2 },
        ],
        [
          { start: 0, end: 4 },
          { start: 3, end: 6 },
        ],
      ] as const
    ).map(
      (findings) =>
        [
          `findings at ${JSON.stringify(findings)}`,
          [{ action: "BLOCK", findings: [findings, []] }],
        ] as const,
    ),
  ],
};
