import type { AttackOutcome, AttackReply } from "../client/attack-request.ts";
import { createH2Client } from "../client/h2-client.ts";
import { sendH1 } from "../client/send-h1.ts";
import { planted } from "../fuzz-config.ts";
import type { FuzzPart } from "../fuzz-part.ts";
import { judgeReply } from "../requests/judge-reply.ts";
import { callVendor, type VendorCall } from "../vendor/call-vendor.ts";
import type { Misbehaviour } from "../vendor/misbehaviour.ts";
import { misbehaviours } from "../vendor/misbehaviours.ts";
import { type Subject, subjects } from "../vendor/subjects.ts";

/** One call to a vendor that misbehaves. */
interface VendorCase {
  readonly subject: Subject;
  readonly bad: Misbehaviour;
  readonly stream: boolean;
}

/** Who is asked for replies that move many bytes. */
const fewSubjects: ReadonlySet<string> = new Set([
  "openai_compatible",
  "anthropic_compatible",
  "bedrock",
  "ollama",
]);

/** Every vendor in every way to misbehave, whole and streamed. */
const cases: readonly VendorCase[] = misbehaviours.flatMap((bad) =>
  subjects.flatMap((subject) => {
    if (bad.heavy === true && !fewSubjects.has(subject.name)) return [];
    const streams = subject.driven.row.operations.includes("chat");
    const forms = [...(bad.streamOnly === true ? [] : [false]), ...(streams ? [true] : [])];
    return forms.map((stream) => ({ subject, bad, stream }));
  }),
);

/** Every call ends by the gateway's bounds of time; this is for a machine that is busy. */
const waitMs = 60_000;

/** Vendors that answer badly. */
export const vendorsPart: FuzzPart = {
  name: "vendors",
  title: "calls to vendors that misbehave",
  count: cases.length,
  short: 400,
  concurrency: 32,
  gateways: ["plain"],
  begin(world) {
    const clients = Array.from({ length: 4 }, createH2Client);
    return {
      async run(at, report) {
        const { subject, bad, stream } = caseOf(at);
        const facts = { subject, stream, misbehaviour: bad.name, seed: world.seed, at };
        const call = callVendor(facts);
        const { port } = await world.gateway("plain");
        const outcome = await playCall(port, call, clients[at % clients.length]);
        const row = { ...facts, title: "", subject: subject.name };
        for (const problem of judgeCall(call, bad, outcome))
          report(problem, describe(at, call, outcome.replies), row);
      },
      end() {
        for (const client of clients) client.close();
      },
    };
  },
};

/** Sends a call and reads what comes of it. */
export function playCall(
  port: number,
  { request }: VendorCall,
  client = createH2Client(),
): Promise<AttackOutcome> {
  return request.protocol === "h2"
    ? client.send(port, request, waitMs)
    : sendH1(port, request, waitMs);
}

/** What is wrong with what came of a call; empty for nothing. */
export function judgeCall(
  { protocol }: VendorCall,
  bad: Misbehaviour,
  { replies, ending }: AttackOutcome,
): string[] {
  const rules = { secrets: planted.secrets, protocol, saysFailure: bad.saysFailure === true };
  const problems = replies.flatMap((reply) => judgeReply(reply, rules));
  if (ending === "late") problems.push(`no reply within ${waitMs / 1000} s`);
  return problems;
}

function caseOf(at: number): VendorCase {
  const found = cases[at];
  if (found === undefined) throw new Error(`there are cases 0 to ${cases.length - 1}, not ${at}`);
  return found;
}

function describe(at: number, { request }: VendorCall, replies: readonly AttackReply[]): string {
  const { subject, bad, stream } = caseOf(at);
  const told = replies.map(
    ({ status, headers, body }) =>
      `${status} ${JSON.stringify(headers).slice(0, 600)} ${body.toString("latin1", 0, 500)}`,
  );
  return `${subject.name} does ${bad.name}, ${stream ? "streamed" : "whole"}, ${request.protocol} ${request.target}\n=> ${told.join(" | ")}`;
}
