import { isMessage } from "@bufbuild/protobuf";
import { ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Outlet } from "../../../core/call.ts";
import type { Exclusion, TargetFilter } from "../../../core/target/exclusion.ts";
import type { Target } from "../../../core/target/target.ts";
import type { CallFilter, RoutedCall } from "./call-filter.ts";
import { type Need, needsOf } from "./call-needs.ts";
import type { KnownTargets } from "./known-targets.ts";

/** What a target is said to lack. */
const words: Readonly<Record<Need, string>> = {
  tools: "calls no tools",
  image: "takes no images",
  audio: "takes no audio",
  video: "takes no video",
  document: "takes no documents",
  json_schema: "cannot be held to a JSON schema",
  reasoning: "does not reason",
  spoken: "gives no audio",
  drawn: "gives no images",
};

/**
 * Keeps a call from targets that are known to lack what it needs, where nothing here makes up for
 * it. Of what is not known a target is believed to have all. That a model does not reason is no
 * obstacle where none of its siblings does: the answer is then given without, which is reported.
 */
export function capabilityFilter(
  known: KnownTargets,
  outlet: (provider: string) => Outlet | undefined,
): CallFilter {
  return (call, model) => {
    const facts = known.of(model);
    if (facts === undefined || facts.lacks.size === 0) return undefined;
    const needs = needsOf(call, facts.lacks);
    if (needs.size === 0) return undefined;
    const lacking = (target: Target): Exclusion | undefined => {
      const lacks = facts.targets.get(target)?.lacks;
      if (lacks === undefined || lacks.size === 0) return undefined;
      for (const [need, field] of needs)
        if (lacks.has(need) && !(need === "json_schema" && emulates(call, target, outlet)))
          return { why: `${words[need]}, which the call needs`, field };
      return undefined;
    };
    return withoutDeadEnd(lacking, model.targets, needs.get("reasoning"));
  };
}

/** Lets a call go on where nothing but reasoning keeps it from all targets that could take it. */
function withoutDeadEnd(
  lacking: TargetFilter,
  targets: readonly Target[],
  reasoning: string | undefined,
): TargetFilter {
  if (reasoning === undefined || targets.some((target) => lacking(target) === undefined))
    return lacking;
  return (target) => {
    const exclusion = lacking(target);
    return exclusion?.field === reasoning ? undefined : exclusion;
  };
}

/** Whether JSON is brought about by other means: by the vendor's dialect, or by a policy of ours. */
function emulates(
  call: RoutedCall,
  target: Target,
  outlet: (provider: string) => Outlet | undefined,
): boolean {
  const way = outlet(target.provider);
  if (way?.kind !== "wire") return false;
  const serving = way.families.find((family) => family.has(target.model))?.outlet ?? way;
  const { dialect, quirks } = serving;
  if ("jsonSchema" in quirks && quirks.jsonSchema === false) return true;
  // What passes is not made up for.
  if (call.origin?.dialect === dialect.name) return false;
  const chat = call.request.message();
  const model = target.baseModel ?? target.model;
  return (
    isMessage(chat, ChatSchema) &&
    dialect.emulation?.jsonAnswer?.(chat, model, quirks) !== undefined
  );
}
