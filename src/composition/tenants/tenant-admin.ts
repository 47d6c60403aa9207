import type { TenantAdmin } from "../../edge/gateway-api.ts";
import type { Reservations } from "../../state/reserve/reservations.ts";
import { auditMethods } from "./audit-methods.ts";
import { budgetMethods, endUserMethods } from "./budget-methods.ts";
import { idOfKey, keyMethods } from "./key-methods.ts";
import { type ObjectAdmin, required } from "./object-admin.ts";
import type { ObjectStoreOptions } from "./object-store.ts";
import { teamMethods } from "./team-methods.ts";

/** What the admin of tenants is made of. */
export interface TenantAdminOptions extends ObjectStoreOptions {
  /** What is spent of budgets. */
  readonly reservations: Pick<Reservations, "used" | "taken">;
}

/** The admin of what is known of persons. */
export interface PersonAdmin {
  readonly methods: TenantAdmin["privacy"];
  /** Goes on with erasures that are under way and that nobody does. */
  readonly resume: () => Promise<void>;
}

/**
 * Makes the admin of organizations, teams, users, keys, budgets and end users, and the reader of
 * the audit.
 */
export function createTenantAdmin(
  admin: ObjectAdmin,
  { reservations }: Pick<TenantAdminOptions, "reservations">,
  { methods: privacy }: Pick<PersonAdmin, "methods">,
): TenantAdmin {
  return {
    organizations: organizationMethods(admin),
    teams: teamMethods(admin),
    users: userMethods(admin),
    keys: keyMethods(admin),
    budgets: budgetMethods(admin, reservations),
    endUsers: endUserMethods(admin),
    audit: auditMethods(admin),
    privacy,
    idOfKey: (value) => idOfKey(admin, value),
  };
}

function organizationMethods(admin: ObjectAdmin): TenantAdmin["organizations"] {
  return {
    createOrganization: async ({ organization }, caller) => ({
      organization: await admin.create("organization", required(organization), caller),
    }),
    getOrganization: async ({ id }, caller) => ({
      organization: await admin.get("organization", id, caller),
    }),
    async listOrganizations({ pageSize, pageToken }, caller) {
      const query = { pageSize, pageToken, fits: () => true };
      const { found, nextPageToken } = await admin.list("organization", query, caller);
      return { organizations: found, nextPageToken };
    },
    updateOrganization: async ({ organization, updateMask }, caller) => ({
      organization: await admin.update(
        "organization",
        { wanted: required(organization), mask: updateMask },
        caller,
      ),
    }),
    async deleteOrganization(request, caller) {
      await admin.delete("organization", request, caller);
      return {};
    },
  };
}

function userMethods(admin: ObjectAdmin): TenantAdmin["users"] {
  const { directory } = admin.options;
  return {
    createUser: async ({ user, id }, caller) => ({
      user: await admin.create("user", required(user), caller, { id }),
    }),
    getUser: async ({ id }, caller) => ({ user: await admin.get("user", id, caller) }),
    async listUsers({ pageSize, pageToken, skip, organization, team, email }, caller) {
      await directory.catchUp();
      const inOrganization = admin.inOrganization(organization, caller);
      const teamId = admin.objects.idOf("team", team, caller.access, "team");
      const members = new Set(
        directory.all("member").flatMap((one) => (one.teamId === teamId ? one.userId : [])),
      );
      const isSameEmail = (id: string, wanted: string) =>
        directory.get("user", id)?.email.toLowerCase() === wanted.toLowerCase();
      const query = {
        pageSize,
        pageToken,
        skip,
        fits: (place: Parameters<typeof inOrganization>[0]) =>
          inOrganization(place) &&
          (teamId === "" || members.has(place.id)) &&
          (email === "" || isSameEmail(place.id, email)),
      };
      const { found, ...rest } = await admin.list("user", query, caller);
      return { users: found, ...rest };
    },
    updateUser: async ({ user, updateMask }, caller) => ({
      user: await admin.update("user", { wanted: required(user), mask: updateMask }, caller),
    }),
    async deleteUser(request, caller) {
      await admin.delete("user", request, caller);
      return {};
    },
  };
}
