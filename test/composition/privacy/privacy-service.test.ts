import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { AuditService } from "../../../gen/parlance/admin/v1/audit_service_pb.js";
import { EndUserService } from "../../../gen/parlance/admin/v1/end_user_service_pb.js";
import { KeyKind } from "../../../gen/parlance/admin/v1/key_pb.js";
import { KeyService } from "../../../gen/parlance/admin/v1/key_service_pb.js";
import { OrganizationService } from "../../../gen/parlance/admin/v1/organization_service_pb.js";
import { PersonKind, PersonPlace } from "../../../gen/parlance/admin/v1/privacy_pb.js";
import { PrivacyService } from "../../../gen/parlance/admin/v1/privacy_service_pb.js";
import { UsageService } from "../../../gen/parlance/admin/v1/usage_service_pb.js";
import { UserService } from "../../../gen/parlance/admin/v1/user_service_pb.js";
import { startTenantGateway, type TenantGateway } from "../tenants/tenant-gateway.ts";

const email = "una@example.com";

/** An organization with a user, the key of that user, and the key of who administers it. */
async function makeTenant(gateway: TenantGateway, name: string) {
  const made = await gateway
    .client(OrganizationService)
    .createOrganization({ organization: { name } });
  const organization = made.organization?.id ?? "";
  const { user } = await gateway
    .client(UserService)
    .createUser({ user: { name: `user of ${name}`, organization, email } });
  const keys = gateway.client(KeyService);
  const own = await keys.createKey({ key: { user: user?.id ?? "" } });
  const admin = await keys.createKey({ key: { organization, kind: KeyKind.ADMIN } });
  return { organization, user: user?.id ?? "", key: own.value, admin: admin.value };
}

const codeOf = async (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof ConnectError ? error.code : error),
  );

const who = (kind: "user" | "endUser", value: string) => ({
  who: { case: kind, value } as const,
});

describe("PrivacyService", () => {
  it("erases a user, and gives what was known of it before", async () => {
    const gateway = await startTenantGateway({ kind: "memory" });
    const { user, key, organization } = await makeTenant(gateway, "acme");
    expect(await gateway.chat(key)).toBe(200);
    const privacy = gateway.client(PrivacyService);
    const records: Record<string, number> = {};
    for await (const { record } of privacy.exportPerson({ person: who("user", user) }))
      records[record.case ?? ""] = (records[record.case ?? ""] ?? 0) + 1;
    expect(records).toEqual({ user: 1, key: 1, call: 1, spending: 1, audit: 2 });
    const plan = await privacy.erase({ person: who("user", user), dryRun: true });
    expect(plan.id).toBe("");
    expect(await gateway.chat(key)).toBe(200);
    const { id, receipt } = await privacy.erase({ person: who("user", user) });
    expect(receipt).toMatchObject({ id, kind: PersonKind.USER, organization, team: "" });
    expect(receipt?.personHash).toBe(plan.receipt?.personHash);
    expect(receipt?.keyHashes).toHaveLength(1);
    const counts = Object.fromEntries(
      receipt?.places.map(({ place, count }) => [PersonPlace[place], Number(count)]) ?? [],
    );
    expect(counts).toMatchObject({ CALLS: 2, DIRECTORY: 2, AUDIT: 2 });
    const unreached = receipt?.unreached.map(({ place, name, calls }) => [
      ...[PersonPlace[place], name, Number(calls)],
    ]);
    expect(unreached).toEqual([
      ["VENDORS", "sim", 2],
      ["LOG", "", 2],
      ["BACKUPS", "", 0],
    ]);
    expect(await gateway.chat(key)).toBe(401);
    const { calls } = await gateway
      .client(UsageService)
      .listCalls({ filter: { operations: ["chat"] } });
    expect(calls.map((call) => [call.user, call.principal, call.organization])).toEqual([
      ["(erased)", "(erased)", organization],
      ["(erased)", "(erased)", organization],
    ]);
    expect(await privacy.getReceipt({ id })).toMatchObject({ receipt: { id } });
    const { entries } = await gateway.client(AuditService).listAuditEntries({});
    expect(entries.slice(0, 2).map(({ action }) => action)).toEqual([
      "person.erase",
      "person.export",
    ]);
    const said = JSON.stringify(entries, (_, value) =>
      typeof value === "bigint" ? String(value) : value,
    );
    expect([user, email, "user of acme"].filter((one) => said.includes(one))).toEqual([]);
  });

  it("lets admins of an organization reach their own alone", async () => {
    const gateway = await startTenantGateway({ kind: "memory" });
    const one = await makeTenant(gateway, "one");
    const other = await makeTenant(gateway, "other");
    await gateway.client(EndUserService).createEndUser({ endUser: { id: "eve" } });
    for (const { key } of [one, other])
      expect(await gateway.chat(key, { body: { user: "eve" } })).toBe(200);
    const privacy = gateway.client(PrivacyService, one.admin);
    const refusals = await Promise.all([
      codeOf(privacy.erase({ person: who("user", other.user) })),
      codeOf(privacy.erase({ person: who("user", "nobody") })),
      codeOf(
        privacy.erase({ person: { ...who("endUser", "eve"), organization: other.organization } }),
      ),
      codeOf(privacy.erase({ person: { ...who("user", one.user), organization: "one" } })),
      codeOf(privacy.erase({})),
      codeOf(gateway.client(PrivacyService, one.key).erase({ person: who("user", one.user) })),
    ]);
    expect(refusals).toEqual([
      ...[Code.NotFound, Code.NotFound, Code.NotFound, Code.InvalidArgument],
      ...[Code.InvalidArgument, Code.PermissionDenied],
    ]);
    const request = { person: who("endUser", "eve"), idempotencyKey: "k" };
    const { id, receipt } = await privacy.erase(request);
    expect(receipt).toMatchObject({ kind: PersonKind.END_USER, organization: one.organization });
    expect(await privacy.erase(request)).toMatchObject({ id, receipt: { id } });
    expect(await codeOf(privacy.erase({ ...request, person: who("user", one.user) }))).toBe(
      Code.AlreadyExists,
    );
    const { calls } = await gateway
      .client(UsageService)
      .listCalls({ filter: { operations: ["chat"] } });
    expect(calls.map((call) => [call.organization, call.endUser])).toEqual([
      [other.organization, "eve"],
      [one.organization, "(erased)"],
    ]);
    // End users are of the whole gateway, and so is who deletes them.
    expect(await gateway.client(EndUserService).getEndUser({ id: "eve" })).toMatchObject({});
    const { receipts } = await privacy.listReceipts({});
    expect(receipts.map((one) => one.id)).toEqual([id]);
    const elsewhere = gateway.client(PrivacyService, other.admin);
    expect((await elsewhere.listReceipts({})).receipts).toEqual([]);
    expect(await codeOf(elsewhere.getReceipt({ id }))).toBe(Code.NotFound);
  });
});
