import { createHash } from "node:crypto";
import { toJson } from "@bufbuild/protobuf";
import { GuardStage } from "../../../../gen/parlance/call/v1/guard_report_pb.js";
import {
  type Guard,
  GuardAction,
  GuardSchema,
  GuardStream,
} from "../../../../gen/parlance/config/v1/guard_pb.js";
import { createNameIndex } from "../../../core/names/nearest-name.ts";
import { compilePattern } from "../../../core/rules/linear-pattern.ts";
import { PatternFault } from "../../../core/rules/pattern-syntax.ts";
import { type ConfigScope, inElement, inEntry, inField, problem } from "../../config-scope.ts";
import { contentLoggings } from "../../content/content-loggings.ts";
import type { FilledConfig } from "../../defaults.ts";
import type { KnownNames } from "../../known-names.ts";
import type { ConfiguredGuard } from "../../settings.ts";
import { checkModelReference } from "../compile-models.ts";
import { asksService, compileGuardService } from "./compile-guard-service.ts";

/**
 * Compiles the guards, no two of one name; what was reported is left out. `secrets` are the guards
 * as the file has them, `shown` as the settings show them. `scope` is that of the config.
 */
export function compileGuards(
  secrets: readonly Guard[],
  shown: readonly Guard[],
  names: KnownNames,
  scope: ConfigScope,
): readonly ConfiguredGuard[] {
  const seen = new Set<string>();
  return secrets.flatMap((guard, index) => {
    const own = inElement(inField(scope, "guards"), index);
    const settings = shown[index];
    if (seen.has(guard.name))
      problem(inField(own, "name"), {
        message: "another guard has this name",
        ruleId: "duplicate_guard_name",
      });
    seen.add(guard.name);
    checkAction(guard, names, own);
    checkStream(guard, own);
    checkPatterns(guard, own);
    checkRepair(guard, own);
    const service = asksService(guard.check)
      ? compileGuardService(guard.check, { guard: guard.name, names }, own)
      : undefined;
    if (settings === undefined || (asksService(guard.check) && service === undefined)) return [];
    const hash = createHash("sha256").update(JSON.stringify(toJson(GuardSchema, settings)));
    const version = hash.digest("hex").slice(0, 8);
    return [{ settings, version, ...(service === undefined ? undefined : { service }) }];
  });
}

/** Reports names in models, keys, teams and `redact` that are no guard's, or no masking one's. */
export function checkGuardNames(config: FilledConfig, scope: ConfigScope): void {
  const known = new Set(config.guards.map(({ name }) => name));
  const nearest = createNameIndex(known);
  const check = (names: readonly string[], owner: ConfigScope, field: string): void => {
    for (const [at, name] of names.entries()) {
      if (known.has(name)) continue;
      const near = nearest(name);
      problem(inElement(inField(owner, field), at), {
        message: `${JSON.stringify(name)} is none of the guards`,
        hint: near === undefined ? "add it to guards" : `did you mean ${JSON.stringify(near)}?`,
        ruleId: "unknown_guard",
      });
    }
  };
  for (const part of ["models", "keys", "teams"] as const)
    for (const [index, { guards }] of config[part].entries())
      check(guards, inElement(inField(scope, part), index), "guards");
  for (const [index, { optionalGuards }] of config.keys.entries())
    check(optionalGuards, inElement(inField(scope, "keys"), index), "optional_guards");
  for (const { content, at } of contentLoggings(config, scope)) {
    check(content.redact, at, "redact");
    checkMasking(content.redact, config.guards, inField(at, "redact"));
  }
}

/** Only guards that mask say what is in the place of what they find. */
function checkMasking(
  redact: readonly string[],
  guards: readonly Guard[],
  scope: ConfigScope,
): void {
  for (const [at, name] of redact.entries()) {
    const action = guards.find((guard) => guard.name === name)?.action ?? GuardAction.MASK;
    if (action !== GuardAction.MASK)
      report(scope, at, `the guard ${JSON.stringify(name)} has another action than MASK`);
  }
}

function checkAction(guard: Guard, names: KnownNames, scope: ConfigScope): void {
  const { action, answer, check } = guard;
  checkRoute(guard, scope);
  if (guard.route !== "") checkModelReference(guard.route, names, inField(scope, "route"));
  if (action === GuardAction.REWRITE && !asksService(check))
    report(scope, "action", "REWRITE needs a service that says what to write: use MASK");
  if (answer !== "" && !blocks(action))
    report(scope, "answer", "has an effect with action: BLOCK alone");
  if (Object.keys(guard.labels).length > 0 && (!asksService(check) || check.case === "judge"))
    report(scope, "labels", "only guards that ask a service by its address have any");
  if (!guard.besideModel) return;
  if (!asksService(check))
    report(scope, "beside_model", "only guards that ask a service take long enough");
  if (!blocks(action) && action !== GuardAction.FLAG)
    report(scope, "beside_model", "needs action: BLOCK or FLAG, for the request is sent as it is");
}

function blocks(action: GuardAction): boolean {
  return action === GuardAction.BLOCK || action === GuardAction.UNSPECIFIED;
}

function checkRoute({ action, route, stages }: Guard, scope: ConfigScope): void {
  if (action !== GuardAction.ROUTE) {
    if (route !== "") report(scope, "route", "has an effect with action: ROUTE alone");
    return;
  }
  if (route === "") report(scope, "route", "is required with action: ROUTE");
  if (stages.length === 0 || stages.some((stage) => !ofRequest.has(stage)))
    report(scope, "stages", "with action: ROUTE a guard looks at INPUT and TOOL_RESULTS alone");
}

const ofRequest: ReadonlySet<GuardStage> = new Set([GuardStage.INPUT, GuardStage.TOOL_RESULTS]);

function checkStream({ stream, action }: Guard, scope: ConfigScope): void {
  const replaces = action === GuardAction.MASK || action === GuardAction.REWRITE;
  if (stream === GuardStream.BEST_EFFORT && replaces)
    report(scope, "stream", "what has gone out cannot be replaced: use NEVER_EMIT_UNCHECKED");
}

/** Reports a repair of answers that the guard does not look at, or that have gone out. */
function checkRepair({ check, stages, stream }: Guard, scope: ConfigScope): void {
  if (check.case !== "jsonSchema" || check.value.repair === undefined) return;
  const field = inField(scope, "json_schema");
  if (stages.length > 0 && !stages.includes(GuardStage.OUTPUT))
    report(field, "repair", "needs OUTPUT among the stages of the guard");
  if (stream === GuardStream.BEST_EFFORT)
    report(field, "repair", "what has gone out cannot be mended: use NEVER_EMIT_UNCHECKED");
}

/** Reports regular expressions that cannot be compiled. */
function checkPatterns({ check }: Guard, scope: ConfigScope): void {
  if (check.case !== "patterns") return;
  const patterns = inField(inField(scope, "patterns"), "patterns");
  for (const [name, pattern] of Object.entries(check.value.patterns)) {
    try {
      compilePattern(pattern);
    } catch (error) {
      if (!(error instanceof PatternFault)) throw error;
      problem(inEntry(patterns, name), {
        message: `is no pattern of RE2's syntax: ${error.message} (character ${error.at + 1})`,
        ruleId: "guard_pattern",
      });
    }
  }
}

function report(scope: ConfigScope, field: string | number, message: string): void {
  const place = typeof field === "number" ? inElement(scope, field) : inField(scope, field);
  problem(place, { message, ruleId: "guard" });
}
