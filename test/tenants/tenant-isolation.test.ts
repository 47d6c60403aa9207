import {
  create,
  type DescMethod,
  fromJson,
  type JsonObject,
  toJsonString,
} from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { beforeAll, describe, expect, it } from "vitest";
import { AuditService } from "../../gen/parlance/admin/v1/audit_service_pb.js";
import { KeyKind } from "../../gen/parlance/admin/v1/key_pb.js";
import { KeyService } from "../../gen/parlance/admin/v1/key_service_pb.js";
import { OrganizationService } from "../../gen/parlance/admin/v1/organization_service_pb.js";
import { TeamService } from "../../gen/parlance/admin/v1/team_service_pb.js";
import { UserService } from "../../gen/parlance/admin/v1/user_service_pb.js";
import { startGateway } from "../../src/serve.ts";
import { rootKey, transportOf } from "./tenant-gateway.ts";

const services = [KeyService, TeamService, UserService, OrganizationService, AuditService];
const methods = services.flatMap((service) => service.methods);
const roles = ["organization admin", "team admin", "viewer", "caller"] as const;

/** What there is of one organization. */
interface Owned {
  readonly organization: string;
  readonly team: string;
  readonly user: string;
  readonly key: string;
  readonly values: Readonly<Record<(typeof roles)[number], string>>;
}

let url = "";
let mine: Owned;
let theirs: Owned;

async function makeTenants(name: string): Promise<Owned> {
  const transport = transportOf(url, rootKey);
  const keys = createClient(KeyService, transport);
  const made = await createClient(OrganizationService, transport).createOrganization({
    organization: { name },
  });
  const organization = made.organization?.id ?? "";
  const { team } = await createClient(TeamService, transport).createTeam({
    team: { name: `${name}-team`, organization },
  });
  const { user } = await createClient(UserService, transport).createUser({
    user: { name: `${name}-user`, organization },
  });
  const make = async (kind: KeyKind, ofTeam: boolean) =>
    keys.createKey({
      key: {
        kind,
        organization,
        alias: `${name}-${kind}-${ofTeam}`,
        team: ofTeam ? (team?.id ?? "") : "",
      },
    });
  const caller = await make(KeyKind.INFERENCE, true);
  return {
    organization,
    team: team?.id ?? "",
    user: user?.id ?? "",
    key: caller.key?.id ?? "",
    values: {
      "organization admin": (await make(KeyKind.ADMIN, false)).value,
      "team admin": (await make(KeyKind.ADMIN, true)).value,
      viewer: (await make(KeyKind.READ_ONLY, false)).value,
      caller: caller.value,
    },
  };
}

beforeAll(async () => {
  const config = JSON.stringify({
    server: { host: "127.0.0.1", port: 0 },
    auth: { admin_key: { value: rootKey } },
    providers: { sim: { kind: "sim" } },
  });
  const gateway = await startGateway({ config });
  url = gateway.url;
  mine = await makeTenants("mine");
  theirs = await makeTenants("theirs");
  return () => gateway.close();
});

/** A request that means what the other organization has, wherever its fields name something. */
function requestFor({ input, parent }: DescMethod): JsonObject {
  const kind = parent.name.replace("Service", "").toLowerCase();
  const ids: Readonly<Record<string, string>> = { ...idsOf(theirs), id: idOf(kind) };
  const request: JsonObject = {};
  for (const field of input.fields) {
    if (field.fieldKind === "message" && field.name === kind) request[field.name] = bodyOf(kind);
    else if (field.fieldKind === "scalar" && ids[field.name] !== undefined)
      request[field.name] = ids[field.name] ?? "";
    else if (field.name === "role") request[field.name] = "ROLE_MEMBER";
  }
  return request;
}

function idOf(kind: string): string {
  return idsOf(theirs)[kind] ?? theirs.key;
}

function idsOf({ organization, team, user, key }: Owned): Readonly<Record<string, string>> {
  return { organization, team, user, key };
}

function bodyOf(kind: string): JsonObject {
  const { organization, team } = theirs;
  const name = kind === "key" ? {} : { name: "taken-over" };
  const place = kind === "organization" ? {} : { organization };
  return { id: idOf(kind), ...name, ...place, ...(kind === "key" ? { team } : {}), blocked: true };
}

async function callAs(value: string, method: DescMethod): Promise<string> {
  const { input, output, parent } = method;
  if (method.methodKind !== "unary") throw new Error(`${method.name} is a stream`);
  const message = fromJson(input, requestFor(method));
  const unary = { ...method, methodKind: "unary" as const };
  const transport = transportOf(url, value);
  const reply = await transport.unary(
    unary,
    undefined,
    undefined,
    undefined,
    create(input, message),
  );
  expect(reply.method.parent).toBe(parent);
  return toJsonString(output, reply.message);
}

const refusals: ReadonlySet<Code> = new Set([Code.NotFound, Code.PermissionDenied]);

describe("what another organization has", () => {
  for (const role of roles)
    it.each(methods.map((method) => [`${method.parent.name}/${method.name}`, method] as const))(
      `is neither seen nor changed by a ${role} over %s`,
      async (_, method) => {
        let said = "";
        try {
          said = await callAs(mine.values[role], method);
        } catch (error) {
          expect(refusals).toContain(ConnectError.from(error).code);
        }
        for (const id of Object.values(idsOf(theirs))) expect(said).not.toContain(id);
      },
    );

  it("is there for the admin of the gateway afterwards, as it was", async () => {
    const transport = transportOf(url, rootKey);
    const { key } = await createClient(KeyService, transport).getKey({ id: theirs.key });
    const { team } = await createClient(TeamService, transport).getTeam({ id: theirs.team });
    expect([key?.blocked, team?.blocked, team?.name]).toEqual([false, false, "theirs-team"]);
    const { keys } = await createClient(KeyService, transport).listKeys({ team: theirs.team });
    expect(keys).toHaveLength(2);
  });
});
