import { printEvent } from "../../upstream/print-event-stream.ts";
import { streamReply, unaryReply } from "../anthropic/message-replies.ts";
import { readMessages } from "../anthropic/read-messages.ts";
import { validateMessages } from "../anthropic/validate-messages.ts";
import type { JsonObject } from "../json-value.ts";
import { planAnswer } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { bedrockHeaders } from "./error-reply.ts";

/**
 * The first fault in a body of InvokeModel for Claude: the body of Messages without `model` and
 * `stream`, and with `anthropic_version`. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html.
 */
export function validateInvoke(body: JsonObject): string | undefined {
  const { anthropic_version: version, anthropic_beta: _beta, ...rest } = body;
  if (version !== "bedrock-2023-05-31") return "anthropic_version: Field required";
  const extraneous = ["model", "stream"].find((key) => key in rest);
  if (extraneous !== undefined) return `${extraneous}: Extra inputs are not permitted`;
  return validateMessages(
    { ...rest, model: "m" },
    { counts: false, version: "2023-06-01", verifySignatures: true },
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
