import type { ContentLogging } from "../../../gen/parlance/config/v1/privacy_pb.js";
import { contentDefaults } from "../../config/content/privacy-settings.ts";
import type { Settings } from "../../config/settings.ts";
import type { Call, Handler, Reply } from "../../core/call.ts";
import type { Stage } from "../../core/compose.ts";
import type { Guard } from "../../core/guard/guard.ts";
import { boundContent, redactionMargin } from "../../core/ledger/call-content.ts";
import { isSampled } from "../../core/ledger/is-sampled.ts";
import { chat } from "../../core/operation.ts";
import { redactTexts } from "./redact-texts.ts";
import { SaidInAnswer } from "./said-in-answer.ts";
import { saidIn, textsOfRequest } from "./said-in-call.ts";

/** What content is redacted with. */
export interface ContentWorld {
  /** The guards of the settings by name. */
  readonly guards: ReadonlyMap<string, Guard>;
}

/**
 * The stage that keeps what is said in a call for the sinks and the spans that are to have it, and
 * for the store where the team of the call says so; undefined where nobody could have it. It never
 * fails a call.
 */
export function recordContentPolicy(settings: Settings, world: ContentWorld): Stage | undefined {
  const { sinks, tracing, privacy } = settings;
  const sinkBytes = Math.max(
    tracing?.contentBytes ?? 0,
    ...sinks.map(({ contentBytes }) => contentBytes),
  );
  // Teams of the store may say so at any time, but nothing is stored without a master key.
  const stores = privacy !== undefined && settings.store !== undefined;
  if (sinkBytes === 0 && !stores) return undefined;
  const ofTeams = new Map(settings.config.teams.map(({ name, content }) => [name, content]));
  const wantedOf = (call: Call): Wanted => ({
    sinkBytes: isChat(call) ? sinkBytes : 0,
    stored: stores ? storedOf(call, settings, ofTeams) : undefined,
  });
  return {
    name: "content",
    sees: (call) => (isChat(call) && isWanted(wantedOf(call)) ? "events" : "usage"),
    layer: (next) => (call) => {
      const wanted = wantedOf(call);
      return isWanted(wanted) ? recordContent(call, next, wanted, world) : next(call);
    },
  };
}

/** Who wants what is said in a call. */
interface Wanted {
  /** How many bytes sinks and spans get; 0: none. */
  readonly sinkBytes: number;
  /** How it is stored; undefined: it is not. */
  readonly stored: ContentLogging | undefined;
}

function isWanted({ sinkBytes, stored }: Wanted): boolean {
  return sinkBytes > 0 || stored !== undefined;
}

function isChat({ request }: Call): boolean {
  return request.operation === chat;
}

/** How the content of a call is stored; undefined where it is not. */
function storedOf(
  { id, principal, unguarded }: Call,
  { config }: Settings,
  ofTeams: ReadonlyMap<string, ContentLogging | undefined>,
): ContentLogging | undefined {
  // The question of a guard repeats what its call says, without what was masked there.
  if (principal === undefined || unguarded === true) return undefined;
  const team = principal.tenants?.find(({ kind }) => kind === "team");
  const own = team?.content ?? ofTeams.get(principal.team ?? "");
  const stored = own ?? config.privacy?.content;
  if (stored === undefined) return undefined;
  return isSampled(id, stored.samplePercent ?? contentDefaults.samplePercent) ? stored : undefined;
}

async function recordContent(
  call: Call,
  next: Handler,
  { sinkBytes, stored }: Wanted,
  { guards }: ContentWorld,
): Promise<Reply> {
  const maxBytes = stored?.maxBytes ?? contentDefaults.maxBytes;
  const storedBytes = stored === undefined ? 0 : maxBytes + redactionMargin;
  const answer = new SaidInAnswer(Math.max(sinkBytes, storedBytes));
  const said = () => ({ answer: answer.text, finish: answer.finish, cut: answer.cut });
  call.life.atEnd(() => {
    if (sinkBytes > 0)
      call.trace.said(boundContent({ messages: saidIn(call), ...said() }, sinkBytes));
    if (stored === undefined) return;
    call.trace.store({
      maxBytes,
      read: () => boundContent({ messages: textsOfRequest(call), ...said() }, storedBytes),
      redact: (texts) => redactTexts(texts, stored.redact, guards, call),
    });
  });
  return answer.watch(await next(call), call);
}
