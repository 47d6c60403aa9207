import type { WebhookGuardSettings } from "../../config/guard-service-settings.ts";
import type { AskGuard, GuardQuestion, GuardVerdict } from "../../core/guards/guard.ts";
import { GuardFailure } from "../../core/guards/guard-failure.ts";
import { arrayAt, isObject, type Json, type JsonObject, stringAt } from "../../json/json.ts";
import { webhookSignature } from "../../sinks/places/webhook-signature.ts";
import type { GuardPorts } from "./ports.ts";
import { postJson } from "./post-json.ts";
import { kindsOf, passes, readFindings, readTexts } from "./read-verdict.ts";

/** Asks a web service of the user's own; docs/guards.md has its requests and replies. */
export function askWebhook(settings: WebhookGuardSettings, ports: GuardPorts): AskGuard {
  const { url, secret, authorization } = settings;
  return async (question, signal) => {
    const body = JSON.stringify(webhookQuestion(question));
    const headers = {
      ...(authorization === undefined ? undefined : { authorization: authorization.reveal() }),
      ...(secret && webhookSignature(body, secret.reveal(), ports.wallMs())),
    };
    const reply = await postJson(ports.post, { url: url.reveal(), headers, body }, signal);
    return readReply(reply, question.texts);
  };
}

function webhookQuestion({ stage, texts, about }: GuardQuestion) {
  return {
    call_id: about.callId,
    stage: stage.toUpperCase(),
    operation: about.operation,
    model: about.model,
    key: about.key,
    team: about.team,
    end_user: about.endUser,
    texts,
  };
}

function readReply(reply: Json, texts: readonly string[]): GuardVerdict {
  const json = isObject(reply) ? reply : {};
  const action = stringAt(json, "action");
  switch (action) {
    case "PASS":
      return passes;
    case "BLOCK":
    case "MASK":
      return readFound(json, texts, action);
    default:
      throw new GuardFailure("answered without an action of PASS, BLOCK or MASK");
  }
}

function readFound(
  json: JsonObject,
  sent: readonly string[],
  action: "BLOCK" | "MASK",
): GuardVerdict {
  const unit = stringAt(json, "unit") ?? "UTF16";
  if (unit !== "UTF16" && unit !== "CODE_POINTS")
    throw new GuardFailure("answered with a unit that is neither UTF16 nor CODE_POINTS");
  const findings = isThere(json.findings) ? readFindings(json.findings, sent, unit) : undefined;
  const texts = isThere(json.texts) ? readTexts(json.texts, sent) : undefined;
  if (action === "MASK" && findings === undefined && texts === undefined)
    throw new GuardFailure("answered MASK with neither findings nor texts");
  const words = (arrayAt(json, "kinds") ?? []).filter((kind) => typeof kind === "string");
  const named = words.length > 0 ? words : (findings ?? []).flat().map(({ kind }) => kind);
  return {
    kinds: kindsOf(named.length > 0 ? named : [action], action),
    ...(findings === undefined ? undefined : { findings }),
    ...(texts === undefined ? undefined : { texts }),
  };
}

/** Some languages write what is absent as null. */
function isThere(member: Json | undefined): boolean {
  return member !== undefined && member !== null;
}
