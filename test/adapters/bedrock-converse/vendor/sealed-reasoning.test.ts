import { describe, expect, it } from "vitest";
import { bedrockConverse as bedrockConverseDialect } from "../../../../src/adapters/bedrock-converse/index.ts";
import { vendorSide } from "../../sides.ts";
import { objectOf, unwrap } from "../encode-chat.ts";

const bedrockConverse = vendorSide(bedrockConverseDialect);

const claude = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";

/** The reasoning of one block, told whole and streamed. */
function read(model: string, whole: string, piece: string): readonly unknown[] {
  const answer = `{"output":{"message":{"role":"assistant","content":[{"reasoningContent":${whole}}]}}}`;
  const [part] =
    unwrap(bedrockConverse.decodeResponse(objectOf(answer), Buffer.from(answer), model)).choices[0]
      ?.message?.parts ?? [];
  const data = Buffer.from(`{"contentBlockIndex":0,"delta":{"reasoningContent":${piece}}}`);
  const step = bedrockConverse.decodeEvent(bedrockConverse.begin(model), {
    event: "contentBlockDelta",
    data,
  });
  const events = step.ok ? step.events : [];
  return [
    part?.content.value,
    events.find(({ event }) => event.case === "reasoningDelta")?.event.value,
  ];
}

describe("proofs of reasoning", () => {
  const signed = [
    '{"reasoningText":{"text":"hm","signature":"sig"}}',
    '{"signature":"sig"}',
  ] as const;
  const redacted = ['{"redactedContent":"RXU4"}', '{"redactedContent":"RXU4"}'] as const;
  const bytes = ['{"redactedContent":"/w=="}', '{"redactedContent":"/w=="}'] as const;
  const cases: readonly (readonly [string, string, readonly [string, string], object])[] = [
    [
      "are its maker's where Claude signed",
      claude,
      signed,
      { signature: "sig", dialect: "anthropic-messages" },
    ],
    [
      "are its maker's text where it is redacted",
      claude,
      redacted,
      { encrypted: "Eu8", dialect: "anthropic-messages" },
    ],
    [
      "stay bytes that are no text",
      claude,
      bytes,
      { encrypted: "/w==", dialect: "bedrock-converse" },
    ],
    [
      "of other models stay here",
      "us.amazon.nova-2-lite-v1:0",
      signed,
      { dialect: "bedrock-converse" },
    ],
    [
      "of an unknown model stay here",
      "",
      redacted,
      { encrypted: "RXU4", dialect: "bedrock-converse" },
    ],
  ];
  for (const [title, model, [whole, piece], expected] of cases) {
    it(title, () => {
      for (const told of read(model, whole, piece)) expect(told).toMatchObject(expected);
    });
  }
});
