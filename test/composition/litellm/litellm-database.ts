import { createHash } from "node:crypto";
import pg from "pg";

/** LiteLLM's tables as its schema.prisma makes them, as far as an import reads them. */
const schema = `
create table "LiteLLM_BudgetTable" (budget_id text primary key, max_budget float8, soft_budget float8,
  max_parallel_requests int, tpm_limit bigint, rpm_limit bigint, model_max_budget jsonb,
  budget_duration text, budget_reset_at timestamp(3));
create table "LiteLLM_OrganizationTable" (organization_id text primary key, organization_alias text not null,
  budget_id text, metadata jsonb default '{}', models text[], spend float8 default 0,
  created_at timestamp(3) default now(), updated_at timestamp(3) default now());
create table "LiteLLM_OrganizationMembership" (user_id text, organization_id text, user_role text,
  spend float8, budget_id text, primary key (user_id, organization_id));
create table "LiteLLM_TeamTable" (team_id text primary key, team_alias text, organization_id text,
  admins text[] default '{}', members text[] default '{}', members_with_roles jsonb default '{}',
  metadata jsonb default '{}', max_budget float8, soft_budget float8, spend float8 default 0,
  models text[] default '{}', max_parallel_requests int, tpm_limit bigint, rpm_limit bigint,
  budget_duration text, budget_reset_at timestamp(3), blocked boolean default false,
  model_max_budget jsonb default '{}', created_at timestamp(3) default now(),
  updated_at timestamp(3) default now(), budget_limits jsonb);
create table "LiteLLM_UserTable" (user_id text primary key, user_alias text, team_id text,
  organization_id text, teams text[] default '{}', user_role text, max_budget float8,
  spend float8 default 0, user_email text, models text[] default '{}', metadata jsonb default '{}',
  max_parallel_requests int, tpm_limit bigint, rpm_limit bigint, budget_duration text,
  budget_reset_at timestamp(3), model_max_budget jsonb default '{}',
  created_at timestamp(3) default now(), updated_at timestamp(3) default now());
create table "LiteLLM_VerificationToken" (token text primary key, key_name text, key_alias text,
  spend float8 default 0, expires timestamp(3), models text[] default '{}', aliases jsonb default '{}',
  config jsonb default '{}', user_id text, team_id text, permissions jsonb default '{}',
  max_parallel_requests int, metadata jsonb default '{}', blocked boolean, tpm_limit bigint,
  rpm_limit bigint, max_budget float8, budget_duration text, budget_reset_at timestamp(3),
  allowed_cache_controls text[] default '{}', allowed_routes text[] default '{}',
  model_spend jsonb default '{}', model_max_budget jsonb default '{}', budget_id text,
  organization_id text, created_at timestamp(3) default now(), updated_at timestamp(3) default now(),
  budget_limits jsonb);
create table "LiteLLM_DeprecatedVerificationToken" (id text primary key, token text unique,
  active_token_id text, revoke_at timestamp(3), created_at timestamp(3) default now());
create table "LiteLLM_EndUserTable" (user_id text primary key, alias text, spend float8 default 0,
  allowed_model_region text, default_model text, budget_id text, blocked boolean default false);
create table "LiteLLM_TeamMembership" (user_id text, team_id text, spend float8 default 0,
  budget_id text, primary key (user_id, team_id));
create table "LiteLLM_SpendLogs" (request_id text primary key, call_type text, api_key text default '',
  spend float8 default 0, total_tokens int default 0, prompt_tokens int default 0,
  completion_tokens int default 0, "startTime" timestamp(3), "endTime" timestamp(3),
  "completionStartTime" timestamp(3), model text default '', model_group text default '',
  custom_llm_provider text default '', "user" text default '', metadata jsonb default '{}',
  cache_hit text default '', request_tags jsonb default '[]', team_id text, organization_id text,
  end_user text, requester_ip_address text, session_id text, status text);
`;

/** The hash that LiteLLM keeps of a key. */
export function tokenOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** A row of a table; objects become JSON, lists arrays. */
export type FilledRow = Readonly<Record<string, unknown>>;

/** Makes LiteLLM's tables in an empty database and fills them. */
export async function fillLitellm(
  url: string,
  tables: Readonly<Record<string, readonly FilledRow[]>>,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(schema);
    for (const [table, rows] of Object.entries(tables)) await insert(client, table, rows);
  } finally {
    await client.end();
  }
}

/** Columns of JSON that hold lists; other lists are those of PostgreSQL. */
const jsonLists: ReadonlySet<string> = new Set(["members_with_roles", "request_tags"]);

async function insert(client: pg.Client, table: string, rows: readonly FilledRow[]): Promise<void> {
  for (const row of rows) {
    const names = Object.keys(row);
    const columns = names.map((name) => `"${name}"`).join(", ");
    const places = names.map((_, at) => `$${at + 1}`).join(", ");
    const values = Object.entries(row).map(([name, value]) =>
      typeof value === "object" && (!Array.isArray(value) || jsonLists.has(name))
        ? JSON.stringify(value)
        : value,
    );
    await client.query(`insert into "${table}" (${columns}) values (${places})`, values);
  }
}
