import { isObject, type JsonObject, parseJson } from "../../../../json/json.ts";
import { type MemberText, membersOf, printMembers } from "../../../../json/members.ts";
import { wrong } from "./management-members.ts";

/**
 * The member of an object's metadata that holds what LiteLLM's programs said and the contract says
 * in other words, so that they read what they wrote. Nothing goes by it.
 */
const keptName = "litellm_api";

/** The metadata of an object, as its owner sees it, and what is kept beside it. */
export interface SplitMetadata {
  /** The owner's own members, as exact texts. */
  readonly own: readonly MemberText[];
  readonly kept: JsonObject;
}

/** Takes the metadata of an object apart. */
export function splitMetadata(metadataJson: string): SplitMetadata {
  const members = membersOf(metadataJson) ?? [];
  const text = members.find(([name]) => name === keptName)?.[1];
  const parsed = text === undefined ? undefined : parseJson(text);
  return {
    own: members.filter(([name]) => name !== keptName),
    kept: parsed?.ok === true && isObject(parsed.value) ? parsed.value : {},
  };
}

/** The owner's members of a metadata that a request brings. */
export function ownMetadata(text: string): readonly MemberText[] {
  const members = membersOf(text) ?? [];
  if (members.some(([name]) => name === keptName))
    throw wrong(`metadata.${keptName}`, "is set by the gateway: leave it out");
  return members;
}

/** Puts metadata together; "" for none. */
export function joinMetadata({ own, kept }: SplitMetadata): string {
  const said = Object.entries(kept).filter(([, value]) => value !== undefined && value !== null);
  const members: MemberText[] = [...own];
  if (said.length > 0) members.push([keptName, JSON.stringify(Object.fromEntries(said))]);
  return members.length === 0 ? "" : printMembers(members);
}
