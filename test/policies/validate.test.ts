import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { describe, expect, it } from "vitest";
import { ChatSchema } from "../../gen/parlance/chat/v1/chat_pb.js";
import { EmbedSpecSchema } from "../../gen/parlance/embed/v1/embedding_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call } from "../../src/core/call.ts";
import type { GatewayError } from "../../src/core/faults/gateway-error.ts";
import { chat as chatOperation, embed } from "../../src/core/operation.ts";
import { createCheck, validate } from "../../src/policies/validate.ts";
import { callOf, chatOf, rejection, replyOf, requestOf } from "../calls.ts";

const layer = validate(createCheck(createValidator()))(async () =>
  replyOf({ provider: "p", model: "m" }),
);
const reached = async (call: Call) => layer(call);

describe("the validate layer", () => {
  it("passes a good chat on", async () => {
    expect((await reached(callOf())).dialect).toBe("test");
  });

  it("tells every violation at once, with its path and rule", async () => {
    const chat = create(ChatSchema, {
      messages: [{ parts: [{}] }],
      n: 1000,
      sampling: { topP: 2 },
    });
    const call = callOf({ request: requestOf(chatOperation, chat, true) });
    const { fault } = (await rejection(reached(call))) as GatewayError;
    expect(fault.reason).toBe(ErrorReason.INVALID_REQUEST);
    const told = Object.fromEntries(
      (fault.fields ?? []).map(({ field, ruleId }) => [field, ruleId]),
    );
    expect(told).toEqual({
      "chat.model": "string.min_len",
      "chat.messages[0].role": "enum.not_in",
      "chat.messages[0].parts[0].content": "required",
      "chat.n": "uint32.gte_lte",
      "chat.sampling.top_p": "double.gte_lte",
    });
  });

  it("names as many of very many violations as an answer holds", async () => {
    const chat = create(ChatSchema, {
      model: "m",
      messages: Array.from({ length: 2000 }, () => ({ parts: [{}] })),
    });
    const call = callOf({ request: requestOf(chatOperation, chat, true) });
    const { fault } = (await rejection(reached(call))) as GatewayError;
    expect(fault.fields).toHaveLength(64);
    expect(fault.message.length).toBeLessThanOrEqual(4096);
  });

  it("checks embeddings too", async () => {
    const spec = create(EmbedSpecSchema, { model: "m" });
    const { fault } = (await rejection(
      reached(callOf({ request: requestOf(embed, spec) })),
    )) as GatewayError;
    expect(fault.fields?.map(({ field }) => field)).toEqual(["spec.inputs"]);
  });

  it("leaves a REST body to its dialect, undecoded", async () => {
    const origin = { dialect: "d", body: new Uint8Array(), json: {}, wantsUsage: true };
    const undecoded = requestOf(chatOperation, (): never => expect.unreachable());
    await reached(callOf({ origin, request: undecoded }));
    expect(chatOf("x").model).toBe("m");
  });
});
