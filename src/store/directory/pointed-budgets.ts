import { type Kysely, sql } from "kysely";
import { isObject, parseJson } from "../../json/json.ts";
import type { Tables } from "../engine/tables.ts";

/** The tables of whoever may point to budgets. */
const pointing = ["organizations", "teams", "users", "keys", "end_users"] as const;

/** The budgets that the settings of an object point to, by id. */
export function pointedBudgets(settingsJson: string): readonly string[] {
  if (!settingsJson.includes('"budgetIds"')) return [];
  const parsed = parseJson(Buffer.from(settingsJson));
  if (!parsed.ok || !isObject(parsed.value)) return [];
  const { budgetIds } = parsed.value;
  return Array.isArray(budgetIds) ? budgetIds.filter((id) => typeof id === "string") : [];
}

/** Whether an object points to a budget. */
export async function isPointedTo(db: Kysely<Tables>, budget: string): Promise<boolean> {
  for (const table of pointing) {
    const rows = await db
      .selectFrom(table)
      .select("settings_json")
      // What the id is within the text is found without patterns, in the words of both databases.
      .where(sql<boolean>`settings_json <> replace(settings_json, ${JSON.stringify(budget)}, '')`)
      .execute();
    if (rows.some((row) => pointedBudgets(row.settings_json).includes(budget))) return true;
  }
  return false;
}

/** Whether there are all budgets that settings point to. */
export async function hasBudgets(db: Kysely<Tables>, settingsJson: string): Promise<boolean> {
  const ids = pointedBudgets(settingsJson);
  if (ids.length === 0) return true;
  const found = await db
    .selectFrom("budgets")
    .select("id")
    .where("id", "in", [...ids])
    .execute();
  return found.length === new Set(ids).size;
}
