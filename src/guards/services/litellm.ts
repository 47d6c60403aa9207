import type { LitellmGuardSettings } from "../../config/guard-service-settings.ts";
import type { AskGuard, GuardQuestion, GuardVerdict } from "../../core/guard/guard.ts";
import { GuardFailure } from "../../core/guard/guard-failure.ts";
import { isObject, type Json, stringAt } from "../../json/json.ts";
import type { GuardPorts } from "./ports.ts";
import { postJson } from "./post-json.ts";
import { passes, readTexts } from "./read-verdict.ts";
import { isOfRequest } from "./request-stage.ts";

/**
 * Asks a web service that answers LiteLLM's generic guardrail API, which has one action more than
 * it needs: `GUARDRAIL_INTERVENED` is a block where no texts come with it. See
 * https://docs.litellm.ai/docs/adding_provider/generic_guardrail_api (2026-11).
 */
export function askLitellm(settings: LitellmGuardSettings, { post }: GuardPorts): AskGuard {
  const { url, apiKey, authorization, parametersJson } = settings;
  return async (question, signal) => {
    const headers = {
      ...(apiKey && { "x-api-key": apiKey.reveal() }),
      ...(authorization && { authorization: authorization.reveal() }),
    };
    const known = JSON.stringify(litellmQuestion(question));
    const body = `${known.slice(0, -1)},"additional_provider_specific_params":${parametersJson}}`;
    const reply = await postJson(post, { url: url.reveal(), headers, body }, signal);
    return readReply(reply, question.texts);
  };
}

function litellmQuestion({ stage, texts, about }: GuardQuestion) {
  return {
    input_type: isOfRequest(stage) ? "request" : "response",
    litellm_call_id: about.callId,
    litellm_trace_id: null,
    structured_messages: null,
    images: null,
    tools: null,
    texts,
    request_data: {
      ...(about.key === "" ? undefined : { user_api_key_alias: about.key }),
      ...(about.team === "" ? undefined : { user_api_key_team_alias: about.team }),
      ...(about.endUser === "" ? undefined : { user_api_key_end_user_id: about.endUser }),
    },
  };
}

function readReply(reply: Json, sent: readonly string[]): GuardVerdict {
  const json = isObject(reply) ? reply : {};
  switch (stringAt(json, "action")) {
    case "NONE":
      return passes;
    case "BLOCKED":
      return { kinds: ["BLOCKED"] };
    case "GUARDRAIL_INTERVENED":
      return {
        kinds: ["INTERVENED"],
        ...((json.texts ?? null) === null ? undefined : { texts: readTexts(json.texts, sent) }),
      };
    default:
      throw new GuardFailure("answered without an action of NONE, BLOCKED or GUARDRAIL_INTERVENED");
  }
}
