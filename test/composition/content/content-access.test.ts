import { join } from "node:path";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { describe, expect, it } from "vitest";
import { Role } from "../../../gen/parlance/access/v1/access_pb.js";
import { AuditService } from "../../../gen/parlance/admin/v1/audit_service_pb.js";
import { ContentService } from "../../../gen/parlance/admin/v1/content_service_pb.js";
import { KeyKind } from "../../../gen/parlance/admin/v1/key_pb.js";
import { KeyService } from "../../../gen/parlance/admin/v1/key_service_pb.js";
import { OrganizationService } from "../../../gen/parlance/admin/v1/organization_service_pb.js";
import { PrivacyService } from "../../../gen/parlance/admin/v1/privacy_service_pb.js";
import { TeamService } from "../../../gen/parlance/admin/v1/team_service_pb.js";
import { UserService } from "../../../gen/parlance/admin/v1/user_service_pb.js";
import { presentKey } from "../../../src/composition/own-key.ts";
import { startPostgres } from "../../store/postgres-server.ts";
import { scratchFolder, startStoring } from "../../store/store-gateway.ts";
import { temporaryJournal } from "../../store/temporary-journal.ts";
import { allContent } from "./content-gateway.ts";

const admin = "admin-key-0123456789";

async function serving(kind: "sqlite" | "postgres") {
  const store =
    kind === "sqlite"
      ? { sqlite: { path: join(scratchFolder(), "parlance.db") } }
      : {
          postgres: { url: { value: await (await startPostgres()).createDatabase() } },
          journal: { path: temporaryJournal() },
        };
  const { gateway } = await startStoring(store, {
    auth: { admin_key: { value: admin } },
    privacy: { ...allContent, content: { sample_percent: 0 } },
    guards: [
      { name: "pii", pii: {}, action: "MASK" },
      { name: "words", secrets: {} },
    ],
  });
  const transport = (key: string) =>
    createConnectTransport({
      baseUrl: gateway.url,
      httpVersion: "1.1",
      interceptors: [presentKey(() => key)],
    });
  const contents = (key: string) => createClient(ContentService, transport(key));
  const chat = async (key: string, text: string): Promise<string> => {
    const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({
        model: "fast",
        user: "eve",
        messages: [{ role: "user", content: text }],
      }),
    });
    await reply.text();
    expect(reply.status).toBe(200);
    return reply.headers.get("x-parlance-call-id") ?? "";
  };
  const makeKey = async (key: object, by = admin): Promise<string> =>
    (await createClient(KeyService, transport(by)).createKey({ key })).value;
  return { gateway, transport, contents, chat, makeKey };
}

const codeOf = (run: Promise<unknown>): Promise<Code | undefined> =>
  run.then(
    () => undefined,
    (error) => ConnectError.from(error).code,
  );

const actionsIn = async (audit: Client<typeof AuditService>) => {
  const { entries } = await audit.listAuditEntries({ objectKind: "content" });
  return entries.map(({ action, objectId, team }) => [action, objectId, team]);
};

for (const kind of ["sqlite", "postgres"] as const)
  describe(`stored content in ${kind}`, () => {
    it("is read by readers of its team alone, and each read is in the audit", async () => {
      const { transport, contents, chat, makeKey } = await serving(kind);
      const teams = createClient(TeamService, transport(admin));
      const made = async (name: string) =>
        (await teams.createTeam({ team: { name, content: { redact: ["pii"] } } })).team?.id ?? "";
      const [a, b] = [await made("a"), await made("b")];
      const call = await chat(await makeKey({ team: a }), "mail ada@example.com");
      await chat("dev-key-0123456789", "of a team that stores nothing");
      const user = await createClient(UserService, transport(admin)).createUser({
        user: { name: "reader" },
      });
      const member = { team: a, user: user.user?.id ?? "", role: Role.CONTENT_READER };
      await teams.setTeamMember(member);
      const reader = KeyKind.CONTENT_READER;
      const readers = [
        await makeKey({ kind: reader }),
        await makeKey({ kind: reader, team: a }),
        await makeKey({ kind: reader, user: member.user }),
        await makeKey({ kind: KeyKind.ADMIN, user: member.user }),
      ];
      for (const key of readers) {
        const { content } = await contents(key).getContent({ callId: call });
        expect(content?.messages).toMatchObject([{ role: "user", text: "mail [EMAIL]" }]);
        expect(content?.entry).toMatchObject({ callId: call, team: a });
        const { entries } = await contents(key).listContent({ endUser: "eve", team: a });
        expect(entries.map(({ callId }) => callId)).toEqual([call]);
      }
      const [everywhere = ""] = readers;
      expect((await contents(everywhere).listContent({ endUser: "bob" })).entries).toEqual([]);
      const audit = createClient(AuditService, transport(admin));
      const read = ["content.read", call, a];
      expect(await actionsIn(audit)).toEqual([read, read, read, read]);

      const refused: readonly (readonly [key: string, code: Code])[] = [
        [admin, Code.PermissionDenied],
        [await makeKey({ kind: KeyKind.ADMIN }), Code.PermissionDenied],
        [await makeKey({ kind: KeyKind.READ_ONLY }), Code.PermissionDenied],
        [await makeKey({ kind: KeyKind.ADMIN, team: a }), Code.PermissionDenied],
        [await makeKey({ kind: KeyKind.READ_ONLY, user: member.user }), Code.PermissionDenied],
        ["dev-key-0123456789", Code.PermissionDenied],
        [await makeKey({ kind: reader, team: b }), Code.NotFound],
      ];
      for (const [key, code] of refused)
        expect(await codeOf(contents(key).getContent({ callId: call }))).toBe(code);
      expect(await codeOf(contents(admin).listContent({}))).toBe(Code.PermissionDenied);
      expect(await codeOf(contents("sk-nobody").getContent({ callId: call }))).toBe(
        Code.Unauthenticated,
      );
      const refusal = ["content.refuse", call, ""];
      const refusals = (await actionsIn(audit)).slice(0, -4);
      expect(refusals).toEqual([["content.refuse", "", ""], ...refused.map(() => refusal)]);
    });
  });

describe("reading stored content", () => {
  it("may be given to read by admins and by who reads it there, and by no others", async () => {
    const { transport, makeKey, contents, chat } = await serving("sqlite");
    const { organization } = await createClient(
      OrganizationService,
      transport(admin),
    ).createOrganization({ organization: { name: "org" } });
    const place = { organization: organization?.id ?? "" };
    const teams = createClient(TeamService, transport(admin));
    const { team } = await teams.createTeam({ team: { name: "t", content: {}, ...place } });
    const owner = await makeKey({ kind: KeyKind.ADMIN, ...place });
    const reader = { kind: KeyKind.CONTENT_READER, ...place };
    expect(await codeOf(makeKey(reader, owner))).toBe(Code.PermissionDenied);
    const users = createClient(UserService, transport(owner));
    const role = Role.CONTENT_READER;
    expect(await codeOf(users.createUser({ user: { name: "u", role, ...place } }))).toBe(
      Code.PermissionDenied,
    );
    const { user } = await users.createUser({ user: { name: "u", ...place } });
    const member = { team: team?.id ?? "", user: user?.id ?? "", role };
    const ofOwner = createClient(TeamService, transport(owner));
    expect(await codeOf(ofOwner.setTeamMember(member))).toBe(Code.PermissionDenied);
    const call = await chat(await makeKey({ team: team?.id ?? "" }), "hello");
    const { content } = await contents(await makeKey(reader)).getContent({ callId: call });
    expect(content?.answer).toContain("hello");

    // An admin exports what a person has said where it reads content too, and each read is noted.
    const both = await createClient(UserService, transport(admin)).createUser({
      user: { name: "both", role: Role.ADMIN },
    });
    const id = both.user?.id ?? "";
    const other = await teams.createTeam({ team: { name: "other", content: {} } });
    await teams.setTeamMember({ team: other.team?.id ?? "", user: id, role });
    const second = await chat(await makeKey({ team: other.team?.id ?? "" }), "second");
    const exported = async (key: string) => {
      const said: unknown[] = [];
      const person = { who: { case: "endUser", value: "eve" } } as const;
      const records = createClient(PrivacyService, transport(key)).exportPerson({ person });
      for await (const { record } of records)
        if (record.case === "content") said.push([record.value.entry?.callId, record.value.answer]);
      return said;
    };
    const found = [[second, expect.stringContaining("second")]];
    expect(await exported(await makeKey({ kind: KeyKind.ADMIN, user: id }))).toEqual(found);
    expect(await exported(admin)).toEqual([]);
    const [read] = await actionsIn(createClient(AuditService, transport(admin)));
    expect(read).toEqual(["content.read", second, other.team?.id]);
  });

  it("is refused for teams whose content could not be stored so", async () => {
    const { transport } = await serving("sqlite");
    const teams = createClient(TeamService, transport(admin));
    for (const redact of [["nobody"], ["words"]])
      expect(await codeOf(teams.createTeam({ team: { name: "t", content: { redact } } }))).toBe(
        Code.InvalidArgument,
      );
  });
});
