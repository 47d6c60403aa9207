import { firstBroken } from "../first-broken.ts";
import { asObject, asString, isSet, type JsonObject } from "../json-value.ts";

/** What requests to a model of Anthropic's may say. */
interface ModelRules {
  /** Levels of effort; empty for none. */
  readonly efforts: readonly string[];
  readonly adaptive: boolean;
  readonly budget: boolean;
  readonly sampling: boolean;
  readonly prefill: boolean;
}

const toHigh = ["low", "medium", "high"];
const older = { adaptive: false, budget: true, sampling: true, prefill: true };
const newer = { efforts: [...toHigh, "xhigh", "max"], adaptive: true, budget: false };

const rows: readonly (readonly [models: RegExp, rules: ModelRules])[] = [
  [/^claude-opus-4-5/, { ...older, efforts: toHigh }],
  [/^claude-(?:sonnet|haiku)-4-5/, { ...older, efforts: [] }],
  [
    /^claude-(?:opus|sonnet)-4-6/,
    { ...older, efforts: [...toHigh, "max"], adaptive: true, prefill: false },
  ],
  [/^claude-opus-4-[78]/, { ...newer, sampling: false, prefill: false }],
];

/**
 * The first fault that a model of some age finds in a request, in the words of the vendor's 400.
 * See https://platform.claude.com/docs/en/build-with-claude/effort and
 * https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking (2026-11).
 */
export function validateModel(body: JsonObject, lastRole: string | undefined): string | undefined {
  const rules = rows.find(([models]) => models.test(asString(body.model) ?? ""))?.[1];
  if (rules === undefined) return undefined;
  const effort = asString(asObject(body.output_config)?.effort);
  const thinking = asObject(body.thinking)?.type;
  const knob = ["temperature", "top_p", "top_k"].find((name) => isSet(body[name]));
  return firstBroken([
    [
      effort !== undefined && rules.efforts.length === 0,
      "This model does not support the effort parameter.",
    ],
    [
      effort !== undefined && !rules.efforts.includes(effort),
      `This model does not support effort level '${effort}'. Supported levels: ${rules.efforts.join(", ")}.`,
    ],
    [
      thinking === "adaptive" && !rules.adaptive,
      "adaptive thinking is not supported on this model",
    ],
    [
      thinking === "enabled" && !rules.budget,
      '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    ],
    [knob !== undefined && !rules.sampling, `\`${knob}\` is deprecated for this model.`],
    [
      rules.sampling && isSet(body.temperature) && isSet(body.top_p),
      "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    ],
    [
      lastRole === "assistant" && !rules.prefill,
      "This model does not support assistant message prefill. The conversation must end with a user message.",
    ],
  ]);
}
