import { asString, isSet, type Json, type JsonObject } from "../json-value.ts";
import { invalidRequest, type OpenAiError } from "./error-reply.ts";

/** What requests to a model of OpenAI's may say. */
export interface ModelRules {
  /** Levels of effort; empty for a model that does not reason. */
  readonly efforts: readonly string[];
  /** Whether the knobs of sampling are taken at the effort `none`, which is then the default. */
  readonly switchable: boolean;
  /** Whether `parallel_tool_calls` is taken. */
  readonly parallelToolCalls: boolean;
}

const toHigh = ["low", "medium", "high"];
const rows: readonly (readonly [models: RegExp, rules: ModelRules])[] = [
  [/^o\d/, { efforts: toHigh, switchable: false, parallelToolCalls: false }],
  [/^gpt-5\.1/, { efforts: ["none", ...toHigh], switchable: true, parallelToolCalls: true }],
  [
    /^gpt-5\.\d/,
    { efforts: ["none", ...toHigh, "xhigh"], switchable: true, parallelToolCalls: true },
  ],
  [/^gpt-5/, { efforts: ["minimal", ...toHigh], switchable: false, parallelToolCalls: true }],
  [/^(?:gpt-[34]|chatgpt)/, { efforts: [], switchable: true, parallelToolCalls: true }],
];

/**
 * The rules of a model by its name, or undefined for one of another maker. See
 * https://developers.openai.com/api/docs/guides/latest-model and
 * https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning (2026-11).
 */
export function modelRules(model: string): ModelRules | undefined {
  return rows.find(([models]) => models.test(model))?.[1];
}

/** Whether a model reasons at an effort, which may not be said. */
export function reasons({ efforts, switchable }: ModelRules, effort: Json | undefined): boolean {
  return efforts.length > 0 && !(switchable && (!isSet(effort) || effort === "none"));
}

/** A level of effort that the model does not have; `name` is where it stands. */
export function effortFault(
  { efforts }: ModelRules,
  effort: Json | undefined,
  name: string,
): OpenAiError | undefined {
  const level = asString(effort);
  if (level === undefined || efforts.length === 0 || efforts.includes(level)) return undefined;
  const listed = efforts.map((each) => `'${each}'`);
  return invalidRequest(
    `Unsupported value: '${level}' is not supported with this model. Supported values are: ${listed.slice(0, -1).join(", ")}, and ${listed.at(-1)}.`,
    name,
    "unsupported_value",
  );
}

/** The first member that the model does not take. */
export function memberFault(body: JsonObject, names: readonly string[]): OpenAiError | undefined {
  const name = names.find((each) => isSet(body[each]));
  return name === undefined
    ? undefined
    : invalidRequest(
        `Unsupported parameter: '${name}' is not supported with this model.`,
        name,
        "unsupported_parameter",
      );
}
