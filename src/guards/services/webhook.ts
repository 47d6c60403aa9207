import type { WebhookGuardSettings } from "../../config/guard-service-settings.ts";
import type { AskGuard, GuardQuestion, GuardVerdict } from "../../core/guard/guard.ts";
import { GuardFailure } from "../../core/guard/guard-failure.ts";
import { arrayAt, isObject, type Json, type JsonObject, stringAt } from "../../json/json.ts";
import { webhookSignature } from "../../sinks/places/webhook-signature.ts";
import type { GuardPorts } from "./ports.ts";
import { postJson } from "./post-json.ts";
import { type FoundReply, readFound } from "./read-found.ts";
import { passes, type RawFinding, rawFinding } from "./read-verdict.ts";

/** Asks a web service of the user's own; docs/guards.md has its requests and replies. */
export function askWebhook(settings: WebhookGuardSettings, ports: GuardPorts): AskGuard {
  const { url, secret, authorization } = settings;
  return async (question, signal) => {
    const body = JSON.stringify(webhookQuestion(question));
    const headers = {
      ...(authorization === undefined ? undefined : { authorization: authorization.reveal() }),
      ...(secret && webhookSignature(body, secret.reveal(), ports.wallMs())),
    };
    const reply = await postJson(ports.post, { url, headers, body }, signal);
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
      return readFound(foundIn(json, action), texts);
    default:
      throw new GuardFailure("answered without an action of PASS, BLOCK or MASK");
  }
}

function foundIn(json: JsonObject, action: "BLOCK" | "MASK"): FoundReply {
  const unit = stringAt(json, "unit") ?? "UTF16";
  if (unit !== "UTF16" && unit !== "CODE_POINTS")
    throw new GuardFailure("answered with a unit that is neither UTF16 nor CODE_POINTS");
  return {
    action,
    kinds: (arrayAt(json, "kinds") ?? []).filter((kind) => typeof kind === "string"),
    findings: listOf(json.findings)?.map(findingsOf),
    texts: listOf(json.texts)?.map(textOf),
    unit,
  };
}

/** Some languages write what is absent as null. */
function listOf(member: Json | undefined): readonly Json[] | undefined {
  if (member === undefined || member === null) return undefined;
  if (!Array.isArray(member)) throw new GuardFailure("answered with findings or texts in no list");
  return member;
}

function findingsOf(list: Json): readonly RawFinding[] {
  return (listOf(list) ?? []).map((one) => rawFinding(one, "kind"));
}

function textOf(text: Json): string {
  if (typeof text !== "string") throw new GuardFailure("answered with a text that is none");
  return text;
}
