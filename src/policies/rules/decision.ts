import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Rule } from "../../../gen/parlance/config/v1/rule_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ConfiguredModel, Settings } from "../../config/settings.ts";
import type { Call, TriedRule } from "../../core/call.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { boundFallbacks } from "./bound-fallbacks.ts";
import { changeParameters } from "./change-parameters.ts";
import { createExclusions } from "./exclusions.ts";

/** What the rules that hold make of a call. */
export interface Ruled {
  readonly call: Call;
  /** The parameters that were changed. */
  readonly report: readonly FieldReport[];
  /** Why the call is refused. Undefined: it is not. */
  readonly refusal: GatewayError | undefined;
}

/** Gathers what rules do with one call. */
export class Decision {
  /** The call with the tags that were added so far. */
  tagged: Call;
  readonly #call: Call;
  readonly #tried: TriedRule[] | undefined;
  readonly #acted: Rule[] = [];
  readonly #why: string[] = [];
  /** The first rule that says where the call goes. */
  #where: Rule | undefined;
  #refusal: GatewayError | undefined;

  /** `tells`: how each rule was found is gathered too. */
  constructor(call: Call, tells: boolean) {
    this.#call = call;
    this.tagged = call;
    this.#tried = tells ? [] : undefined;
  }

  /** Notes a rule whose condition does not hold; `note`: why it could not be computed, or "". */
  missed({ name }: Rule, note: string): void {
    this.#tried?.push({ name, holds: false, acts: false, note });
  }

  /** Does what a rule says whose condition holds. */
  take(rule: Rule): void {
    const deeds = this.#deedsOf(rule);
    const note = deeds.length === 0 ? "an earlier rule said where the call goes" : deeds.join(", ");
    this.#tried?.push({ name: rule.name, holds: true, acts: deeds.length > 0, note });
    if (deeds.length === 0) return;
    this.#acted.push(rule);
    this.#why.push(`rule ${rule.name} ${note}`);
    if (rule.addTags.length > 0) this.#addTags(rule.addTags);
    if (rule.refuse !== undefined) this.#refusal = refusalOf(rule.name, rule.refuse);
  }

  /** The call as it goes on. */
  outcome(resolve: Settings["resolve"]): Ruled {
    if (this.#acted.length === 0 && this.#tried === undefined)
      return { call: this.#call, report: [], refusal: undefined };
    const ruling = {
      rules: this.#acted.map(({ name }) => name),
      why: this.#why.join("; "),
      ...(this.#tried === undefined ? undefined : { tried: this.#tried }),
    };
    const bounds = this.#acted.filter(({ set, cap }) => set !== undefined || cap !== undefined);
    const { call, report } = changeParameters(this.#placed(resolve), bounds);
    return { call: { ...boundFallbacks(call, bounds), ruling }, report, refusal: this.#refusal };
  }

  #deedsOf(rule: Rule): readonly string[] {
    const { route, target, exclude, requireLabels, set, cap, addTags, refuse } = rule;
    const deeds: string[] = [];
    if ((route !== "" || target !== "") && this.#where === undefined) {
      this.#where = rule;
      if (route !== "") deeds.push(`routes to ${route}`);
      if (target !== "") deeds.push(`allows only ${target}`);
    }
    if (exclude.length > 0) deeds.push(`excludes ${exclude.join(" and ")}`);
    const labels = Object.entries(requireLabels).map(([name, value]) => `${name}=${value}`);
    if (labels.length > 0) deeds.push(`requires ${labels.join(" and ")}`);
    if (set !== undefined) deeds.push("sets parameters");
    if (cap !== undefined) deeds.push("caps parameters");
    if (addTags.length > 0) deeds.push(`adds the tags ${addTags.join(" and ")}`);
    if (refuse !== undefined) deeds.push("refuses the call");
    return deeds;
  }

  #addTags(tags: readonly string[]): void {
    const { addedTags = [] } = this.tagged;
    this.tagged = { ...this.tagged, addedTags: [...new Set([...addedTags, ...tags])] };
  }

  /** The call with the model, and without the targets, that the rules say. */
  #placed(resolve: Settings["resolve"]): Call {
    const { route = "", target = "" } = this.#where ?? {};
    const named = route === "" ? this.#call.model : route;
    const model = target === "" || hasTarget(resolve(named), target) ? named : target;
    const excludes = createExclusions(this.#call.excludes, this.#acted, this.#where);
    return { ...this.tagged, model, ...(excludes === undefined ? undefined : { excludes }) };
  }
}

function hasTarget(configured: ConfiguredModel | undefined, name: string): boolean {
  return (
    configured?.targets.some(({ provider, model }) => `${provider}/${model}` === name) === true
  );
}

function refusalOf(rule: string, message: string): GatewayError {
  return new GatewayError({
    reason: ErrorReason.REFUSED_BY_RULE,
    message: `${message} (rule ${rule})`,
  });
}
