import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type { FrameText, StreamEncoder } from "../../core/dialect.ts";
import type { ChatClient } from "../shared/json-codec.ts";
import {
  createRetoldSearches,
  type RetoldSearches,
  retellCompletion,
  retellEnd,
  retellEvent,
  type SearchWords,
} from "./retold-searches.ts";

/** What a client has been sent so far, and which searches were among it. */
export interface RetellingState<S> {
  inner: S;
  readonly searches: RetoldSearches;
}

/**
 * The clients of a dialect, with the searches that vendors of other dialects made for their answers
 * in the words of the dialect, whole or streamed.
 */
export function retellingClient<S>(
  client: ChatClient<Completion, S>,
  words: SearchWords,
): ChatClient<Completion, RetellingState<S>> {
  return {
    ...client,
    encodeResponse: (completion, context) =>
      client.encodeResponse(retellCompletion(completion, words, context), context),
    stream: retellingStream(client.stream, words),
  };
}

function retellingStream<S>(
  stream: StreamEncoder<S>,
  words: SearchWords,
): StreamEncoder<RetellingState<S>> {
  const { passed } = stream;
  return {
    begin: (context) => ({
      inner: stream.begin(context),
      searches: createRetoldSearches(words, context),
    }),
    encodeEvent(state, event) {
      return [state, encodeAll(stream, state, retellEvent(state.searches, event))];
    },
    encodeEnd(state) {
      const frames = encodeAll(stream, state, retellEnd(state.searches));
      return [...frames, ...stream.encodeEnd(state.inner)];
    },
    ...(passed === undefined ? undefined : { passed: ({ inner }, wire) => passed(inner, wire) }),
    encodeStreamError: ({ inner }, fault) => stream.encodeStreamError(inner, fault),
  };
}

function encodeAll<S>(
  stream: StreamEncoder<S>,
  state: RetellingState<S>,
  events: readonly Event[],
): readonly FrameText[] {
  const frames: FrameText[] = [];
  for (const event of events) {
    const [inner, more] = stream.encodeEvent(state.inner, event);
    state.inner = inner;
    appendAll(frames, more);
  }
  return frames;
}
