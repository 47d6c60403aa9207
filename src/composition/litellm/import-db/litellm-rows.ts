import type { ClientBase } from "pg";
import { ManagementMembers } from "../../../edge/rest/litellm/members/management-members.ts";
import { parseJson } from "../../../json/json.ts";
import { type MemberText, membersOf, printMembers } from "../../../json/members.ts";

/** A row of one of LiteLLM's tables: the JSON texts of the columns that are not null, by name. */
export type LitellmRow = ReadonlyMap<string, string>;

/** A table and the columns that its rows are unique by, of the type text. */
export interface LitellmTable {
  readonly name: string;
  readonly key: readonly string[];
}

const pageRows = 1_000;

/** LiteLLM's tables in a database, as PostgreSQL prints them: all digits of numbers are there. */
export class LitellmSource {
  readonly #client: ClientBase;

  constructor(client: ClientBase) {
    this.#client = client;
  }

  /** Whether there are LiteLLM's tables at all. */
  async isLitellm(): Promise<boolean> {
    return this.#has("LiteLLM_VerificationToken");
  }

  /** All rows, page after page in the order of their key; none where there is no such table. */
  async *rows({ name, key }: LitellmTable): AsyncGenerator<LitellmRow> {
    if (!(await this.#has(name))) return;
    const columns = key.map((column) => `t."${column}"`).join(", ");
    let after: readonly unknown[] | undefined;
    for (;;) {
      const places = key.map((_, at) => `$${at + 1}`).join(", ");
      const where = after === undefined ? "" : `where (${columns}) > (${places})`;
      // Names of tables and columns are ours; what a row says is a parameter.
      const { rows } = await this.#client.query<{ row: string; at: readonly unknown[] }>(
        `select to_jsonb(t)::text as row, jsonb_build_array(${columns}) as at from "${name}" t ${where} order by ${columns} limit ${pageRows}`,
        after === undefined ? [] : [...after],
      );
      for (const { row } of rows) yield rowOf(row);
      if (rows.length < pageRows) return;
      after = rows.at(-1)?.at;
    }
  }

  async #has(table: string): Promise<boolean> {
    const { rows } = await this.#client.query<{ found: boolean }>(
      "select to_regclass($1) is not null as found",
      [`"${table}"`],
    );
    return rows[0]?.found === true;
  }
}

/** Columns of JSON that LiteLLM sometimes fills with the text of an object. */
const objects: ReadonlySet<string> = new Set([
  "metadata",
  "aliases",
  "config",
  "permissions",
  "model_max_budget",
  "members_with_roles",
  "request_tags",
]);

function rowOf(text: string): LitellmRow {
  const members = (membersOf(text) ?? []).filter(([, value]) => value !== "null");
  return new Map(
    members.map(([name, value]) => [name, objects.has(name) ? unwrapped(value) : value]),
  );
}

function unwrapped(text: string): string {
  if (!text.startsWith('"')) return text;
  const parsed = parseJson(text);
  return parsed.ok && typeof parsed.value === "string" ? parsed.value || "{}" : text;
}

/** A column of texts; "" where it is null. */
export function textOf(row: LitellmRow, column: string): string {
  const text = row.get(column);
  if (text === undefined) return "";
  const parsed = parseJson(text);
  return parsed.ok && typeof parsed.value === "string" ? parsed.value : "";
}

/** The row, to be read member by member. */
export function membersOfRow(row: Iterable<MemberText>): ManagementMembers {
  return ManagementMembers.ofBody(Buffer.from(printMembers(row)));
}
