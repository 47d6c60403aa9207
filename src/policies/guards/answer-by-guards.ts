import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  type GuardResult,
  GuardResultSchema,
  type GuardSpec,
  GuardSpecSchema,
} from "../../../gen/parlance/guard/v1/guard_spec_pb.js";
import {
  type Moderation,
  type ModerationInput,
  type ModerationResult,
  ModerationResultSchema,
  ModerationSpecSchema,
} from "../../../gen/parlance/moderation/v1/moderation_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type { Call, Reply } from "../../core/call.ts";
import type { Guard } from "../../core/guard/guard.ts";
import { graverOutcome } from "../../core/guard/guard-note.ts";
import { outcomeOf, stageNames } from "../../core/guard/guard-report.ts";
import { wholeEnd } from "../../core/life.ts";
import { expectMessage } from "../../core/operation.ts";
import { GuardRun } from "./guard-run.ts";
import { type Inspection, inspectTexts } from "./inspect-texts.ts";
import type { PassedTexts } from "./passed-texts.ts";

/** As many inputs of a call are looked at at once. */
const atOnce = 8;

/** How many findings of a text a reply has at most. */
const maxFindings = 100_000;

/**
 * Answers a call with what guards make of its texts: one of the operation `guard`, or of `moderate`
 * by one guard. Rejects with a GatewayError where a service cannot be asked.
 */
export async function answerByGuards(
  call: Call,
  guards: readonly Guard[],
  passed: PassedTexts,
): Promise<Reply> {
  const { life, model, request } = call;
  const run = new GuardRun(call, guards, passed);
  const result =
    request.operation.name === "moderate"
      ? await moderate(call, guards, run)
      : await check(call, guards, run);
  life.end(wholeEnd(undefined));
  const target = { provider: "parlance", model };
  const body = { kind: "whole", result: () => result } as const;
  return { life, target, dialect: "parlance", report: [], headers: {}, body };
}

async function check(call: Call, guards: readonly Guard[], run: GuardRun): Promise<GuardResult> {
  const { life, request } = call;
  const spec: GuardSpec = expectMessage(request.message(), GuardSpecSchema);
  const stage = stageNames[spec.stage];
  const verdicts: GuardResult["verdicts"] = [];
  let outcome: Inspection["outcome"] = "pass";
  let texts: readonly string[] = spec.texts;
  for (const guard of guards) {
    const beganMs = life.nowMs;
    const tool = spec.tool === "" ? undefined : { tool: spec.tool };
    const inspection = await inspectTexts(run, guard, { stage, texts, ...tool });
    ({ texts } = inspection);
    outcome = graverOutcome(outcome, inspection.outcome);
    verdicts.push(verdictOf(inspection, life.nowMs - beganMs));
  }
  return create(GuardResultSchema, {
    outcome: outcomeOf[outcome],
    texts: outcome === "block" ? [] : [...texts],
    verdicts,
  });
}

function verdictOf(
  { guard: { name, version }, outcome, kinds, findings = [], cached }: Inspection,
  tookMs: number,
): GuardResult["verdicts"][number] {
  return {
    $typeName: "parlance.guard.v1.GuardVerdict",
    name,
    version,
    outcome: outcomeOf[outcome],
    kinds: [...kinds],
    findings: findings.map((found) => ({
      $typeName: "parlance.guard.v1.TextFindings",
      findings: found.slice(0, maxFindings).map(({ start, end, kind }) => ({
        $typeName: "parlance.guard.v1.TextFinding",
        start,
        end,
        kind,
      })),
    })),
    duration: durationFromMs(Math.max(0, Math.round(tookMs))),
    cached,
  };
}

async function moderate(
  { model, request }: Call,
  [guard]: readonly Guard[],
  run: GuardRun,
): Promise<ModerationResult> {
  const { inputs } = expectMessage(request.message(), ModerationSpecSchema);
  const results: Moderation[] = [];
  for (let at = 0; guard !== undefined && at < inputs.length; at += atOnce) {
    const some = inputs.slice(at, at + atOnce);
    const judged = some.map((input) => moderateInput(input, guard, run));
    appendAll(results, await Promise.all(judged));
  }
  return create(ModerationResultSchema, { model, results });
}

/** An input has the category of the guard, and one of each kind that the guard found in it. */
async function moderateInput(
  { parts }: ModerationInput,
  guard: Guard,
  run: GuardRun,
): Promise<Moderation> {
  const texts = parts.flatMap(({ part }) => (part.case === "text" ? [part.value] : []));
  const { outcome, kinds } = await inspectTexts(run, guard, { stage: "input", texts });
  const hasImages = parts.some(({ part }) => part.case === "image");
  const unread = hasImages ? run.unread(guard, "input", ["IMAGE"]) : [];
  const flagged = unread.length > 0 || (outcome !== "pass" && outcome !== "unavailable");
  const category = (
    name: string,
    found: boolean,
    type = "text",
  ): Moderation["categories"][number] => ({
    $typeName: "parlance.moderation.v1.ModerationCategory",
    name,
    flagged: found,
    score: found ? 1 : 0,
    appliedInputTypes: [type],
  });
  const found = [
    ...kinds.map((kind) => category(categoryOf(guard, kind), true)),
    ...unread.map((kind) => category(categoryOf(guard, kind), true, "image")),
  ];
  return {
    $typeName: "parlance.moderation.v1.Moderation",
    flagged,
    categories: [category(guard.kind, flagged), ...found],
  };
}

/** Such as `pii/email` and `pii/us-ssn`. */
function categoryOf({ kind: looksFor }: Guard, kind: string): string {
  return `${looksFor}/${kind.toLowerCase().replaceAll("_", "-")}`;
}
