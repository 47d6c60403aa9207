import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type { Call } from "../../core/call.ts";
import type { MediaKind } from "../../core/dialect.ts";
import type { FetchedMedia } from "../../core/media.ts";
import type { WireOutlet } from "../../core/outlet.ts";
import { planMedia } from "./inline-media.ts";
import { planAnswers } from "./multiple-choices.ts";

/** A call as the dispatch would get it. */
export interface Rehearsal {
  readonly call: Call;
  readonly report: readonly FieldReport[];
  /** How many files would be fetched. Where there are some, the call holds stand-ins for them. */
  readonly fetches: number;
}

/**
 * What the policies in front of the dispatch would make of a chat, without doing any of it: nothing
 * is asked of anyone. Throws what they would throw.
 */
export function rehearse(outlet: WireOutlet, asked: Call): Rehearsal {
  let call = asked;
  const report: FieldReport[] = [];
  const media = planMedia(outlet, call);
  if (media !== undefined) {
    const { origin: _, ...translated } = call;
    call = { ...translated, request: media.request(({ kind }) => standIns[kind]) };
    appendAll(report, media.entries);
  }
  const answers = planAnswers(outlet, call);
  if (answers !== undefined) {
    const { origin: _, ...translated } = call;
    call = { ...translated, request: answers.request };
    report.push(answers.entry);
  }
  return { call, report, fetches: media?.places.length ?? 0 };
}

const standIns: Readonly<Record<MediaKind, FetchedMedia>> = {
  image: { data: new Uint8Array([0x89, 0x50, 0x4e, 0x47]), mediaType: "image/png" },
  audio: { data: new Uint8Array([0x49, 0x44, 0x33]), mediaType: "audio/mp3" },
  video: { data: new Uint8Array([0]), mediaType: "video/mp4" },
  document: { data: new Uint8Array([0x25, 0x50, 0x44, 0x46]), mediaType: "application/pdf" },
};
