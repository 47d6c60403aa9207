import { type Key, KeyKind } from "../../../../gen/parlance/admin/v1/key_pb.js";
import { printMembers } from "../../../json/members.ts";
import { rawJson, type WritableObject } from "../../../json/write.ts";
import type { Spending } from "../../spend-reader.ts";
import { spentBy } from "./budgets/pointed-budgets.ts";
import type { ManagementCall } from "./management-call.ts";
import { splitMetadata } from "./members/kept-members.ts";
import { answerTenant, timeText } from "./tenant-answer.ts";

/** A key as LiteLLM's programs read it. Its id stands where LiteLLM has the hash of the value. */
export function answerKey(key: Key, spending: Spending | undefined): WritableObject {
  const { kept } = splitMetadata(key.metadataJson);
  const tenant = answerTenant(key, spending);
  const { allowed_routes: routes = null, key_type: type = null } = kept;
  return {
    token: key.id,
    key_name: key.hint === "" ? null : `sk-${key.hint}`,
    key_alias: orNull(key.alias),
    ...tenant,
    metadata: rawJson(metadataOf(key)),
    expires: timeText(key.expiresAt),
    aliases: key.modelAliases,
    config: {},
    permissions: {},
    user_id: orNull(key.user),
    team_id: orNull(key.team),
    organization_id: orNull(key.organization),
    allowed_cache_controls: [],
    allowed_routes: routes ?? key.routes,
    key_type: type ?? keyTypes[key.kind],
    model_spend: {},
    litellm_budget_table: null,
    tags: key.tags,
    guardrails: key.guardrails,
    last_active: timeText(key.lastUsedAt),
    created_by: null,
    updated_by: null,
  };
}

const keyTypes: Readonly<Record<KeyKind, string>> = {
  [KeyKind.UNSPECIFIED]: "default",
  [KeyKind.INFERENCE]: "llm_api",
  [KeyKind.ADMIN]: "default",
  [KeyKind.READ_ONLY]: "read_only",
  [KeyKind.CONTENT_READER]: "content_reader",
};

/** LiteLLM has tags among the metadata. */
function metadataOf({ metadataJson, tags }: Key): string {
  const { own } = splitMetadata(metadataJson);
  const hasTags = own.some(([name]) => name === "tags");
  const added = tags.length === 0 || hasTags ? [] : [["tags", JSON.stringify(tags)] as const];
  return printMembers([...own, ...added]);
}

/** Keys with what each has spent. */
export async function answerKeys(
  call: ManagementCall,
  keys: readonly Key[],
): Promise<readonly WritableObject[]> {
  const spent = await spentBy(call, "key", keys);
  return keys.map((key) => answerKey(key, spent.get(key.id)));
}

/** A key with what it has spent. */
export async function answerOneKey(call: ManagementCall, key: Key): Promise<WritableObject> {
  const [answer = {}] = await answerKeys(call, [key]);
  return answer;
}

/** A text, or null in the place of an empty one. */
export function orNull(text: string): string | null {
  return text === "" ? null : text;
}
