import { isObject, parseJson } from "../../json/json.ts";
import { type MemberText, membersOf, printMembers } from "../../json/members.ts";

/*
 * The format of a custom tool. The contract has it as Responses says it, `{"type":"grammar",
 * "syntax","definition"}`; Chat Completions has the last two in a member `grammar`. See
 * https://platform.openai.com/docs/api-reference/chat/create, `tools`.
 */

/** A format of Chat Completions in the contract's form. One that is no grammar stays as it is. */
export function decodeFormat(json: string): string {
  const members = isGrammar(json) ? membersOf(json) : undefined;
  const [, grammar] = members?.find(([key]) => key === "grammar") ?? [];
  const inner = grammar === undefined ? undefined : membersOf(grammar);
  if (members === undefined || inner === undefined) return json;
  return printMembers([...members.filter(([key]) => key !== "grammar"), ...inner]);
}

/** A format of the contract as Chat Completions has it. */
export function encodeFormat(json: string): string {
  const members = isGrammar(json) ? membersOf(json) : undefined;
  if (members === undefined || members.some(([key]) => key === "grammar")) return json;
  const isType = ([key]: MemberText): boolean => key === "type";
  const grammar = printMembers(members.filter((member) => !isType(member)));
  return printMembers([...members.filter(isType), ["grammar", grammar]]);
}

function isGrammar(json: string): boolean {
  const parsed = parseJson(json);
  return parsed.ok && isObject(parsed.value) && parsed.value.type === "grammar";
}
