import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { ConfiguredRules, Settings } from "../../config/settings.ts";
import type { Call, Layer } from "../../core/call.ts";
import type { Plan, Stage } from "../../core/compose.ts";
import type { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Notice } from "../../core/notice.ts";
import { type AdmitOptions, checkMembers } from "../admit.ts";
import { CallAttributes, type LanguageOf } from "./call-attributes.ts";
import { Decision } from "./decision.ts";
import { withReport } from "./with-report.ts";

/** What the layer acts through. */
export interface RulesWorld extends Pick<AdmitOptions, "routingMembers"> {
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly languageOf: LanguageOf;
  /** Takes what whoever runs the gateway should hear of beside calls. */
  readonly notice: (notice: Notice) => void;
}

/** What the layer is made of. */
export interface RulesOptions extends RulesWorld, Pick<Settings, "resolve"> {
  readonly rules: ConfiguredRules;
}

/** The stage of the layer below; undefined where there are no rules. */
export function rulesPolicy({ rules, resolve }: Settings, world: RulesWorld): Stage | undefined {
  if (rules === undefined || rules.rules.length === 0) return undefined;
  const { routingMembers, wallMs, languageOf } = world;
  const options = { rules, resolve, routingMembers, wallMs, languageOf, notice: onceEach(world) };
  return { name: "rules", layer: applyRules(options), plan: planRules(options) };
}

/**
 * Tries the rules of the config in order and does with a call what those say whose condition holds.
 * Fails closed: a request that cannot be read, where a condition has to, is refused as a vendor of
 * another dialect would have it refused. A condition that cannot be computed does not hold.
 */
export function applyRules(options: RulesOptions): Layer {
  return (next) => (call) => {
    const { call: ruled, report, refusal } = outcomeOf(options, call, false);
    if (ruled.ruling !== undefined) call.trace.ruled(ruled.ruling.rules, ruled.addedTags);
    if (refusal !== undefined) throw refusal;
    const reply = next(ruled);
    return report.length === 0 ? reply : withReport(reply, report);
  };
}

/** What the rules would make of a call, and how each of them was found. */
export function planRules(options: RulesOptions): (call: Call) => Plan {
  return (call) => {
    const { refusal, ...outcome } = outcomeOf(options, call, true);
    return refusal === undefined ? outcome : { ...outcome, refusal };
  };
}

interface Outcome {
  readonly call: Call;
  readonly report: readonly FieldReport[];
  readonly refusal: GatewayError | undefined;
}

function outcomeOf(options: RulesOptions, call: Call, tells: boolean): Outcome {
  const { rules, resolve, notice } = options;
  const { headers } = rules;
  const attributes = new CallAttributes(call, { ...options, headers });
  const subject = rules.subjectOf((name) => attributes.read(name));
  const decision = new Decision(call, tells);
  for (const { settings, condition, stops } of rules.rules) {
    const verdict = condition.holds(subject);
    if (typeof verdict === "string") {
      notice(notComputed(settings.name, verdict));
      decision.missed(settings, verdict);
      continue;
    }
    if (!verdict) {
      decision.missed(settings, "");
      continue;
    }
    decision.take(settings);
    if (settings.addTags.length > 0) {
      attributes.call = decision.tagged;
      subject.forget("tags");
    }
    if (stops) break;
  }
  const outcome = decision.outcome(resolve);
  if (outcome.call.model !== call.model && outcome.refusal === undefined)
    checkMembers(options, call, resolve(outcome.call.model));
  return outcome;
}

function notComputed(rule: string, why: string): Notice {
  return {
    event: "rule_not_computed",
    message: `rule ${rule} does not hold, for its condition cannot be computed: ${why}`,
    details: { rule },
  };
}

/** Of each rule the first notice alone. */
function onceEach({ notice }: Pick<RulesWorld, "notice">): (notice: Notice) => void {
  const seen = new Set<unknown>();
  return (said) => {
    const rule = said.details?.rule;
    if (seen.has(rule)) return;
    seen.add(rule);
    notice(said);
  };
}
