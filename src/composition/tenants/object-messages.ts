import {
  clone,
  create,
  type DescMessage,
  fromJsonString,
  type MessageShape,
  toJsonString,
} from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import { reflect } from "@bufbuild/protobuf/reflect";
import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Role } from "../../../gen/parlance/access/v1/access_pb.js";
import { type Budget, BudgetSchema } from "../../../gen/parlance/admin/v1/budget_pb.js";
import { type EndUser, EndUserSchema } from "../../../gen/parlance/admin/v1/end_user_pb.js";
import { type Key, KeyKind, KeySchema } from "../../../gen/parlance/admin/v1/key_pb.js";
import {
  type Organization,
  OrganizationSchema,
} from "../../../gen/parlance/admin/v1/organization_pb.js";
import { ObjectOrigin } from "../../../gen/parlance/admin/v1/origin_pb.js";
import { type Team, TeamSchema } from "../../../gen/parlance/admin/v1/team_pb.js";
import { type User, UserSchema } from "../../../gen/parlance/admin/v1/user_pb.js";
import { type DirectoryRow, directoryRow } from "../../store/directory/directory-row.ts";

/** A kind of object that has a message. */
export type ObjectKind = keyof ObjectOf;
/** The message of a kind. */
export type ObjectOf = {
  organization: Organization;
  team: Team;
  user: User;
  key: Key;
  budget: Budget;
  end_user: EndUser;
};

/** The schemas of the messages. */
export const schemas: { readonly [K in ObjectKind]: GenMessage<ObjectOf[K]> } = {
  organization: OrganizationSchema,
  team: TeamSchema,
  user: UserSchema,
  key: KeySchema,
  budget: BudgetSchema,
  end_user: EndUserSchema,
};

/** Fields that the gateway sets: what callers say there is passed over. */
export const gatewayFields: ReadonlySet<string> = new Set([
  "id",
  "hint",
  "last_used_at",
  "previous_value_until",
  "created_at",
  "updated_at",
  "etag",
  "origin",
  "signing",
  "reset_at",
  "shared",
]);

/** Fields that have columns of their own; the others are kept as one JSON text. */
const columnFields: ReadonlySet<string> = new Set([
  ...gatewayFields,
  "name",
  "alias",
  "organization",
  "team",
  "user",
  "kind",
  "email",
  "service_account",
  "role",
  "blocked",
  "metadata_json",
  "expires_at",
]);

/** What is set of an object beside its columns; "" for nothing. */
function settingsOf<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): string {
  const rest = clone(schema, message);
  const reflected = reflect(schema, rest);
  for (const field of schema.fields) if (columnFields.has(field.name)) reflected.clear(field);
  const text = toJsonString(schema, rest);
  return text === "{}" ? "" : text;
}

function readSettings<Desc extends DescMessage>(schema: Desc, text: string): MessageShape<Desc> {
  return text === "" ? create(schema) : fromJsonString(schema, text, { ignoreUnknownFields: true });
}

const keyKinds = {
  inference: KeyKind.INFERENCE,
  admin: KeyKind.ADMIN,
  read_only: KeyKind.READ_ONLY,
  content_reader: KeyKind.CONTENT_READER,
} as const;

function keyKindOf(text: string): KeyKind {
  const found = Object.entries(keyKinds).find(([name]) => name === text);
  return found?.[1] ?? KeyKind.INFERENCE;
}

function keyKindText(kind: KeyKind): string {
  const found = Object.entries(keyKinds).find(([, one]) => one === kind);
  return found?.[0] ?? "inference";
}

/** The role that a text stands for; UNSPECIFIED for none. */
export function roleOf(text: string): Role {
  const found: unknown = Reflect.get(Role, text);
  return typeof found === "number" ? found : Role.UNSPECIFIED;
}

/** The text of a role; "" for none. */
export function roleText(role: Role): string {
  return role === Role.UNSPECIFIED ? "" : (Role[role] ?? "");
}

/** An object as callers see it. */
export function messageOf<K extends ObjectKind>(kind: K, row: DirectoryRow): ObjectOf[K] {
  const common = {
    id: row.id,
    blocked: row.blocked,
    metadataJson: row.metadataJson,
    createdAt: timestampFromMs(row.createdMs),
    updatedAt: timestampFromMs(row.updatedMs),
    etag: etagOf(row),
    origin: ObjectOrigin.STORE,
  };
  const made: ObjectOf = {
    organization: {
      ...readSettings(OrganizationSchema, kind === "organization" ? row.settingsJson : ""),
      ...common,
      name: row.name,
    },
    team: {
      ...readSettings(TeamSchema, kind === "team" ? row.settingsJson : ""),
      ...common,
      name: row.name,
      organization: row.organizationId,
    },
    user: {
      ...readSettings(UserSchema, kind === "user" ? row.settingsJson : ""),
      ...common,
      name: row.name,
      organization: row.organizationId,
      email: row.email,
      serviceAccount: row.subtype === "service_account",
      role: roleOf(row.role),
    },
    key: {
      ...readSettings(KeySchema, kind === "key" ? row.settingsJson : ""),
      ...common,
      alias: row.name,
      organization: row.organizationId,
      team: row.teamId,
      user: row.userId,
      kind: keyKindOf(row.subtype),
      hint: row.hint,
      signing: row.sealed !== "",
      ...timeOf("expiresAt", row.expiresMs),
      ...timeOf("lastUsedAt", row.lastUsedMs),
      ...timeOf("previousValueUntil", row.previousUntilMs),
    },
    budget: {
      ...readSettings(BudgetSchema, kind === "budget" ? row.settingsJson : ""),
      ...withoutBlock(common),
      name: row.name,
      organization: row.organizationId,
      ...timeOf("resetAt", row.resetMs),
    },
    end_user: {
      ...readSettings(EndUserSchema, kind === "end_user" ? row.settingsJson : ""),
      ...common,
      name: row.name,
    },
  };
  return made[kind];
}

/** The etag of a version. */
export function etagOf({ version }: Pick<DirectoryRow, "version">): string {
  return `"${version}"`;
}

function withoutBlock<Common extends { readonly blocked: boolean }>({
  blocked: _,
  ...rest
}: Common) {
  return rest;
}

type TimeName = "expiresAt" | "lastUsedAt" | "previousValueUntil" | "resetAt";

function timeOf(name: TimeName, ms: number) {
  const time: Partial<Record<typeof name, Timestamp>> = {};
  if (ms !== 0) time[name] = timestampFromMs(ms);
  return time;
}

/** What a row is to be, by the message; the rest of it is as in `before`. */
export function rowOf<K extends ObjectKind>(
  kind: K,
  message: ObjectOf[K],
  before: DirectoryRow,
): DirectoryRow {
  const { metadataJson } = message;
  const blocked = "blocked" in message && message.blocked;
  const settingsJson = settingsOf<DescMessage>(schemas[kind], message);
  const common = { ...before, kind, blocked, metadataJson, settingsJson };
  switch (message.$typeName) {
    case "parlance.admin.v1.Organization":
    case "parlance.admin.v1.EndUser":
      return directoryRow({ ...common, name: message.name });
    case "parlance.admin.v1.Budget":
    case "parlance.admin.v1.Team":
      return directoryRow({
        ...common,
        name: message.name,
        organizationId: message.organization,
      });
    case "parlance.admin.v1.User":
      return directoryRow({
        ...common,
        name: message.name,
        organizationId: message.organization,
        email: message.email,
        subtype: message.serviceAccount ? "service_account" : "user",
        role: roleText(message.role),
      });
    case "parlance.admin.v1.Key":
      return directoryRow({
        ...common,
        name: message.alias,
        organizationId: message.organization,
        teamId: message.team,
        userId: message.user,
        subtype: keyKindText(message.kind),
        expiresMs: message.expiresAt === undefined ? 0 : timestampMs(message.expiresAt),
      });
  }
}
