import type { Codec, Codecs, Dialect, EncodeOptions } from "../../core/dialect.ts";
import { type OperationName, operations } from "../../core/operation.ts";
import type { Quirks } from "../../core/quirks.ts";
import type { WireRequest } from "../../core/wire-request.ts";

/** What a host wants otherwise than the dialect it speaks. */
export interface Rehosting<Q = Quirks> {
  /** The request as the host takes it: another path, a member of the body more or less. */
  request(request: WireRequest, operation: OperationName, options: EncodeOptions<Q>): WireRequest;
  /** The options as the dialect is to see them. Absent: as they are. */
  options?(options: EncodeOptions<Q>): EncodeOptions<Q>;
}

/** The half of a codec that makes requests, of whatever operation. */
type Encoder<Q> = Pick<Codec<never, unknown, Q>, "encodeRequest">;

/**
 * A dialect as another host serves it: each request that it makes is changed on its way out,
 * answers are its own. It keeps its name, so that a caller who speaks it is not translated.
 */
export function rehost<S, Q>(dialect: Dialect<S, Q>, host: Rehosting<Q>): Dialect<S, Q> {
  const { codecs, passthrough } = dialect;
  const seen = (options: EncodeOptions<Q>): EncodeOptions<Q> => host.options?.(options) ?? options;
  const moved = (name: OperationName, codec: Encoder<Q>): Encoder<Q> => ({
    ...codec,
    encodeRequest(message, options) {
      const encoded = codec.encodeRequest(message, seen(options));
      if (!encoded.ok) return encoded;
      const { request, report } = encoded.value;
      return { ok: true, value: { request: host.request(request, name, options), report } };
    },
  });
  const entries = Object.values(operations).flatMap(({ name }) => {
    const codec: Encoder<Q> | undefined = codecs[name];
    return codec === undefined ? [] : [[name, moved(name, codec)] as const];
  });
  return {
    ...dialect,
    // Each codec stays what it was but for the requests that it makes.
    codecs: Object.fromEntries(entries) as Codecs<Q, S>,
    passthrough: {
      ...passthrough,
      fit: (operation, origin, options) =>
        passthrough.fit?.(operation, origin, seen(options)) ?? "as_is",
      request: (operation, body, options) =>
        host.request(passthrough.request(operation, body, seen(options)), operation, options),
    },
  };
}
