import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { createSecretValue } from "../../src/config/secret-value.ts";
import { startGateway } from "../../src/serve.ts";
import { bigqueryPlace } from "../../src/sinks/places/bigquery-place.ts";
import { callRow } from "../store/ledger-rows.ts";
import { createTestSink } from "./test-sink.ts";

interface Inserted {
  readonly insertId: string;
  readonly json: Record<string, unknown>;
}

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();

/** BigQuery, and what issues tokens for it: each is good for one status that is not 200. */
async function startBigquery() {
  const service = { status: 200, url: "", tokens: 0, tries: 0, paths: new Set<string>() };
  const rows: Inserted[] = [];
  const refused = new Set<string>();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const reply = (status: number, json: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
    if (request.url === "/token") {
      service.tokens += 1;
      const assertion = new URLSearchParams(body).get("assertion") ?? "";
      const claims = JSON.parse(Buffer.from(assertion.split(".")[1] ?? "", "base64url").toString());
      expect(claims.scope).toBe("https://www.googleapis.com/auth/bigquery.insertdata");
      return reply(200, { access_token: `token-${service.tokens}`, expires_in: 3600 });
    }
    service.tries += 1;
    if (service.status === 0) return undefined;
    service.paths.add(request.url ?? "");
    if (service.status !== 200) return reply(service.status, {});
    if (request.headers.authorization !== `Bearer token-${service.tokens}`) return reply(401, {});
    const all: readonly Inserted[] = JSON.parse(body).rows;
    rows.push(...all.filter(({ insertId }) => !refused.has(insertId)));
    const insertErrors = all.flatMap(({ insertId }, index) =>
      refused.has(insertId) ? [{ index, errors: [{ reason: "invalid" }] }, { index }] : [],
    );
    return reply(200, insertErrors.length === 0 ? {} : { insertErrors });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  return Object.assign(service, { rows, refused });
}

it("BigQuery gets rows with the id of their call, by a service account of the config", async () => {
  const bigquery = await startBigquery();
  const key = {
    type: "service_account",
    project_id: "acme",
    client_email: "sink@acme.example",
    private_key: pem,
    token_uri: `${bigquery.url}/token`,
  };
  const credentials = `{ value: ${JSON.stringify(JSON.stringify(key))} }`;
  const gateway = await startGateway({
    port: 0,
    config: `
providers: { sim: { kind: sim } }
observe: { sinks: [{ bigquery: { dataset: llm, url: "${bigquery.url}", credentials: ${credentials} } }] }
`,
  });
  const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "sim/echo",
      messages: [{ role: "user", content: "secret words" }],
    }),
  });
  const id = reply.headers.get("x-parlance-call-id");
  await reply.text();
  await gateway.close();
  const path = "/bigquery/v2/projects/acme/datasets/llm/tables/parlance_calls/insertAll";
  expect([...bigquery.paths]).toEqual([path]);
  expect(bigquery.rows).toMatchObject([
    { insertId: id, json: { call_id: id, target: "sim/echo", stream: false } },
  ]);
  expect(JSON.stringify(bigquery.rows)).not.toContain("secret words");
});

it("rows wait while BigQuery fails, is silent or wants another token, and those it refuses are counted", async () => {
  const bigquery = await startBigquery();
  const { sink, clock, until, events, dropped, notices } = createTestSink({
    place: bigqueryPlace(
      {
        kind: "bigquery",
        url: bigquery.url,
        project: "acme",
        dataset: "llm",
        table: "calls",
        tokens: {
          kind: "service_account",
          scope: "https://www.googleapis.com/auth/bigquery.insertdata",
          tokenUrl: { origin: bigquery.url, path: "/token" },
          email: "sink@acme.example",
          keyId: "",
          privateKey: createSecretValue(pem),
          quotaProject: "",
        },
      },
      () => 0,
    ),
  });
  let count = 0;
  for (const status of [503, 0, 401]) {
    bigquery.status = status;
    const { tries } = bigquery;
    for (let at = 0; at < 130; at += 1) {
      const callId = `call-${count++}`;
      sink.record(() => callRow(callId));
    }
    await until(() => bigquery.tries > tries);
    if (status === 0) clock.advance(10_000);
  }
  bigquery.refused.add("call-7").add("call-300");
  bigquery.status = 200;
  await until(() => bigquery.rows.length >= count - 2);
  await sink.close(60_000);
  expect(new Set(bigquery.rows.map(({ insertId }) => insertId)).size).toBe(count - 2);
  expect(bigquery.tokens).toBeGreaterThan(1);
  expect(dropped()).toBe(2);
  expect(events()).toContain("sink_up");
  expect(JSON.stringify(notices)).not.toContain("token-");
  expect(bigquery.rows[0]?.json).toMatchObject({
    call_id: "call-0",
    end_time: "2026-05-03T10:30:00Z",
    cost_usd: "0.0000015",
    tags: ["web", "eu"],
    usage: { input_tokens: "10", tool_uses: [{ key: "web_search_requests", value: "2" }] },
    cost_parts_nano_usd: [{ key: "input", value: "1500" }],
    attempts: [{ target: "openai/gpt-5-mini", usage: { output_tokens: "5" } }],
  });
});
