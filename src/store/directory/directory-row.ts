import type { Tables } from "../engine/tables.ts";

/** What the directory holds. A member is a user in a team, or in an organization. */
export type DirectoryKind =
  | "organization"
  | "team"
  | "user"
  | "key"
  | "member"
  | "budget"
  | "end_user";

/**
 * An object of the directory, the same shape for all kinds: a field that a kind does not have is ""
 * or 0. Plain data, since it goes from thread to thread. Times are milliseconds since 1970.
 */
export interface DirectoryRow {
  readonly kind: DirectoryKind;
  readonly id: string;
  readonly name: string;
  readonly organizationId: string;
  readonly teamId: string;
  readonly userId: string;
  readonly settingsJson: string;
  readonly metadataJson: string;
  readonly blocked: boolean;
  readonly createdMs: number;
  readonly updatedMs: number;
  /** Grows with each change. */
  readonly version: number;
  readonly email: string;
  /** Of a user: `user` or `service_account`. Of a key: `inference`, `admin` or `read_only`. */
  readonly subtype: string;
  readonly role: string;
  readonly hash: string;
  readonly hint: string;
  readonly previousHash: string;
  readonly previousUntilMs: number;
  /** Values of a key, encrypted, the present one first, one a line. */
  readonly sealed: string;
  readonly expiresMs: number;
  readonly lastUsedMs: number;
  /** Of a budget: since when it counts. */
  readonly resetMs: number;
}

/** Makes a row; what is not said is "" or 0. */
export function directoryRow(
  parts: Partial<DirectoryRow> & Pick<DirectoryRow, "kind" | "id">,
): DirectoryRow {
  return {
    name: "",
    organizationId: "",
    teamId: "",
    userId: "",
    settingsJson: "",
    metadataJson: "",
    blocked: false,
    createdMs: 0,
    updatedMs: 0,
    version: 0,
    email: "",
    subtype: "",
    role: "",
    hash: "",
    hint: "",
    previousHash: "",
    previousUntilMs: 0,
    sealed: "",
    expiresMs: 0,
    lastUsedMs: 0,
    resetMs: 0,
    ...parts,
  };
}

/** The id of a member, which has none of its own. */
export function memberId(
  member: Pick<DirectoryRow, "userId" | "organizationId" | "teamId">,
): string {
  return [member.userId, member.organizationId, member.teamId].join("\n");
}

/** The table of a kind. */
export const tableOf = {
  organization: "organizations",
  team: "teams",
  user: "users",
  key: "keys",
  member: "memberships",
  budget: "budgets",
  end_user: "end_users",
} as const satisfies Record<DirectoryKind, keyof Tables>;

/** The columns of a kind beside those that every object has, by the field of the row. */
const ownColumns = {
  organization: {},
  team: { organizationId: "organization_id" },
  budget: { organizationId: "organization_id", resetMs: "reset_ms" },
  end_user: {},
  user: { organizationId: "organization_id", email: "email", subtype: "kind", role: "role" },
  key: {
    organizationId: "organization_id",
    teamId: "team_id",
    userId: "user_id",
    subtype: "kind",
    hash: "hash",
    hint: "hint",
    previousHash: "previous_hash",
    previousUntilMs: "previous_until_ms",
    sealed: "sealed",
    expiresMs: "expires_ms",
    lastUsedMs: "last_used_ms",
  },
} as const satisfies Record<
  Exclude<DirectoryKind, "member">,
  Partial<Record<keyof DirectoryRow, string>>
>;

const objectColumns = {
  id: "id",
  name: "name",
  settingsJson: "settings_json",
  metadataJson: "metadata_json",
  blocked: "blocked",
  createdMs: "created_ms",
  updatedMs: "updated_ms",
  version: "version",
} as const;

const memberColumns = {
  userId: "user_id",
  organizationId: "organization_id",
  teamId: "team_id",
  role: "role",
  createdMs: "created_ms",
} as const;

function columnsOf(kind: DirectoryKind): Readonly<Record<string, string>> {
  return kind === "member" ? memberColumns : { ...objectColumns, ...ownColumns[kind] };
}

/** What a database keeps of a row. */
export function columnsFrom(row: DirectoryRow): Record<string, string | bigint> {
  return Object.fromEntries(
    Object.entries(columnsOf(row.kind)).map(([field, column]) => {
      const value: unknown = Reflect.get(row, field);
      return [column, typeof value === "string" ? value : BigInt(Number(value))];
    }),
  );
}

/** The row that a database keeps. */
export function rowFrom(kind: DirectoryKind, columns: object): DirectoryRow {
  const fields = Object.entries(columnsOf(kind)).map(([field, column]) => {
    const value: unknown = Reflect.get(columns, column);
    if (typeof value !== "bigint") return [field, value];
    return [field, field === "blocked" ? value !== 0n : Number(value)];
  });
  const row = directoryRow({ id: "", ...Object.fromEntries(fields), kind });
  return kind === "member" ? { ...row, id: memberId(row) } : row;
}
