import type { RecordedRequest } from "../../vendors/start-vendor-server.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { type Drive, jsonReply, plainChat, reply } from "./drive.ts";

/**
 * Drives a row that makes predictions. How one that takes its time is waited for stands in
 * test/upstream/follow-up.test.ts.
 */
export const driveReplicate: Drive = {
  chatPath: (model) => `/models/${model}/predictions`,
  embeddingsPath: () => "",
  embeddingsBody: () => null,
  chat: plainChat,
  chatBody: (_row, _model, stream) => ({
    input: { prompt: "one", max_tokens: 64, temperature: 0.5 },
    ...(stream ? { stream: true } : {}),
  }),
  headers: {},
  answer: (_request: RecordedRequest): VendorReply =>
    jsonReply({
      id: "p",
      model: "m",
      status: "succeeded",
      output: [reply.slice(0, 2), reply.slice(2)],
      error: null,
    }),
};
