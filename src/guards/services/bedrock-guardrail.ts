import type { BedrockGuardSettings } from "../../config/guard-service-settings.ts";
import type { AskGuard, GuardVerdict } from "../../core/guard/guard.ts";
import { GuardFailure } from "../../core/guard/guard-failure.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../json/json.ts";
import { askEach } from "./ask-each.ts";
import type { GuardPorts } from "./ports.ts";
import { postJson } from "./post-json.ts";
import { kindsOf, passes } from "./read-verdict.ts";
import { isOfRequest } from "./request-stage.ts";

/**
 * Applies a guardrail of Amazon Bedrock. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ApplyGuardrail.html
 * (2026-11).
 */
export function askBedrockGuardrail(
  { url, guardrail, version, access }: BedrockGuardSettings,
  { post, signing }: GuardPorts,
): AskGuard {
  const address = `${url}/guardrail/${encodeURIComponent(guardrail)}/version/${version}/apply`;
  const proof =
    access.kind === "aws"
      ? { signing: signing(access) }
      : { headers: { authorization: `Bearer ${access.apiKey.reveal()}` } };
  return askEach(async (text, { stage }, signal) => {
    const source = isOfRequest(stage) ? "INPUT" : "OUTPUT";
    const body = JSON.stringify({ source, content: [{ text: { text } }] });
    return readReply(await postJson(post, { url: address, body, ...proof }, signal));
  });
}

function readReply(reply: Json): GuardVerdict {
  const json = isObject(reply) ? reply : {};
  switch (stringAt(json, "action")) {
    case "NONE":
      return passes;
    case "GUARDRAIL_INTERVENED":
      return readIntervention(json);
    default:
      throw new GuardFailure("answered without an action of NONE or GUARDRAIL_INTERVENED");
  }
}

/** What was only masked goes on as it came back; in the place of a block stands a refusal. */
function readIntervention(json: JsonObject): GuardVerdict {
  const found = (arrayAt(json, "assessments") ?? []).flatMap(entriesOf);
  const isMasked = found.length > 0 && found.every(({ action }) => action === "ANONYMIZED");
  const [output, ...others] = arrayAt(json, "outputs") ?? [];
  const text = isObject(output) && others.length === 0 ? stringAt(output, "text") : undefined;
  if (isMasked && text === undefined) throw new GuardFailure("answered without the masked text");
  return {
    kinds: kindsOf(found.length > 0 ? found.map(({ name }) => name) : ["INTERVENED"], "FOUND"),
    ...(isMasked && text !== undefined ? { texts: [text] } : undefined),
  };
}

/** The lists of each policy of an assessment. */
const policies: readonly (readonly [policy: string, lists: readonly string[]])[] = [
  ["topicPolicy", ["topics"]],
  ["contentPolicy", ["filters"]],
  ["wordPolicy", ["customWords", "managedWordLists"]],
  ["sensitiveInformationPolicy", ["piiEntities", "regexes"]],
  ["contextualGroundingPolicy", ["filters"]],
];

interface Entry {
  /** What was found, without the text itself. */
  readonly name: string;
  /** `BLOCKED` or `ANONYMIZED`. */
  readonly action: string;
}

/** What a policy acted on; what it only noticed has the action `NONE`. */
function entriesOf(assessment: Json): readonly Entry[] {
  if (!isObject(assessment)) return [];
  return policies.flatMap(([policy, lists]) => {
    const found = objectAt(assessment, policy) ?? {};
    return lists
      .flatMap((list) => arrayAt(found, list) ?? [])
      .filter(isObject)
      .map((entry) => entryOf(entry, policy))
      .filter(({ action }) => action !== "NONE");
  });
}

function entryOf(entry: JsonObject, policy: string): Entry {
  // The type of a topic is DENY: its name says more.
  const name = policy === "topicPolicy" ? undefined : stringAt(entry, "type");
  return {
    name: name ?? stringAt(entry, "name") ?? policy.replace("Policy", ""),
    action: stringAt(entry, "action") ?? "BLOCKED",
  };
}
