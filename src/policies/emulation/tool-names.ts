import { isMessage } from "@bufbuild/protobuf";
import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { attemptOf, wireOutletOf, withRequest } from "../../core/attempt.ts";
import type { Call, CallRequest, Handler, Layer, Reply } from "../../core/call.ts";
import type { Plan, Stage } from "../../core/compose.ts";
import { fieldEntry } from "../../core/fidelity/field-entry.ts";
import { fitToolNames, type ToolNameRule } from "../../core/names/tool-names.ts";
import { rewriteReply } from "../../core/reply/rewrite-reply.ts";
import { renameCalls } from "./rename-calls.ts";
import { renameTools, toolNamesOf } from "./rename-tools.ts";

/** A call whose tools are sent under other names. */
interface Renamed {
  readonly request: CallRequest;
  readonly entries: readonly FieldReport[];
  /** The caller's names by those that are sent. */
  readonly callers: ReadonlyMap<string, string>;
}

/** The stage of the layer below. */
export function toolNamesPolicy(): Stage {
  return { name: "tool_names", layer: toolNames(), plan: planToolNames };
}

/**
 * For vendors that take some names of tools only: sends others under names that fit, in tools,
 * their choice and the conversation, and gives the caller's own names back in calls. A body that
 * would pass as it is is translated where it holds such a name.
 */
export function toolNames(): Layer {
  return (next) => (call) => {
    const renamed = renamedOf(call);
    return renamed === undefined ? next(call) : exchange(next, call, renamed);
  };
}

/** The call as it would be sent. */
export function planToolNames(call: Call): Plan | undefined {
  const renamed = renamedOf(call);
  if (renamed === undefined) return undefined;
  return { call: withRequest(call, renamed.request), report: renamed.entries };
}

/** Undefined where a call is sent as it is. */
function renamedOf(call: Call): Renamed | undefined {
  const rule = ruleOf(call);
  if (rule === undefined) return undefined;
  const { request } = call;
  const message = request.message();
  if (!isMessage(message, ChatSchema)) return undefined;
  const places = toolNamesOf(message);
  const fitted = fitToolNames(new Set(places.keys()), rule);
  if (fitted.size === 0) return undefined;
  const chat: Chat = renameTools(message, fitted);
  const entries = [...fitted].map(([name, fit]) =>
    fieldEntry(places.get(name) ?? "tools", FieldOutcome.MAPPED, `sent as ${fit}`),
  );
  const callers = new Map([...fitted].map(([name, fit]) => [fit, name]));
  return { request: { ...request, message: () => chat }, entries, callers };
}

/** The rule of the vendor, where the call might break it. */
function ruleOf(call: Call): ToolNameRule | undefined {
  const { operation } = call.request;
  if (operation.name !== "chat" && operation.name !== "count_tokens") return undefined;
  const { target, passes } = attemptOf(call);
  const outlet = wireOutletOf(call);
  const emulation = outlet?.dialect.emulation;
  if (outlet === undefined || emulation?.toolNames === undefined) return undefined;
  const rule = emulation.toolNames(target.baseModel ?? target.model, outlet.quirks);
  if (rule === undefined || !passes) return rule;
  const { origin } = call;
  const holds = origin === undefined || emulation.holdsToolNames?.(origin.json, rule) !== false;
  return holds ? undefined : rule;
}

async function exchange(
  next: Handler,
  call: Call,
  { request, entries, callers }: Renamed,
): Promise<Reply> {
  const reply = await rewriteReply(withRequest(call, request), next, (pieces) =>
    renameCalls(pieces, callers),
  );
  return { ...reply, report: [...entries, ...reply.report] };
}
