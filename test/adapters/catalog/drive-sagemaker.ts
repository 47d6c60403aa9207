import { printMessage, word } from "../../upstream/print-event-stream.ts";
import { asObject } from "../../vendors/json-value.ts";
import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import type { Drive } from "./drive.ts";
import { streamReply } from "./drive-bedrock-converse.ts";
import { driveHuggingfaceTgi } from "./drive-huggingface.ts";
import { driveOpenAiChat } from "./drive-openai-chat.ts";

const pathOf = (model: string, stream: boolean) =>
  `/endpoints/${model}/${stream ? "invocations-response-stream" : "invocations"}`;

/** Drives a row whose endpoints speak OpenAI's dialect. */
export const driveSagemakerChat: Drive = {
  ...driveOpenAiChat,
  chatPath: pathOf,
  embeddingsPath: (model) => pathOf(model, false),
  embeddingsBody: () => ({ input: "one" }),
  chatBody: (row, model, stream) => {
    const { model: _, ...body } = asObject(driveOpenAiChat.chatBody(row, model, stream)) ?? {};
    return body;
  },
  answer: (request) => inParts(driveOpenAiChat.answer(request)),
};

/** Drives a row whose endpoints speak the native API of Text Generation Inference. */
export const driveSagemakerTgi: Drive = {
  ...driveHuggingfaceTgi,
  chatPath: pathOf,
  chatBody: (_row, _model, stream) => ({
    inputs: "one",
    parameters: { temperature: 0.5, max_new_tokens: 64, return_full_text: false, details: true },
    stream,
  }),
  answer: (request: RecordedRequest) => {
    const path = request.path.endsWith("-response-stream") ? "/generate_stream" : "/generate";
    return inParts(driveHuggingfaceTgi.answer({ ...request, path }));
  },
};

/**
 * A container's stream in parts of seven bytes, as the service may cut it; other replies are as
 * they are.
 */
function inParts(reply: VendorReply): VendorReply {
  if (reply.headers["content-type"] !== "text/event-stream") return reply;
  const bytes = Buffer.concat(reply.frames);
  const headers = [word(":event-type", "PayloadPart"), word(":message-type", "event")];
  const parts = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) =>
    bytes.subarray(7 * at, 7 * at + 7),
  );
  return streamReply(parts.map((part) => printMessage(headers, part)));
}
