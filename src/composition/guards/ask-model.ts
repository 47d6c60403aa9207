import { create, isMessage } from "@bufbuild/protobuf";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { CompletionSchema, FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { handleCall } from "../../core/attempt.ts";
import type { Call, Handler, Principal, Reply } from "../../core/call.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { GuardFailure } from "../../core/guard/guard-failure.ts";
import { chat } from "../../core/operation.ts";
import type { CallInit } from "../../edge/gateway-api.ts";
import type { AskModel, ModelQuestion } from "../../guards/services/ports.ts";

/** What questions to models go through. */
export interface ModelAsking {
  /** Makes the call. */
  readonly begin: (init: CallInit) => Call;
  /** The pipeline of calls. */
  readonly handler: Handler;
}

/** Lets guards ask models of the gateway, through the pipeline that all calls take. */
export function createAskModel(asking: () => ModelAsking): AskModel {
  return async (question, signal) => {
    const { begin, handler } = asking();
    const principal = payerOf(question);
    const { model, about } = question;
    const chatMessage = chatOf(question);
    const call: Call = {
      ...begin({
        model,
        request: { operation: chat, stream: false, message: () => chatMessage },
        header: () => undefined,
        principal,
      }),
      unguarded: true,
      ...(about.excludes && { excludes: about.excludes }),
    };
    const leave = () => call.life.abort();
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    try {
      return textOf(await handleCall(call, handler));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof GatewayError)) throw error;
      throw new GuardFailure("its model did not answer", { cause: error });
    } finally {
      signal.removeEventListener("abort", leave);
    }
  };
}

/** Who the call of a question is charged to. It may call the model of the guard, whatever else. */
function payerOf({ payer, guard, about }: ModelQuestion): Principal {
  const { principal } = about;
  if (payer === "guard" || principal === undefined)
    return { name: `guard ${guard}`, admin: false, models: undefined, strict: false };
  const { operations: _, targets: __, guards: ___, ...caller } = principal;
  return { ...caller, models: undefined };
}

function chatOf({ model, instructions, text, maxOutputTokens }: ModelQuestion) {
  const said = (role: Role, value: string) => ({
    role,
    parts: [{ content: { case: "text" as const, value: { text: value } } }],
  });
  const system = instructions === "" ? [] : [said(Role.SYSTEM, instructions)];
  return create(ChatSchema, {
    model,
    messages: [...system, said(Role.USER, text)],
    maxOutputTokens,
    sampling: { temperature: 0 },
  });
}

function textOf({ body }: Reply): string {
  const result = body.kind === "whole" ? body.result() : undefined;
  if (!isMessage(result, CompletionSchema)) throw new GuardFailure("its model gave no answer");
  const [choice] = result.choices;
  if (choice?.finishReason === FinishReason.LENGTH)
    throw new GuardFailure("the answer of its model is cut off");
  const parts = choice?.message?.parts ?? [];
  return parts.map(({ content }) => (content.case === "text" ? content.value.text : "")).join("");
}
