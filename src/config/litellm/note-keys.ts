import { nearestName } from "../../core/names/nearest-name.ts";
import type { Note, TakeNote } from "./note.ts";
import { entryRows, infoRows, paramRows } from "./rows/deployment-rows.ts";
import { blockRows, generalRows } from "./rows/general-rows.ts";
import { cacheRows, litellmRows } from "./rows/litellm-rows.ts";
import { routerRows } from "./rows/router-rows.ts";
import { plainWords, rowOf, type SettingRow } from "./rows/setting-row.ts";
import { type Branch, isNothing, itemsOf, type Member, membersOf, type Tree } from "./tree/tree.ts";

/**
 * Notes what becomes of every key of a file, but of those that something was noted of already:
 * `noted` are their paths.
 */
export function noteKeys(root: Branch, noted: ReadonlySet<string>, note: TakeNote): void {
  const take: TakeNote = (one) => {
    if (![...enclosed(one.at.path, noted)].length) note(one);
  };
  noteMembers(root.members, blockRows, take);
  for (const entry of itemsOf(root.members.get("model_list")?.value)) {
    const members = membersOf(entry);
    noteMembers(members, entryRows, take);
    noteMembers(membersOf(members.get("litellm_params")?.value), paramRows, take);
    noteMembers(membersOf(members.get("model_info")?.value), infoRows, take, paramRows);
  }
  const litellm = membersOf(root.members.get("litellm_settings")?.value);
  noteMembers(litellm, litellmRows, take, routerRows);
  noteMembers(membersOf(litellm.get("cache_params")?.value), cacheRows, take);
  noteMembers(membersOf(root.members.get("router_settings")?.value), routerRows, take);
  noteMembers(membersOf(root.members.get("general_settings")?.value), generalRows, take);
}

/** Keys that hold others, of which something is noted one by one. */
const containers = new Set([
  "model_list",
  "litellm_params",
  "model_info",
  "litellm_settings",
  "router_settings",
  "general_settings",
  "cache_params",
]);

function noteMembers(
  members: ReadonlyMap<string, Member>,
  rows: readonly SettingRow[],
  note: TakeNote,
  further: readonly SettingRow[] = [],
): void {
  for (const member of members.values())
    if (!containers.has(member.name)) note(noteOf(member, [...rows, ...further]));
}

function noteOf({ name, at, value }: Member, rows: readonly SettingRow[]): Note {
  const row = rowOf(rows, name);
  if (row === undefined) {
    const known = rows.flatMap(({ keys }) => keys);
    const near = nearestName(name, known);
    return {
      kind: "unknown",
      at,
      message: "is not a known key of LiteLLM, and has no effect",
      ...(near === undefined ? undefined : { hint: `did you mean \`${near}\`?` }),
    };
  }
  const words = plainWords(row);
  switch (row.outcome) {
    case "honoured":
      return { kind: "honoured", at, message: words };
    case "not_needed":
      return { kind: "not_needed", at, message: words };
    case "none":
      return isOff(value)
        ? { kind: "not_needed", at, message: "is off, as it is here" }
        : { kind: "none", at, message: `has no counterpart: ${words}` };
  }
}

/** Whether a setting says nothing, or that something is not to be. */
function isOff(value: Tree): boolean {
  if (isNothing(value) || (value.kind === "leaf" && value.value === false)) return true;
  return (
    (value.kind === "series" && value.items.length === 0) ||
    (value.kind === "branch" && value.members.size === 0)
  );
}

/** The paths that are noted at a key or within its value. */
function* enclosed(path: string, noted: ReadonlySet<string>): Generator<string, undefined> {
  if (noted.has(path)) yield path;
}
