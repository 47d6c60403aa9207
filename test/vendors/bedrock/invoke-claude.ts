import { printEvent } from "../../upstream/print-event-stream.ts";
import { streamReply, unaryReply } from "../anthropic/message-replies.ts";
import { readMessages } from "../anthropic/read-messages.ts";
import { validateMessages } from "../anthropic/validate-messages.ts";
import { asArray, asString, type JsonObject } from "../json-value.ts";
import { planAnswer } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { bedrockHeaders } from "./error-reply.ts";

/** The betas that Bedrock knows: the page below, `anthropic_beta` (2026-11). */
const takenBetas = [
  "computer-use-2025-01-24",
  "token-efficient-tools-2025-02-19",
  "interleaved-thinking-2025-05-14",
  "output-128k-2025-02-19",
  "dev-full-thinking-2025-05-14",
  "context-1m-2025-08-07",
  "context-management-2025-06-27",
  "effort-2025-11-24",
  "tool-search-tool-2025-10-19",
  "tool-examples-2025-10-29",
];

/**
 * The first fault in a body of InvokeModel for Claude: the body of Messages without `model` and
 * `stream`, and with `anthropic_version`. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html.
 */
export function validateInvoke(body: JsonObject, model: string): string | undefined {
  const { anthropic_version: version, anthropic_beta: betas, ...rest } = body;
  if (version !== "bedrock-2023-05-31") return "anthropic_version: Field required";
  const extraneous = ["model", "stream"].find((key) => key in rest);
  if (extraneous !== undefined) return `${extraneous}: Extra inputs are not permitted`;
  const named = asArray(betas).map((beta) => asString(beta) ?? "");
  const stray = named.find((beta) => !takenBetas.includes(beta));
  if (stray !== undefined) return "invalid beta flag";
  return validateMessages(
    { ...rest, model: model.replace(/^(?:\w+\.)?anthropic\./, "") },
    {
      counts: false,
      version: "2023-06-01",
      verifySignatures: true,
      grants: { betas: named, host: "bedrock" },
    },
  );
}

/**
 * What Claude answers by InvokeModel, or by InvokeModelWithResponseStream: each of its events is a
 * chunk, in base64.
 */
export function invokeReply(
  body: JsonObject,
  model: string,
  stream: boolean,
  scenario: Scenario,
  ordinal: number,
): VendorReply {
  const facts = { ...readMessages(body), model, stream };
  const turn = { facts, scenario, answer: planAnswer(scenario, facts, ordinal), ordinal };
  if (!stream) return { ...unaryReply(turn), headers: bedrockHeaders(ordinal) };
  const texts = streamReply(turn).frames.map((frame) =>
    frame
      .toString()
      .replace(/^event: .*\ndata: /, "")
      .trimEnd(),
  );
  return {
    status: 200,
    headers: {
      ...bedrockHeaders(ordinal, "application/vnd.amazon.eventstream"),
      "x-amzn-bedrock-content-type": "application/json",
    },
    frames: texts.map((text) =>
      printEvent("chunk", { bytes: Buffer.from(text).toString("base64"), p: "abc" }),
    ),
    ending: "end",
  };
}
