import type {
  Decoded,
  Dialect,
  Encoded,
  EncodeOptions,
  Operation,
  Quirks,
  WireRequest,
} from "../../core/dialect.ts";

/** What a host wants otherwise than the dialect it speaks. */
export interface Rehosting<Q = Quirks> {
  /** The request as the host takes it: another path, a member of the body more or less. */
  request(request: WireRequest, operation: Operation, options: EncodeOptions<Q>): WireRequest;
  /** The options as the dialect is to see them. Absent: as they are. */
  options?(options: EncodeOptions<Q>): EncodeOptions<Q>;
}

/**
 * A dialect as another host serves it: each request that it makes is changed on its way out,
 * answers are its own. It keeps its name, so that a caller who speaks it is not translated.
 */
export function rehost<S, Q>(dialect: Dialect<S, Q>, host: Rehosting<Q>): Dialect<S, Q> {
  const { embed, countTokens, rerank, passthrough } = dialect;
  const seen = (options: EncodeOptions<Q>): EncodeOptions<Q> => host.options?.(options) ?? options;
  const moved = (
    encoded: Decoded<Encoded>,
    operation: Operation,
    options: EncodeOptions<Q>,
  ): Decoded<Encoded> => {
    if (!encoded.ok) return encoded;
    const { request, report } = encoded.value;
    return { ok: true, value: { request: host.request(request, operation, options), report } };
  };
  const withEncoder = <
    T,
    D extends { encodeRequest(asked: T, options: EncodeOptions<Q>): Decoded<Encoded> },
  >(
    operation: Operation,
    inner: D,
  ): D => ({
    ...inner,
    encodeRequest: (asked: T, options: EncodeOptions<Q>) =>
      moved(inner.encodeRequest(asked, seen(options)), operation, options),
  });
  return {
    ...withEncoder("chat", dialect),
    ...(embed === undefined ? {} : { embed: withEncoder("embed", embed) }),
    ...(countTokens === undefined ? {} : { countTokens: withEncoder("count_tokens", countTokens) }),
    ...(rerank === undefined ? {} : { rerank: withEncoder("rerank", rerank) }),
    passthrough: {
      ...passthrough,
      request: (operation, body, options) =>
        host.request(passthrough.request(operation, body, seen(options)), operation, options),
    },
  };
}
