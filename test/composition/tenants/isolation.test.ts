import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { Role } from "../../../gen/parlance/access/v1/access_pb.js";
import { AuditService } from "../../../gen/parlance/admin/v1/audit_service_pb.js";
import { BudgetService } from "../../../gen/parlance/admin/v1/budget_service_pb.js";
import { EndUserService } from "../../../gen/parlance/admin/v1/end_user_service_pb.js";
import { KeyKind } from "../../../gen/parlance/admin/v1/key_pb.js";
import { KeyService } from "../../../gen/parlance/admin/v1/key_service_pb.js";
import { OrganizationService } from "../../../gen/parlance/admin/v1/organization_service_pb.js";
import { TeamService } from "../../../gen/parlance/admin/v1/team_service_pb.js";
import { UserService } from "../../../gen/parlance/admin/v1/user_service_pb.js";
import { BudgetWindow } from "../../../gen/parlance/config/v1/budget_pb.js";
import { accessOf } from "../../../src/edge/connect/services/access-of.ts";
import { startTenantGateway, type TenantGateway } from "./tenant-gateway.ts";

const services = [
  KeyService,
  OrganizationService,
  TeamService,
  UserService,
  AuditService,
  BudgetService,
  EndUserService,
] as const;
const roles = [Role.ORGANIZATION_ADMIN, Role.TEAM_ADMIN, Role.MEMBER, Role.VIEWER] as const;

/** The roles of keys that are of no user, by their kind and whether they are of a team. */
const ownRoles = [
  [Role.ORGANIZATION_ADMIN, KeyKind.ADMIN, false],
  [Role.TEAM_ADMIN, KeyKind.ADMIN, true],
  [Role.VIEWER, KeyKind.READ_ONLY, false],
  [Role.UNSPECIFIED, KeyKind.INFERENCE, true],
] as const;

/** Somebody of a tenant, with a role by the user whom the key is of, or by the key itself. */
interface Caller {
  /** UNSPECIFIED: it may call models and nothing else. */
  readonly role: Role;
  readonly by: "user" | "key";
  readonly value: string;
}

/** One of each kind of object, whose names and secrets nobody else may see. */
interface Tenant {
  readonly organization: string;
  readonly team: string;
  readonly user: string;
  readonly key: string;
  readonly budget: string;
  /** End users are of the whole gateway: no tenant may see any. */
  readonly endUser: string;
  readonly callers: readonly Caller[];
}

async function makeTenant(gateway: TenantGateway, name: string): Promise<Tenant> {
  const made = await gateway
    .client(OrganizationService)
    .createOrganization({ organization: { name } });
  const organization = made.organization?.id ?? "";
  const teams = gateway.client(TeamService);
  const { team } = await teams.createTeam({ team: { name: `${name}-team`, organization } });
  const teamId = team?.id ?? "";
  const users = gateway.client(UserService);
  const keys = gateway.client(KeyService);
  const callers: Caller[] = [];
  for (const role of roles) {
    const wide = role === Role.ORGANIZATION_ADMIN;
    const { user } = await users.createUser({
      user: { name: `${name}-${role}`, organization, ...(wide && { role }) },
    });
    const id = user?.id ?? "";
    if (!wide) await teams.setTeamMember({ team: teamId, user: id, role });
    const { value } = await keys.createKey({ key: { user: id, kind: KeyKind.ADMIN } });
    callers.push({ role, by: "user", value });
  }
  for (const [role, kind, ofTeam] of ownRoles) {
    const place = { organization, ...(ofTeam && { team: teamId }) };
    const { value } = await keys.createKey({ key: { kind, ...place } });
    callers.push({ role, by: "key", value });
  }
  const { user } = await users.createUser({ user: { name: `${name}-owner`, organization } });
  const amount = { usd: "5", window: BudgetWindow.MONTH };
  const { budget } = await gateway
    .client(BudgetService)
    .createBudget({ budget: { name: `${name}-budget`, organization, amount } });
  const endUser = `${name}-end-user`;
  await gateway.client(EndUserService).createEndUser({ endUser: { id: endUser } });
  const { key } = await keys.createKey({
    key: {
      ...{ alias: `${name}-key`, team: teamId, user: user?.id ?? "" },
      budgetIds: [budget?.id ?? ""],
    },
  });
  return {
    ...{ organization, team: teamId, user: user?.id ?? "", key: key?.id ?? "" },
    ...{ budget: budget?.id ?? "", endUser, callers },
  };
}

/** A request of a method that is about another tenant, as far as its fields can say that. */
function requestAbout(method: DescMethod, other: Tenant, name: string) {
  const object = { organization: other.organization, team: other.team, user: other.user };
  const kind =
    /(EndUser|Organization|Team|User|Key|Member|Budget)/
      .exec(method.name)?.[1]
      ?.replace(/^./, (first) => first.toLowerCase()) ?? "";
  const { key, budget, endUser } = other;
  const ids: Record<string, string> = { ...object, key, budget, endUser };
  const message = { id: ids[kind] ?? "", name: "stolen", alias: "stolen" };
  const nested =
    method.name.startsWith("Create") && kind !== "organization"
      ? {
          ...message,
          ...(kind === "key" ? { ...object, budgetIds: [budget] } : pick(object, ["organization"])),
        }
      : message;
  const all: Record<string, unknown> = { ...object, id: ids[kind] ?? name, [kind]: nested };
  const fields = method.input.fields.map(({ localName, fieldKind }) => {
    const value = localName in ids && fieldKind !== "message" ? ids[localName] : all[localName];
    return [localName, value] as const;
  });
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

function pick(object: Readonly<Record<string, string>>, names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, object[name]]));
}

/** What a tenant's objects are, as an admin sees them. */
async function stateOf(gateway: TenantGateway, { organization }: Tenant): Promise<string> {
  const lists = [
    await gateway.client(TeamService).listTeams({ organization }),
    await gateway.client(UserService).listUsers({ organization }),
    await gateway.client(KeyService).listKeys({ organization }),
    await gateway.client(BudgetService).listBudgets({ organization }),
    await gateway.client(EndUserService).listEndUsers({}),
    await gateway.client(OrganizationService).getOrganization({ id: organization }),
  ];
  return print(lists);
}

function print(value: unknown): string {
  return JSON.stringify(value, (name, one) => {
    if (name === "lastUsedAt") return undefined;
    return typeof one === "bigint" ? String(one) : one;
  });
}

const methods = services.flatMap((service) =>
  service.methods.map((method) => ({ service, method })),
);
type Method = (typeof methods)[number];

/** Calls a method about a tenant; gives its reply as text, or the code that refuses it. */
async function attempt(
  gateway: TenantGateway,
  { service, method }: Method,
  { value, about }: { readonly value: string; readonly about: Tenant },
): Promise<{ readonly reply: string; readonly code: string }> {
  const call: unknown = Reflect.get(gateway.client(service, value), method.localName);
  if (typeof call !== "function") throw new Error(`no method ${method.name}`);
  try {
    return { reply: print(await call(requestAbout(method, about, "theirs-key"))), code: "" };
  } catch (error) {
    return { reply: "", code: Code[ConnectError.from(error).code] ?? "" };
  }
}

describe("a tenant", () => {
  it("sees and changes nothing of another one, by any method in any role", async () => {
    const gateway = await startTenantGateway({ kind: "memory" });
    const mine = await makeTenant(gateway, "mine");
    const theirs = await makeTenant(gateway, "theirs");
    const ids = [
      "theirs",
      theirs.organization,
      theirs.team,
      theirs.user,
      theirs.key,
      theirs.budget,
    ];
    const before = await stateOf(gateway, theirs);
    for (const { role, by, value } of mine.callers)
      for (const one of methods) {
        const { reply, code } = await attempt(gateway, one, { value, about: theirs });
        const seen = ids.filter((id) => reply.includes(id));
        expect([one.method.name, by, role, seen]).toEqual([one.method.name, by, role, []]);
        expect(["", "NotFound", "PermissionDenied", "InvalidArgument"]).toContain(code);
        const { roles: allowed, callers } = accessOf(one.method);
        const may = callers || allowed.includes(role);
        if (!may) expect([one.method.name, code]).toEqual([one.method.name, "PermissionDenied"]);
      }
    expect(await stateOf(gateway, theirs)).toBe(before);
  }, 60_000);

  it("does not delete whoever may do more than its admins", async () => {
    const gateway = await startTenantGateway({ kind: "memory" });
    const { organization, callers } = await makeTenant(gateway, "mine");
    const value = callers.find(({ role }) => role === Role.ORGANIZATION_ADMIN)?.value ?? "";
    const { user } = await gateway
      .client(UserService)
      .createUser({ user: { name: "root", organization, role: Role.ADMIN } });
    const { key } = await gateway
      .client(KeyService)
      .createKey({ key: { user: user?.id ?? "", organization, kind: KeyKind.ADMIN } });
    const refused = [
      gateway.client(KeyService, value).deleteKey({ id: key?.id ?? "" }),
      gateway.client(UserService, value).deleteUser({ id: user?.id ?? "" }),
    ];
    for (const one of await Promise.allSettled(refused))
      expect(one).toMatchObject({ status: "rejected", reason: { code: Code.PermissionDenied } });
    await gateway.client(KeyService).deleteKey({ id: key?.id ?? "" });
    await gateway.client(UserService).deleteUser({ id: user?.id ?? "" });
  });

  it("sees its own by the same requests", async () => {
    const gateway = await startTenantGateway({ kind: "memory" });
    const theirs = await makeTenant(gateway, "theirs");
    const value = theirs.callers.find(({ role }) => role === Role.ORGANIZATION_ADMIN)?.value ?? "";
    const own = methods.filter(({ service }) => service !== EndUserService);
    for (const one of own.filter(({ method }) => method.name.startsWith("Get"))) {
      const { reply } = await attempt(gateway, one, { value, about: theirs });
      expect([one.method.name, reply]).toEqual([
        one.method.name,
        expect.stringContaining(theirs.organization),
      ]);
    }
  });
});
