import { createClient, type Transport } from "@connectrpc/connect";
import { KeyService } from "../../../gen/parlance/admin/v1/key_service_pb.js";
import { OrganizationService } from "../../../gen/parlance/admin/v1/organization_service_pb.js";
import { TeamService } from "../../../gen/parlance/admin/v1/team_service_pb.js";
import { UserService } from "../../../gen/parlance/admin/v1/user_service_pb.js";

/** Finds the name of something by its id. */
type FindName = (transport: Transport, id: string) => Promise<string | undefined>;

const finders: ReadonlyMap<string, FindName> = new Map<string, FindName>([
  [
    "key",
    async (transport, id) => (await createClient(KeyService, transport).getKey({ id })).key?.alias,
  ],
  [
    "team",
    async (transport, id) =>
      (await createClient(TeamService, transport).getTeam({ id })).team?.name,
  ],
  [
    "user",
    async (transport, id) =>
      (await createClient(UserService, transport).getUser({ id })).user?.name,
  ],
  [
    "organization",
    async (transport, id) =>
      (await createClient(OrganizationService, transport).getOrganization({ id })).organization
        ?.name,
  ],
]);

/** More than so many are not looked up. */
const maxNames = 100;

/**
 * The names of keys, teams, users or organizations by their ids, as far as they are known and
 * whoever asks may see them. Undefined where sums are of something else, or none has a name beside
 * its id.
 */
export async function namesOfTenants(
  transport: Transport,
  by: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string> | undefined> {
  const find = finders.get(by);
  if (find === undefined) return undefined;
  const names = new Map<string, string>();
  for (const id of new Set(ids.filter((one) => one !== "").slice(0, maxNames))) {
    const name = await find(transport, id).catch(() => undefined);
    if (name !== undefined && name !== "" && name !== id) names.set(id, name);
  }
  return names.size === 0 ? undefined : names;
}
