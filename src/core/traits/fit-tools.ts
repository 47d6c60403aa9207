import {
  type AllowedTools,
  type ToolChoice,
  ToolChoiceMode,
} from "../../../gen/parlance/chat/v1/tool_pb.js";
import type { Takes } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import { clamps, drops, type Fitting, maps } from "./fitting.ts";

/** Leaves out the tools, or loosens the rules for them, that a model does not take. */
export function fitTools(fitting: Fitting, takes: Takes): void {
  const { chat } = fitting;
  if (chat.tools.length === 0) return;
  if (takes.tools === false) {
    leaveOutTools(fitting);
    return;
  }
  if (takes.parallelToolCalls === false) fitParallel(fitting);
  const choice = chat.toolChoice?.choice;
  if (choice !== undefined && (takes.requiredTool === false || takes.namedTool === false))
    chat.toolChoice = fitChoice(fitting, chat.toolChoice ?? rule(choice), takes);
}

function leaveOutTools(fitting: Fitting): void {
  const { chat } = fitting;
  drops(fitting, "tools", "the model calls no tools");
  chat.tools = [];
  const choice = chat.toolChoice?.choice;
  if (choice !== undefined) {
    const none = choice.case === "mode" && choice.value === ToolChoiceMode.NONE;
    if (none) maps(fitting, "tool_choice", "the model calls no tools");
    else drops(fitting, "tool_choice", "the model calls no tools");
    delete chat.toolChoice;
  }
  if (chat.parallelToolCalls !== undefined) {
    maps(fitting, "parallel_tool_calls", "the model calls no tools");
    delete chat.parallelToolCalls;
  }
}

function fitParallel(fitting: Fitting): void {
  const { chat } = fitting;
  if (chat.parallelToolCalls === undefined) return;
  if (chat.parallelToolCalls)
    drops(fitting, "parallel_tool_calls", "the model makes one call at a time");
  else maps(fitting, "parallel_tool_calls", "the model makes one call at a time");
  delete chat.parallelToolCalls;
}

function fitChoice(fitting: Fitting, toolChoice: ToolChoice, takes: Takes): ToolChoice {
  const { choice } = toolChoice;
  switch (choice.case) {
    case "mode":
      if (choice.value !== ToolChoiceMode.REQUIRED || takes.requiredTool !== false)
        return toolChoice;
      clamps(fitting, "tool_choice", FREE);
      return rule({ case: "mode", value: ToolChoiceMode.AUTO });
    case "name":
      return takes.namedTool === false ? fitName(fitting, choice.value, takes) : toolChoice;
    case "allowed":
      return takes.requiredTool === false
        ? fitAllowed(fitting, toolChoice, choice.value)
        : toolChoice;
    case "opaque":
    case undefined:
      return toolChoice;
  }
}

const FREE = "sent as auto, for the model cannot be made to call a tool in this request";

/** A tool that must be called, where it is the only one, is any tool that must be called. */
function fitName(fitting: Fitting, name: string, takes: Takes): ToolChoice {
  if (takes.requiredTool === false) {
    clamps(fitting, "tool_choice", FREE);
    return rule({ case: "mode", value: ToolChoiceMode.AUTO });
  }
  const { tools } = fitting.chat;
  const alone = tools.length === 1 && tools[0]?.tool.value !== undefined;
  const note = "sent as required, for the model cannot be held to one tool";
  if (alone) maps(fitting, "tool_choice", `${note}, and there is no other than ${name}`);
  else clamps(fitting, "tool_choice", note);
  return rule({ case: "mode", value: ToolChoiceMode.REQUIRED });
}

function fitAllowed(fitting: Fitting, toolChoice: ToolChoice, allowed: AllowedTools): ToolChoice {
  if (allowed.mode !== ToolChoiceMode.REQUIRED) return toolChoice;
  clamps(fitting, "tool_choice", FREE);
  return rule({ case: "allowed", value: { ...allowed, mode: ToolChoiceMode.AUTO } });
}

function rule(choice: ToolChoice["choice"]): ToolChoice {
  return { $typeName: "parlance.chat.v1.ToolChoice", choice };
}
