import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { expect, onTestFinished, test } from "vitest";
import { KeyService } from "../../gen/parlance/admin/v1/key_service_pb.js";
import { ModelService } from "../../gen/parlance/admin/v1/model_service_pb.js";
import { ChatService } from "../../gen/parlance/chat/v1/chat_service_pb.js";
import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import { startGateway } from "../../src/serve.ts";
import { type IssuerServer, startIssuer, startMs } from "./token-issuer-server.ts";

/** A gateway with one key, whose callers may show tokens of an issuer too. */
async function startTokenGateway() {
  const issuer = await startIssuer();
  const records: CallRecord[] = [];
  const config = `
server: { port: 0 }
providers: { sim: { kind: sim } }
keys:
  - { name: shop, value: { value: sk-shop }, models: ["sim/*"] }
  - { name: team, value: { value: sk-team }, team: support }
teams: [{ name: support }]
identity:
  issuers:
    - name: corp
      issuer: ${issuer.issuer}
      audiences: [parlance]
      mappings:
        - { claim: groups, value: admins, admin: true }
        - { claim: groups, value: shop, key: shop }
        - { claim: groups, value: support, team: support, models: [sim/echo] }
        - { claim: groups, value: leads, team: support, role: TEAM_ADMIN }
        - { claim: groups, value: auditors, role: VIEWER }
`;
  const gateway = await startGateway({
    config,
    world: { record: (record) => records.push(record), wallMs: () => startMs },
  });
  onTestFinished(() => gateway.close());
  return { url: gateway.url, issuer, records };
}

function chat(url: string, token: string, model = "sim/echo") {
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "hi" }] }),
  });
}

const signFor = (issuer: IssuerServer, group: string) => issuer.sign({ groups: [group] });

test("REST takes a token in place of a key, and the record names the caller", async () => {
  const { url, issuer, records } = await startTokenGateway();
  const replies = [
    await chat(url, await signFor(issuer, "support")),
    await chat(url, await signFor(issuer, "shop")),
    await chat(url, "sk-shop"),
  ];
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(records.map(({ principal }) => principal)).toEqual(["corp/alice", "shop", "shop"]);
});

test("the models of a mapping hold", async () => {
  const { url, issuer } = await startTokenGateway();
  const reply = await chat(url, await signFor(issuer, "support"), "sim/other");
  expect([reply.status, await reply.json()]).toMatchObject([
    403,
    { error: { code: "permission_denied" } },
  ]);
});

test.each([
  ["no mapping fits", (issuer: IssuerServer) => signFor(issuer, "sales"), 403],
  ["it has expired", (issuer: IssuerServer) => issuer.sign({ exp: startMs / 1000 - 60 }), 401],
  [
    "the issuer is another",
    (issuer: IssuerServer) => issuer.sign({ iss: "https://x.example" }),
    401,
  ],
])("a token is refused before the body is read where %s", async (_, sign, status) => {
  const { url, issuer } = await startTokenGateway();
  const headers = { authorization: `Bearer ${await sign(issuer)}`, "content-type": "text/plain" };
  const reply = await fetch(`${url}/v1/chat/completions`, { method: "POST", headers, body: "{" });
  expect(reply.status).toBe(status);
});

test.each([
  ["Connect", createConnectTransport],
  ["gRPC", createGrpcTransport],
] as const)("%s takes tokens, and only those of admins for what admins do", async (_, create) => {
  const { url, issuer } = await startTokenGateway();
  const transport =
    create === createGrpcTransport
      ? createGrpcTransport({ baseUrl: url })
      : createConnectTransport({ baseUrl: url, httpVersion: "2" });
  const headersFor = async (group: string) => ({
    headers: { authorization: `Bearer ${await signFor(issuer, group)}` },
  });
  const { completion } = await createClient(ChatService, transport).complete(
    {
      chat: {
        model: "sim/echo",
        messages: [{ parts: [{ content: { case: "text", value: { text: "hi" } } }], role: 2 }],
      },
    },
    await headersFor("support"),
  );
  expect(completion).toBeDefined();
  const models = createClient(ModelService, transport);
  const drain = { model: "sim/echo", target: "sim/echo", state: 2 };
  await expect(models.setTargetState(drain, await headersFor("support"))).rejects.toThrow(
    "key corp/alice may not set the state of targets",
  );
});

test("the role of a mapping says which keys its callers see", async () => {
  const { url, issuer } = await startTokenGateway();
  const keys = createClient(
    KeyService,
    createConnectTransport({ baseUrl: url, httpVersion: "1.1" }),
  );
  const idsFor = async (group: string) => {
    const headers = { authorization: `Bearer ${await signFor(issuer, group)}` };
    const listed = await keys.listKeys({}, { headers });
    return listed.keys.map(({ id }) => id);
  };
  expect(await idsFor("admins")).toEqual(["shop", "team"]);
  expect(await idsFor("auditors")).toEqual(["shop", "team"]);
  expect(await idsFor("leads")).toEqual(["team"]);
  const headers = { authorization: `Bearer ${await signFor(issuer, "auditors")}` };
  await expect(keys.createKey({ key: {} }, { headers })).rejects.toThrow("permission_denied");
});
