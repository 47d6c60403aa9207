/**
 * What tenants and money cost a call of 1 KB in one dialect: a key of the store with three limits, its
 * budget and its team's, and a row of the ledger in SQLite, as a multiple of the same gateway
 * without them: `node bench/tenancy-all.ts [--smoke]`.
 */
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { KeyService } from "../gen/parlance/admin/v1/key_service_pb.js";
import { BudgetWindow } from "../gen/parlance/config/v1/budget_pb.js";
import { comparePrograms } from "./compare-programs.ts";
import { adminKey, benchTeam, parlanceProgram, tenancyProgram } from "./programs.ts";

/** Makes the key whose calls are measured. */
async function makeKey(origin: URL): Promise<string> {
  const transport = createConnectTransport({ baseUrl: origin.origin, httpVersion: "1.1" });
  const { value } = await createClient(KeyService, transport).createKey(
    {
      key: {
        alias: "bench",
        team: benchTeam,
        limits: {
          requestsPerMinute: 10_000_000,
          tokensPerMinute: 1_000_000_000,
          concurrent: 10_000,
        },
        budgets: [{ usd: "1000000", window: BudgetWindow.MONTH }],
      },
    },
    { headers: { authorization: `Bearer ${adminKey}` } },
  );
  return value;
}

await comparePrograms(
  {
    name: "tenancy-all",
    columns: ["without", "with"],
    budget: 1.15,
    contenders: (origins, workFolder, script) => [
      { program: parlanceProgram(origins, workFolder, script)() },
      {
        program: tenancyProgram(origins, workFolder, script),
        async request({ parlance }, origin) {
          const authorization = `Bearer ${await makeKey(origin)}`;
          return { ...parlance, headers: { ...parlance.headers, authorization } };
        },
      },
    ],
  },
  process.argv.slice(2),
);
