import { isMessage } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call } from "../../core/call.ts";
import type { Finding, TextSource } from "../../core/guard/detector.ts";
import type { AskGuard, Guard, GuardedCall, GuardVerdict } from "../../core/guard/guard.ts";
import type {
  GuardNote,
  GuardOutcome,
  GuardStageName,
  UnreadablePart,
} from "../../core/guard/guard-note.ts";
import { guardedCallOf } from "../../core/guard/guarded-call.ts";
import { type Replace, replacedBy } from "../../core/guard/replace-findings.ts";
import type { Life } from "../../core/life.ts";
import type { TargetFilter } from "../../core/target/exclusion.ts";
import { labelFilter } from "../routing/filters/label-filter.ts";
import type { Check, LocalCheck, LookMeter, TakeUnread } from "./check.ts";
import { GuardBlocked, guardUnavailable } from "./guard-fault.ts";
import type { PassedTexts } from "./passed-texts.ts";
import { Placeholders } from "./placeholders.ts";

/** As many kinds of findings are noted of a guard and a stage. */
const maxKinds = 64;

/** What a caller sends; all else is of the answer. */
export const requestStages: ReadonlySet<GuardStageName> = new Set(["input", "tool_results"]);
const allStages: ReadonlySet<GuardStageName> = new Set([
  "input",
  "tool_results",
  "output",
  "tool_arguments",
  "reasoning",
]);

/** Guards at work on one call. */
export class GuardRun {
  /** What was masked in the request. */
  readonly placeholders = new Placeholders();
  /** The model that a guard sends the call to; undefined: none does. */
  route: string | undefined;
  readonly #call: Call;
  readonly #guards: readonly Guard[];
  readonly #passed: PassedTexts;
  readonly #took = new Map<string, { readonly note: GuardNote; ms: number }>();
  #about: GuardedCall | undefined;

  constructor(call: Call, guards: readonly Guard[], passed: PassedTexts) {
    this.#call = call;
    this.#guards = guards;
    this.#passed = passed;
    if (guards.length > 0) call.life.atEnd(() => this.#noteTimes());
  }

  /** The checks of the request, but for those that go on while the model answers. */
  requestChecks(): readonly Check[] {
    return this.#checksOfRequest(({ besideModel }) => !besideModel);
  }

  /** The checks of the request that go on while the model answers. */
  checksBeside(): readonly Check[] {
    return this.#checksOfRequest(({ besideModel }) => besideModel);
  }

  /** The checks of the request that ask no service. */
  localChecks(): readonly Check[] {
    return this.#checksOfRequest(({ check }) => check.kind === "local");
  }

  /** The checks of the answer. */
  answerChecks(): readonly Check[] {
    return this.#guards.flatMap((guard) =>
      this.#checkOf(guard, without(guard.stages, requestStages)),
    );
  }

  /** Notes that the answer is over, in which guards that have noted nothing found nothing. */
  answered(): void {
    for (const guard of this.#guards)
      for (const stage of without(guard.stages, requestStages)) this.note(guard, stage, "pass", []);
  }

  /** Puts back what was masked in the request where the answer repeats its placeholder. */
  restoring(): LocalCheck {
    const { placeholders } = this;
    return {
      kind: "local",
      stages: allStages,
      holds: true,
      replaces: true,
      restores: true,
      detector: placeholders.detector,
      sourceOf: () => noSource,
      found: () => (_, placeholder) => placeholders.textOf(placeholder),
    };
  }

  #checksOfRequest(isWanted: (guard: Guard) => boolean): readonly Check[] {
    return this.#guards
      .filter(isWanted)
      .flatMap((guard) => this.#checkOf(guard, only(guard.stages, requestStages)));
  }

  /** Life for one question to a service. */
  #questionLife({ timeoutMs, name }: Guard): Life {
    const life = this.#call.life.child();
    const message = `the guard ${name} did not answer in ${timeoutMs} ms`;
    life.limit(life.nowMs + timeoutMs, { reason: ErrorReason.GUARD_UNAVAILABLE, message });
    return life;
  }

  #checkOf(guard: Guard, stages: ReadonlySet<GuardStageName>): readonly Check[] {
    if (stages.size === 0) return [];
    const { check, action, bestEffort } = guard;
    const replaces = replacesTexts(guard);
    const holds = !bestEffort && action !== "flag";
    // What is not found is noted too; of answers at their end.
    for (const stage of stages) if (requestStages.has(stage)) this.note(guard, stage, "pass", []);
    const unread: TakeUnread = (parts, stage) => {
      const found = this.unread(guard, stage, parts);
      if (found.length > 0) throw new GuardBlocked(guard, stage, found);
    };
    if (check.kind === "local") {
      const { detector } = check;
      const found: LocalCheck["found"] = (findings, stage, replaceable) =>
        this.#found(guard, stage, findings, replaceable);
      const sourceOf = (tool?: string) => new CallSource(this.#call, tool);
      const meter = this.#meterOf(guard);
      return [{ kind: "local", stages, holds, replaces, detector, sourceOf, meter, found, unread }];
    }
    const { ask } = check;
    return [
      {
        kind: "service",
        stages,
        holds,
        replaces,
        unread,
        ask: (stage, texts) => this.#ask(guard, ask, stage, texts),
        refusal: (stage) => this.#block(guard, stage, []),
      },
    ];
  }

  #found(
    guard: Guard,
    stage: GuardStageName,
    findings: readonly Finding[],
    replaceable: boolean,
  ): Replace | undefined {
    const kinds = kindsOf(findings);
    return this.#act(guard, stage, kinds, replaceable) ? this.replacing(guard, stage) : undefined;
  }

  /** Does what a guard does that found something. Gives whether texts are to be replaced. */
  #act(
    guard: Guard,
    stage: GuardStageName,
    kinds: readonly string[],
    replaceable: boolean,
  ): boolean {
    const { action } = guard;
    if (action === "block" || (action !== "flag" && action !== "route" && !replaceable))
      throw this.#block(guard, stage, kinds);
    this.note(guard, stage, action, kinds);
    if (action === "route") this.route ??= guard.route;
    return replacesTexts(guard);
  }

  /** Makes what a guard puts in the place of its findings. */
  replacing({ restores }: Guard, stage: GuardStageName): Replace {
    const restored = restores && requestStages.has(stage);
    return ({ kind, replacement }, text) =>
      replacement ?? (restored ? this.placeholders.of(kind, text) : `[${kind}]`);
  }

  #block(guard: Guard, stage: GuardStageName, kinds: readonly string[]): GuardBlocked {
    this.note(guard, stage, "block", kinds);
    return new GuardBlocked(guard, stage, kinds);
  }

  async #ask(
    guard: Guard,
    ask: AskGuard,
    stage: GuardStageName,
    texts: readonly string[],
  ): Promise<readonly string[] | undefined> {
    const { sent, verdict } = await this.askService(guard, ask, stage, texts);
    if (verdict === undefined || !finds(guard, sent, verdict)) return undefined;
    const kinds = verdict.kinds.slice(0, maxKinds);
    if (!this.#act(guard, stage, kinds, true)) return undefined;
    const replaced = replacedBy(verdict, sent, this.replacing(guard, stage));
    if (replaced === undefined) throw this.#block(guard, stage, kinds);
    return inPlaces(texts, sent, replaced);
  }

  /**
   * Asks the service of a guard about texts, none of which is empty, but those of requests in which
   * it found nothing not long ago. Rejects with a GatewayError where it cannot be asked, unless
   * calls go on without; then there is no verdict.
   */
  async askService(
    guard: Guard,
    ask: AskGuard,
    stage: GuardStageName,
    texts: readonly string[],
  ): Promise<ServiceAnswer> {
    const isNew = (text: string) => !this.#passed.has(guard, stage, text);
    const sent = requestStages.has(stage) ? texts.filter(isNew) : texts;
    if (sent.length === 0) return { sent, verdict: undefined };
    const verdict = await this.#verdict(guard, ask, stage, sent);
    if (verdict !== undefined && requestStages.has(stage) && !finds(guard, sent, verdict))
      for (const text of sent) this.#passed.add(guard, stage, text);
    return { sent, verdict };
  }

  /** What a service says; undefined where it cannot be asked and the call goes on without. */
  async #verdict(
    guard: Guard,
    ask: AskGuard,
    stage: GuardStageName,
    texts: readonly string[],
  ): Promise<GuardVerdict | undefined> {
    const { life } = this.#call;
    life.throwIfAborted();
    const about = this.#aboutCall();
    const { name: model, labels } = guard;
    const lacking = labels && about.excludes?.({ provider: "guard", model, labels });
    if (lacking !== undefined)
      return this.#unavailable(guard, stage, `its service ${lacking.why}`, "");
    const own = this.#questionLife(guard);
    const startedMs = life.nowMs;
    try {
      return await ask({ stage, texts, about }, own.signal);
    } catch (error) {
      life.throwIfAborted();
      const late = own.reason !== undefined;
      const why = late ? "it did not answer in time" : "it failed";
      return this.#unavailable(guard, stage, why, error instanceof Error ? error.message : "");
    } finally {
      own.end({ kind: "whole" });
      this.#meterOf(guard).took(stage, life.nowMs - startedMs);
    }
  }

  /** Undefined where calls go on without the guard. */
  #unavailable(guard: Guard, stage: GuardStageName, why: string, detail: string): undefined {
    this.note(guard, stage, "unavailable", []);
    if (!guard.failsOpen) throw guardUnavailable(guard.name, why, detail);
  }

  #aboutCall(): GuardedCall {
    this.#about ??= { ...guardedCallOf(this.#call), excludes: excludesOf(this.#call) };
    return this.#about;
  }

  /**
   * Notes parts of a stage that nobody reads. Gives what the guard finds in that, such as
   * `UNREADABLE_IMAGE`, where they may not pass; else nothing.
   */
  unread(
    { name, version, blocksUnreadable }: Guard,
    stage: GuardStageName,
    unreadable: readonly UnreadablePart[],
  ): readonly string[] {
    const kinds = blocksUnreadable ? unreadable.map((part) => `UNREADABLE_${part}`) : [];
    const outcome = blocksUnreadable ? "block" : "pass";
    this.#call.trace.guarded({ guard: name, version, stage, outcome, kinds, unreadable });
    return kinds;
  }

  /** Measures how long a guard looks, and notes it at the end of the call. */
  #meterOf(guard: Guard): LookMeter {
    const { life } = this.#call;
    return {
      nowMs: () => life.nowMs,
      took: (stage, ms) => {
        const { name, version } = guard;
        const key = `${stage} ${name}`;
        const known = this.#took.get(key);
        if (known !== undefined) known.ms += ms;
        else {
          const note: GuardNote = { guard: name, version, stage, outcome: "pass", kinds: [] };
          this.#took.set(key, { note, ms });
        }
      },
    };
  }

  #noteTimes(): void {
    for (const { note, ms } of this.#took.values())
      this.#call.trace.guarded({ ...note, tookUs: Math.round(ms * 1000) });
  }

  /** Notes what became of a stage of the call. */
  note(
    { name, version }: Guard,
    stage: GuardStageName,
    outcome: GuardOutcome,
    kinds: readonly string[],
  ): void {
    this.#call.trace.guarded({ guard: name, version, stage, outcome, kinds });
  }
}

/** Targets without the labels that are required of those of a call get no texts of it either. */
function excludesOf(call: Call): TargetFilter | undefined {
  const { excludes } = call;
  const labels = labelFilter(call);
  if (labels === undefined || excludes === undefined) return labels ?? excludes;
  return (target) => excludes(target) ?? labels(target);
}

const noSource: TextSource = {};

/** What a service was asked, and what it says. */
export interface ServiceAnswer {
  /** The texts that it was sent. Empty: it found nothing in all of them not long ago. */
  readonly sent: readonly string[];
  /** Undefined: it was not, or could not be asked. */
  readonly verdict: GuardVerdict | undefined;
}

/** What was found, each once; at most 64. */
export function kindsOf(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ kind }) => kind))].slice(0, maxKinds);
}

/** Whether a verdict is that something was found, or is to be written in another way. */
export function finds(guard: Guard, sent: readonly string[], verdict: GuardVerdict): boolean {
  return verdict.kinds.length > 0 || (replacesTexts(guard) && changes(sent, verdict));
}

/** All texts, with others in the place of those that were sent. */
export function inPlaces(
  texts: readonly string[],
  sent: readonly string[],
  instead: readonly string[],
): readonly string[] {
  let at = 0;
  return texts.map((text) => {
    if (sent[at] !== text) return text;
    at += 1;
    return instead[at - 1] ?? text;
  });
}

/** What texts of a call are a part of. */
class CallSource implements TextSource {
  readonly tool?: string;
  readonly #call: Call;

  constructor(call: Call, tool: string | undefined) {
    this.#call = call;
    if (tool !== undefined) this.tool = tool;
  }

  /** Read where a guard looks at them. */
  get instructions(): string {
    const message = this.#call.request.message();
    return isMessage(message, ChatSchema) ? instructionsOf(message) : "";
  }
}

function instructionsOf({ messages }: Chat): string {
  return messages
    .filter(({ role }) => role === Role.SYSTEM || role === Role.DEVELOPER)
    .flatMap(({ text, parts }) => [text, ...parts.map(textOfPart)])
    .filter((text) => text !== "")
    .join("\n");
}

function textOfPart({ content }: Part): string {
  return content.case === "text" ? content.value.text : "";
}

/** Whether a guard may put other texts in the place of those that it looks at. */
export function replacesTexts({ action }: Guard): boolean {
  return action === "mask" || action === "rewrite";
}

/** Whether a verdict puts other texts in the place of those that were sent. */
function changes(sent: readonly string[], { texts }: GuardVerdict): boolean {
  return texts?.some((text, at) => text !== sent[at]) === true;
}

function only<T>(all: ReadonlySet<T>, some: ReadonlySet<T>): ReadonlySet<T> {
  return new Set([...all].filter((one) => some.has(one)));
}

function without<T>(all: ReadonlySet<T>, some: ReadonlySet<T>): ReadonlySet<T> {
  return new Set([...all].filter((one) => !some.has(one)));
}
