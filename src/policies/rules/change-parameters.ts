import { isMessage } from "@bufbuild/protobuf";
import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { ReasoningEffort, type Sampling } from "../../../gen/parlance/chat/v1/generation_pb.js";
import type { Rule } from "../../../gen/parlance/config/v1/rule_pb.js";
import { withRequest } from "../../core/attempt.ts";
import type { AlterableCall } from "../../core/call.ts";
import { tagsOf } from "../../core/caller/tags-of.ts";
import { fieldEntry } from "../../core/fidelity/field-entry.ts";
import type { ParameterName, ParameterValue } from "../../core/rules/parameter-places.ts";
import { editParameters, type WrittenParameter } from "./edit-parameters.ts";

/** What becomes of one parameter of a chat. */
interface Change {
  readonly name: ParameterName;
  readonly value: number;
  readonly note: string;
}

/** The call with the parameters that rules change, and what was changed. */
export interface Changed<C> {
  readonly call: C;
  readonly report: readonly FieldReport[];
}

/**
 * Changes the parameters of a chat as rules say, in their order: in its message, and where the
 * caller's bytes may pass in those too. Bytes that have no member for a parameter are translated.
 * The same call where nothing differs, and for other operations than chats.
 */
export function changeParameters<C extends AlterableCall>(
  call: C,
  rules: readonly Rule[],
): Changed<C> {
  if (rules.length === 0 || call.request.operation.name !== "chat") return { call, report: [] };
  const message = call.request.message();
  if (!isMessage(message, ChatSchema)) return { call, report: [] };
  return changed(call, message, changesOf(message, rules));
}

/** Fills in parameters that a chat does not say, as `changeParameters` changes them. */
export function fillParameters<C extends AlterableCall>(
  call: C,
  defaults: readonly ParameterValue[],
): Changed<C> {
  if (defaults.length === 0 || call.request.operation.name !== "chat") return { call, report: [] };
  const message = call.request.message();
  if (!isMessage(message, ChatSchema)) return { call, report: [] };
  const before = valuesOf(message);
  const absent = defaults.filter(([name]) => !before.has(name));
  const note = "a default of the key";
  return changed(
    call,
    message,
    absent.map(([name, value]) => ({ name, value, note })),
  );
}

function changed<C extends AlterableCall>(
  call: C,
  message: Chat,
  changes: readonly Change[],
): Changed<C> {
  if (changes.length === 0) return { call, report: [] };
  const report = changes.map(({ name, note }) =>
    fieldEntry(fields[name], FieldOutcome.CLAMPED, note),
  );
  const edited = editParameters(call, changes.map(written));
  if (edited !== undefined) return { call: edited, report };
  const chat = changes.reduce(changeChat, message);
  const request = { ...call.request, message: () => chat };
  return { call: { ...withRequest(call, request), addedTags: tagsOf(call) }, report };
}

function written({ name, value }: Change): WrittenParameter {
  return { name, value: name === "reasoning_effort" ? effortWord(value) : value };
}

const fields: Readonly<Record<ParameterName, string>> = {
  temperature: "sampling.temperature",
  max_tokens: "max_output_tokens",
  top_p: "sampling.top_p",
  reasoning_effort: "reasoning.effort",
  seed: "sampling.seed",
};

/** Those that differ from what the chat says, each once. */
function changesOf(chat: Chat, rules: readonly Rule[]): readonly Change[] {
  const found = new Map<ParameterName, Change>();
  const before = valuesOf(chat);
  for (const { name: rule, set, cap } of rules) {
    for (const [name, value] of present(set))
      found.set(name, { name, value, note: `set by the rule ${rule}` });
    for (const [name, bound] of present(cap)) {
      const value = found.get(name)?.value ?? before.get(name);
      if (exceeds(name, value, bound))
        found.set(name, { name, value: bound, note: `capped by the rule ${rule}` });
    }
  }
  return [...found.values()].filter(({ name, value }) => before.get(name) !== value);
}

/** An answer without a bound may be longer than any; of the others nobody knows the default. */
function exceeds(name: ParameterName, value: number | undefined, bound: number): boolean {
  return value === undefined ? name === "max_tokens" : value > bound;
}

function valuesOf({ sampling, maxOutputTokens, reasoning }: Chat): Map<ParameterName, number> {
  return new Map(
    present({
      temperature: sampling?.temperature,
      topP: sampling?.topP,
      seed: sampling?.seed === undefined ? undefined : Number(sampling.seed),
      maxTokens: maxOutputTokens,
      reasoningEffort: reasoning?.effort,
    }),
  );
}

interface Values {
  readonly temperature?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly topP?: number | undefined;
  readonly seed?: number | undefined;
  readonly reasoningEffort?: ReasoningEffort | undefined;
}

/** The parameters that are there; an effort of 0 is none. */
export function present(values: Values = {}): readonly ParameterValue[] {
  const named: readonly (readonly [ParameterName, number | undefined])[] = [
    ["temperature", values.temperature],
    ["max_tokens", values.maxTokens],
    ["top_p", values.topP],
    ["seed", values.seed],
    ["reasoning_effort", values.reasoningEffort || undefined],
  ];
  return named.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function changeChat(chat: Chat, { name, value }: Change): Chat {
  const sampling: Sampling = chat.sampling ?? {
    $typeName: "parlance.chat.v1.Sampling",
    stop: [],
    logitBias: {},
  };
  switch (name) {
    case "temperature":
      return { ...chat, sampling: { ...sampling, temperature: value } };
    case "top_p":
      return { ...chat, sampling: { ...sampling, topP: value } };
    case "seed":
      return { ...chat, sampling: { ...sampling, seed: BigInt(value) } };
    case "max_tokens":
      return { ...chat, maxOutputTokens: value };
    case "reasoning_effort": {
      const none = {
        $typeName: "parlance.chat.v1.ReasoningOptions" as const,
        mode: 0,
        summary: 0,
      };
      return { ...chat, reasoning: { ...(chat.reasoning ?? none), effort: value } };
    }
  }
}

/** The word for an effort, as OpenAI has it; "" for none. */
export function effortWord(effort: ReasoningEffort): string {
  return effort === ReasoningEffort.UNSPECIFIED ? "" : ReasoningEffort[effort].toLowerCase();
}
