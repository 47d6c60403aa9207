import {
  GuardOutcome,
  type GuardReport,
  GuardStage,
} from "../../../gen/parlance/call/v1/guard_report_pb.js";
import { GuardAction } from "../../../gen/parlance/config/v1/guard_pb.js";
import type {
  GuardActionName,
  GuardNote,
  GuardStageName,
  GuardOutcome as OutcomeName,
} from "./guard-note.ts";

/** What guards made of a call, as messages. */
export function guardReports(notes: readonly GuardNote[]): GuardReport[] {
  return notes.map(({ guard, version, stage, outcome, kinds, unreadable = [] }) => ({
    $typeName: "parlance.call.v1.GuardReport",
    name: guard,
    version,
    stage: stages[stage],
    outcome: outcomeOf[outcome],
    kinds: [...kinds],
    unreadable: [...unreadable],
  }));
}

/**
 * What guards made of a call as one header, such as
 * `pii;stage=INPUT;outcome=MASK;found="EMAIL CARD"`. A list of RFC 9651, whose items are tokens.
 */
export function guardHeader(notes: readonly GuardNote[]): string {
  return notes.map(headerItem).join(", ");
}

/** One note in the words of logs, such as `pii INPUT MASK (EMAIL CARD)`. */
export function describeGuard(note: GuardNote): string {
  const { guard, stage, outcome, kinds, unreadable = [] } = note;
  const found = kinds.length === 0 ? "" : ` (${kinds.map(plain).join(" ")})`;
  const unread = unreadable.length === 0 ? "" : ` without ${unreadable.join(" ")}`;
  return `${guard} ${stage.toUpperCase()} ${outcome.toUpperCase()}${found}${unread}`;
}

function headerItem({ guard, stage, outcome, kinds, unreadable = [] }: GuardNote): string {
  const found = kinds.length === 0 ? "" : `;found="${kinds.map(plain).join(" ")}"`;
  const unread = unreadable.length === 0 ? "" : `;unreadable="${unreadable.join(" ")}"`;
  return `${guard};stage=${stage.toUpperCase()};outcome=${outcome.toUpperCase()}${found}${unread}`;
}

/** What a text of a header may hold; kinds may be words of a service. */
function plain(kind: string): string {
  return kind.replaceAll(/[^\w.:/-]/g, "_");
}

/** Actions by those of the config. */
export const actionNames: Readonly<Record<GuardAction, GuardActionName>> = {
  [GuardAction.UNSPECIFIED]: "block",
  [GuardAction.BLOCK]: "block",
  [GuardAction.MASK]: "mask",
  [GuardAction.FLAG]: "flag",
  [GuardAction.REWRITE]: "rewrite",
  [GuardAction.ROUTE]: "route",
};

/** Stages by those of messages. */
export const stageNames: Readonly<Record<GuardStage, GuardStageName>> = {
  [GuardStage.UNSPECIFIED]: "input",
  [GuardStage.INPUT]: "input",
  [GuardStage.OUTPUT]: "output",
  [GuardStage.TOOL_ARGUMENTS]: "tool_arguments",
  [GuardStage.TOOL_RESULTS]: "tool_results",
  [GuardStage.REASONING]: "reasoning",
};

/** What a guard looks at, by the stages of its config. */
export function stagesOf(stages: readonly GuardStage[]): readonly GuardStage[] {
  return stages.length === 0 ? [GuardStage.INPUT, GuardStage.OUTPUT] : stages;
}

const stages: Readonly<Record<GuardStageName, GuardStage>> = {
  input: GuardStage.INPUT,
  tool_results: GuardStage.TOOL_RESULTS,
  output: GuardStage.OUTPUT,
  tool_arguments: GuardStage.TOOL_ARGUMENTS,
  reasoning: GuardStage.REASONING,
};

/** Outcomes as messages have them. */
export const outcomeOf: Readonly<Record<OutcomeName, GuardOutcome>> = {
  pass: GuardOutcome.PASS,
  flag: GuardOutcome.FLAG,
  mask: GuardOutcome.MASK,
  rewrite: GuardOutcome.REWRITE,
  route: GuardOutcome.ROUTE,
  block: GuardOutcome.BLOCK,
  unavailable: GuardOutcome.UNAVAILABLE,
};
