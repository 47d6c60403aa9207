/**
 * What ten rules cost a call of 1 KB that none of them changes: `node bench/policies-rules.ts`.
 * Prints microseconds of CPU time a call, from its bytes to the stage behind the rules.
 */
import { openAiChatFacade } from "../src/adapters/openai-chat/index.ts";
import { loadConfig } from "../src/config/loading/load-config.ts";
import type { Call, Handler } from "../src/core/call.ts";
import { Life } from "../src/core/life.ts";
import { createTrace } from "../src/core/trace.ts";
import { readCall } from "../src/edge/rest/read-call.ts";
import { rulesPolicy } from "../src/policies/rules/rules.ts";
import { chatBody, promptBytes } from "./bodies.ts";
import { median } from "./statistics.ts";

const conditions = [
  "call.input_tokens > 4000 && !call.tools",
  "call.reasoning && call.message_count > 2 && !call.stream",
  'call.user == "ann" || "vip" in call.tags',
  'call.text.contains("zebra") && call.input_tokens < 200',
  'call.text.matches("(?i)(passport|iban) number")',
  'call.headers["x-tenant"] == "acme" && call.hour < 6',
  'has(call.metadata.tier) && call.metadata.tier == "gold"',
  "call.has_images && call.tool_count == 0 && call.temperature > 0.5",
  'call.response_format == "json_schema" && call.max_tokens > 4000',
  'call.key == "batch" && call.model == "slow" && call.dialect == "openai-chat"',
];

const loaded = loadConfig(
  {
    filename: "rules.json",
    text: JSON.stringify({
      providers: { a: { kind: "openai_compatible", base_url: "http://127.0.0.1:1/v1" } },
      models: [{ name: "m", targets: [{ model: "a/m" }] }],
      rule_headers: ["x-tenant"],
      rules: conditions.map((when, index) => ({ name: `r${index}`, when, route: "m" })),
    }),
  },
  {},
  () => "",
);
if (!loaded.ok) throw new Error(JSON.stringify(loaded.violations));

const stage = rulesPolicy(loaded.settings, {
  routingMembers: () => [],
  wallMs: Date.now,
  languageOf: () => "",
  notice: () => undefined,
});
if (stage === undefined) throw new Error("there are no rules");

const never = new Promise<never>(() => undefined);
const behind: Handler = () => never;
const ruled = stage.layer(behind);
const bytes = chatBody("openai", "m", promptBytes["1k"], false);
const clock = { nowMs: () => performance.now(), schedule: () => () => undefined };

function begin(): Call {
  const { request, origin } = readCall(
    { facade: openAiChatFacade, operation: "chat" },
    { bytes, contentType: "application/json" },
    {},
  );
  return {
    id: "1",
    model: "m",
    request,
    origin,
    header: () => undefined,
    life: new Life(clock),
    trace: createTrace(clock.nowMs),
  };
}

function microseconds(handler: Handler): number {
  const before = process.cpuUsage();
  for (let call = 0; call < callsOfRound; call += 1) void handler(begin());
  const { user, system } = process.cpuUsage(before);
  return (user + system) / callsOfRound;
}

const callsOfRound = 10_000;
const rounds = Array.from({ length: 15 }, () => [microseconds(behind), microseconds(ruled)]);
const [without = 0, with10 = 0] = [0, 1].map((at) =>
  median(rounds.map((round) => round[at] ?? Number.NaN)),
);
process.stdout.write(`| policies-rules | us a call |
| --- | --- |
| no rules | ${without.toFixed(1)} |
| ten rules | ${with10.toFixed(1)} |
| difference | ${(with10 - without).toFixed(1)} |
`);
