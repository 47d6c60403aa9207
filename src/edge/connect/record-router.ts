import {
  type ConnectRouter,
  createMethodImplSpec,
  createServiceImplSpec,
  type MethodImplSpec,
} from "@connectrpc/connect";
import { type MessageIterator, messagesOf } from "./streams/message-flow.ts";

/**
 * Turns what an implementation throws into the error to send. A ConnectError is to be returned as
 * it is.
 */
export type ErrorMapper = (error: unknown) => unknown;

/** Options that a service comes with; they go before those of the router. */
export type ServiceOptions = Parameters<ConnectRouter["rpc"]>[2];

/** Called with each method that is registered. */
export type MethodRecorder = (spec: MethodImplSpec, own: ServiceOptions) => void;

/**
 * A router that passes every method on to `router`, with its errors mapped, and records it.
 * Connect's router keeps no implementations that another handler could call.
 */
export function createRecordingRouter(
  router: ConnectRouter,
  mapError: ErrorMapper | undefined,
  record: MethodRecorder,
): ConnectRouter {
  function add(plain: MethodImplSpec, options: ServiceOptions): void {
    const spec = mapError === undefined ? plain : mapErrors(plain, mapError);
    // The union of kinds pairs each method with its implementation, which a single generic call
    // cannot express.
    router.rpc(spec.method, spec.impl as Parameters<ConnectRouter["rpc"]>[1], options);
    record(spec, options);
  }
  const recording: ConnectRouter = {
    handlers: router.handlers,
    service(service, implementation, options) {
      for (const spec of Object.values(createServiceImplSpec(service, implementation).methods))
        add(spec, options);
      return recording;
    },
    rpc(method, implementation, options) {
      add(createMethodImplSpec(method, implementation), options);
      return recording;
    },
  };
  return recording;
}

function mapErrors(spec: MethodImplSpec, mapError: ErrorMapper): MethodImplSpec {
  switch (spec.kind) {
    case "unary": {
      const impl: typeof spec.impl = (request, context) =>
        mapRejection(() => spec.impl(request, context), mapError);
      return { ...spec, impl };
    }
    case "client_streaming": {
      const impl: typeof spec.impl = (requests, context) =>
        mapRejection(() => spec.impl(requests, context), mapError);
      return { ...spec, impl };
    }
    case "server_streaming": {
      const impl: typeof spec.impl = (request, context) =>
        mapIterable(
          mapThrow(() => spec.impl(request, context), mapError),
          mapError,
        );
      return { ...spec, impl };
    }
    case "bidi_streaming": {
      const impl: typeof spec.impl = (requests, context) =>
        mapIterable(
          mapThrow(() => spec.impl(requests, context), mapError),
          mapError,
        );
      return { ...spec, impl };
    }
  }
}

async function mapRejection<T>(run: () => T | Promise<T>, mapError: ErrorMapper): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw mapError(error);
  }
}

function mapThrow<T>(run: () => T, mapError: ErrorMapper): T {
  try {
    return run();
  } catch (error) {
    throw mapError(error);
  }
}

/**
 * No generator, because its turns would cost a stream more for each message than the message does.
 */
function mapIterable<T>(iterable: AsyncIterable<T>, mapError: ErrorMapper): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator](): MessageIterator<T> {
      const messages = messagesOf(iterable);
      const { flow } = messages;
      const leave = async (): Promise<IteratorResult<T>> =>
        (await messages.return?.()) ?? { done: true, value: undefined };
      return {
        next: () => mapRejection(() => messages.next(), mapError),
        flow: flow && ((take) => mapRejection(() => flow(take), mapError)),
        return: () => mapRejection(leave, mapError),
        throw: (reason: unknown) =>
          mapRejection(() => leave().then(() => Promise.reject(reason)), mapError),
      };
    },
  };
}
