import type { AttackOutcome } from "../client/attack-request.ts";
import { createH2Client } from "../client/h2-client.ts";
import { sendH1 } from "../client/send-h1.ts";
import { planted } from "../fuzz-config.ts";
import type { FuzzPart } from "../fuzz-part.ts";
import { judgeReply } from "../requests/judge-reply.ts";
import { makeRequest, type RequestCase } from "../requests/make-request.ts";
import type { RequestRow } from "../rows.ts";

/** How long a reply may take, on the wall; and how long to wait where none need come. */
const waitMs = { reply: 60_000, nothing: 80 } as const;

/** Requests of all kinds to every path and method. */
export const requestsPart: FuzzPart = {
  name: "requests",
  title: "requests to every path and RPC, mutated",
  count: 20_000,
  short: 1500,
  concurrency: 12,
  gateways: ["plain"],
  begin(world) {
    const clients = Array.from({ length: 4 }, createH2Client);
    return {
      async run(at, report) {
        const made = makeRequest(world.seed, at);
        const { port } = await world.gateway("plain");
        const wait = made.ends ? waitMs.reply : waitMs.nothing;
        const client = clients[at % clients.length];
        const outcome =
          made.request.protocol === "h2" && client !== undefined
            ? await client.send(port, made.request, wait)
            : await sendH1(port, made.request, wait);
        for (const problem of judgeOutcome(made, outcome))
          report(problem, describe(made, outcome), rowOf(made));
      },
      end() {
        for (const client of clients) client.close();
      },
    };
  },
};

/** What is wrong with what came of a request; empty for nothing. */
export function judgeOutcome(
  { protocol, ends, request }: RequestCase,
  { replies, ending }: AttackOutcome,
): string[] {
  const problems = replies.flatMap((reply) =>
    judgeReply(reply, { secrets: planted.secrets, protocol }),
  );
  if (ending === "late" && ends) problems.push(`no reply within ${waitMs.reply / 1000} s`);
  // Over HTTP/1.1 a tunnel is refused by closing, and over HTTP/2 fields beyond the limit are.
  const closes = request.protocol === "h2" || request.method === "CONNECT";
  if (ending === "closed" && ends && !closes)
    problems.push("the connection was closed without a reply");
  return problems;
}

function describe({ request }: RequestCase, { replies }: AttackOutcome): string {
  const { protocol, method, target, headers, body, framing } = request;
  const fields = headers.map(([name, value]) => `${name}: ${value.slice(0, 80)}`).join("; ");
  const shown =
    body.length > 600 ? `${body.toString("latin1", 0, 600)}...` : body.toString("latin1");
  const reply = replies
    .map(({ status, body: told }) => `${status} ${told.toString("latin1", 0, 300)}`)
    .join(" | ");
  const head = `${protocol} ${method} ${target.slice(0, 200)} (${fields.slice(0, 1000)})`;
  return `${head} ${body.length} bytes by ${framing}:\n${JSON.stringify(shown)}\n=> ${JSON.stringify(reply)}`;
}

/** The request as a row; its framing is left out. */
function rowOf({ request, protocol }: RequestCase): RequestRow {
  const own = /^(authorization|x-api-key|api-key|x-goog-api-key|host)$/i;
  return {
    title: "",
    protocol: request.protocol,
    method: request.method,
    target: request.target,
    headers: request.headers.filter(([name]) => !own.test(name)),
    body: request.body.toString("latin1"),
    ...(protocol === undefined ? {} : { rpc: protocol }),
  };
}
