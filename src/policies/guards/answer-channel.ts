import { beforeCrossing, type Finding } from "../../core/guard/detector.ts";
import type { GuardStageName } from "../../core/guard/guard-note.ts";
import { mapStrings } from "../../json/map-strings.ts";
import { type Check, checkText, type LocalCheck, type ServiceCheck } from "./check.ts";

/** A part of a text that another one stands for. Places are counted from its beginning. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What grows in a channel. */
export interface ChannelText {
  readonly stage: GuardStageName;
  /** Whether it is JSON, which is looked at when it is whole. */
  readonly json: boolean;
  /** The tool whose arguments it is. Absent: none. */
  readonly tool?: string | undefined;
}

/** So many characters come before they are looked at, once the first were, which go on at once. */
const scanStep = 24;
const firstScans = 64;

/** A service is asked about the beginning of a text from so many characters on, then of twice as many. */
const firstAsk = 256;

/**
 * A text of an answer that grows, as its checks let it go on. Checks that look by themselves go
 * first, and services get what those have left.
 */
export class AnswerChannel {
  readonly #stage: GuardStageName;
  readonly #json: boolean;
  readonly #tool: string | undefined;
  /** Look at the text as it comes. */
  readonly #windowed: readonly LocalCheck[];
  /** Look at the text when it is whole. */
  readonly #late: readonly LocalCheck[];
  readonly #services: readonly ServiceCheck[];
  readonly #lookBehind: number;
  /** Nothing goes on before the text is whole. */
  readonly #holdsAll: boolean;
  readonly #holds: boolean;
  /** The text from `#tailStart` on. */
  #tail = "";
  #tailStart = 0;
  #length = 0;
  /** So far all is found that there is. */
  #scanned = 0;
  /** So far services have said yes. */
  #agreed = 0;
  #nextAsk = firstAsk;
  /** The text up to `#scanned`, as windowed checks leave it; not kept where nobody wants it. */
  #left = "";
  readonly #spans: Span[] = [];
  #nextSpan = 0;
  /** So much of the text was handed on before. */
  #begun = 0;
  /** What stands in the place of the whole text behind that. */
  #instead: string | undefined;
  #ended = false;
  readonly #asking = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(checks: readonly Check[], { stage, json, tool }: ChannelText) {
    this.#stage = stage;
    this.#json = json;
    this.#tool = tool;
    const local = checks.filter((check) => check.kind === "local");
    const comes = ({ detector }: LocalCheck) => !json && detector.openFrom !== undefined;
    this.#windowed = local.filter(comes);
    this.#late = local.filter((check) => !comes(check));
    this.#services = checks.filter((check) => check.kind === "service");
    this.#lookBehind = this.#windowed.reduce(lookBehindOf, 0);
    this.#holdsAll =
      this.#late.some(({ holds }) => holds) ||
      this.#services.some(({ holds, replaces }) => holds && replaces);
    this.#holds = checks.some(({ holds }) => holds);
  }

  /** How much of the text may go on. */
  get cleared(): number {
    if (this.#ended || !this.#holds) return this.#length;
    if (this.#holdsAll) return 0;
    const agreed = this.#services.some(({ holds }) => holds) ? this.#agreed : this.#length;
    const scanned = this.#windowed.some(({ holds }) => holds) ? this.#scanned : this.#length;
    return Math.min(agreed, scanned);
  }

  /** How long the text is. */
  get length(): number {
    return this.#length;
  }

  /** Whether it is whole already, so that nothing may come behind it. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Begins with a text that was looked at and handed on. Called before anything is added. */
  goOn(said: string): void {
    this.#begun = said.length;
    this.#agreed = said.length;
    this.add(said);
    this.#leave(said.length);
  }

  /** Adds to the text. */
  add(text: string): void {
    this.#tail += text;
    this.#length += text.length;
  }

  /**
   * Looks at what came. Throws or rejects with a GatewayError where the call may not go on. Gives
   * undefined where nothing is waited for, as at the end.
   */
  advance(): Promise<void> | undefined {
    if (this.#ended) return undefined;
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#windowed.length > 0 && this.#isDue()) this.#scan(false);
    if (this.#windowed.length === 0) this.#leave(this.#length);
    if (this.#scanned < this.#nextAsk || this.#json) return undefined;
    this.#nextAsk = 2 * this.#scanned;
    if (this.#services.length > 0) return this.#askServices();
    this.#agreed = this.#scanned;
    return undefined;
  }

  async #askServices(): Promise<void> {
    for (const service of this.#services) {
      if (service.replaces) continue;
      if (service.holds) await this.#ask(service);
      else this.#askMeanwhile(service);
    }
    this.#agreed = this.#scanned;
  }

  /** Looks at the whole text: nothing comes behind it. */
  async end(): Promise<void> {
    if (this.#ended) return;
    if (this.#windowed.length > 0) this.#scan(true);
    else this.#leave(this.#length);
    if (this.#late.length > 0 || this.#services.length > 0) await this.#endWhole();
    await Promise.all(this.#asking);
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#ended = true;
  }

  /**
   * The text that stands for one that was added and that begins at a place. Those are asked for in
   * their order.
   */
  textFor(start: number, text: string): string {
    if (this.#instead !== undefined) return start === this.#begun ? this.#instead : "";
    while ((this.#spans[this.#nextSpan]?.end ?? Number.POSITIVE_INFINITY) <= start)
      this.#nextSpan += 1;
    return withSpans(text, start, this.#spans, this.#nextSpan);
  }

  #isDue(): boolean {
    const waiting = this.#length - this.#scanned;
    return this.#length < firstScans || waiting >= scanStep;
  }

  #scan(whole: boolean): void {
    const tail = this.#tail;
    const from = this.#scanned - this.#tailStart;
    const looked = this.#windowed.map((check) => this.#look(check, tail, from, whole));
    let open = tail.length;
    if (!whole) {
      for (const one of looked) open = Math.min(open, one.open);
      const all = looked.flatMap(({ findings }) => findings);
      open = beforeCrossing(all, open);
    }
    const spans = joinSpans(
      looked.flatMap(({ check, findings }) =>
        this.#spansOf(
          check,
          findings.filter(({ end }) => end <= open),
        ),
      ),
    );
    for (const span of spans) this.#spans.push(span);
    this.#leave(this.#tailStart + open, spans);
  }

  /** What a check finds in the tail from a place on, and up to where nothing follows that it may find. */
  #look(check: LocalCheck, tail: string, from: number, whole: boolean) {
    const { detector, sourceOf, meter } = check;
    const startedMs = meter?.nowMs() ?? 0;
    const source = sourceOf(this.#tool);
    const findings = detector.find(tail, from, source);
    const open = whole ? tail.length : (detector.openFrom?.(tail, from, source) ?? from);
    meter?.took(this.#stage, meter.nowMs() - startedMs);
    return { check, findings, open };
  }

  /** What stands in the place of what is found in the tail. */
  #spansOf({ found }: LocalCheck, findings: readonly Finding[]): readonly Span[] {
    const replace = findings.length === 0 ? undefined : found(findings, this.#stage, true);
    if (replace === undefined) return [];
    return findings.map((finding) => ({
      start: this.#tailStart + finding.start,
      end: this.#tailStart + finding.end,
      text: replace(finding, this.#tail.slice(finding.start, finding.end)),
    }));
  }

  /** Notes that all is found up to a place, and forgets what no check looks at again. */
  #leave(scanned: number, spans: readonly Span[] = []): void {
    if (this.#late.length > 0 || this.#services.length > 0) {
      const start = this.#scanned - this.#tailStart;
      const text = this.#tail.slice(start, scanned - this.#tailStart);
      this.#left += withSpans(text, this.#scanned, spans, 0);
    }
    this.#scanned = scanned;
    const keep = Math.max(this.#tailStart, scanned - this.#lookBehind);
    this.#tail = this.#tail.slice(keep - this.#tailStart);
    this.#tailStart = keep;
  }

  async #ask(service: ServiceCheck): Promise<void> {
    if (this.#left !== "") await service.ask(this.#stage, [this.#left]);
  }

  #askMeanwhile(service: ServiceCheck): void {
    const asking = this.#ask(service).then(
      () => void this.#asking.delete(asking),
      (error: unknown) => {
        this.#failure ??= { error };
      },
    );
    this.#asking.add(asking);
  }

  /** What looks at forms of texts gets the strings of JSON, what judges a text gets it whole. */
  #checkWhole(check: LocalCheck, text: string): string {
    const checked = (one: string) =>
      one === "" ? one : checkText(check, one, this.#stage, { tool: this.#tool });
    const looksAtForms = check.detector.openFrom !== undefined;
    return this.#json && looksAtForms ? mapStrings(text, checked) : checked(text);
  }

  async #endWhole(): Promise<void> {
    let text = this.#left;
    for (const check of this.#late) text = this.#checkWhole(check, text);
    for (const service of this.#services) {
      if (text === "") break;
      const replaced = await service.ask(this.#stage, [text]);
      text = replaced?.[0] ?? text;
    }
    if (text !== this.#left) this.#instead = behind(text, this.#left.slice(0, this.#begun));
  }
}

/** A text behind its beginning; all of it where it begins in another way. */
function behind(text: string, beginning: string): string {
  return text.startsWith(beginning) ? text.slice(beginning.length) : text;
}

function lookBehindOf(max: number, { detector }: LocalCheck): number {
  return Math.max(max, detector.lookBehind);
}

/** Spans in order. Those that overlap become one, so that nothing between them is left. */
function joinSpans(spans: readonly Span[]): readonly Span[] {
  const joined: Span[] = [];
  for (const span of spans.toSorted((one, other) => one.start - other.start)) {
    const last = joined.at(-1);
    if (last === undefined || last.end <= span.start) joined.push(span);
    else joined[joined.length - 1] = { ...last, end: Math.max(last.end, span.end) };
  }
  return joined;
}

/** A text that begins at a place, with the spans from the `first` on that are in it. */
function withSpans(text: string, start: number, spans: readonly Span[], first: number): string {
  const end = start + text.length;
  let out = "";
  let at = start;
  for (let index = first; index < spans.length; index += 1) {
    const span = spans[index];
    if (span === undefined || span.start >= end) break;
    if (span.start > at) out += text.slice(at - start, span.start - start);
    if (span.start >= start) out += span.text;
    at = Math.min(span.end, end);
  }
  return out + text.slice(at - start);
}
