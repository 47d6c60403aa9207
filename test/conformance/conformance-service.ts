import { setTimeout as pause } from "node:timers/promises";
import { create, type MessageShape } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import {
  type BidiStreamRequest,
  BidiStreamRequestSchema,
  ClientStreamRequestSchema,
  type ConformancePayload,
  ConformancePayload_RequestInfoSchema,
  ConformancePayloadSchema,
  type ConformanceService,
  type Error as ErrorDefinition,
  type Header,
  HeaderSchema,
  IdempotentUnaryRequestSchema,
  ServerStreamRequestSchema,
  type StreamResponseDefinition,
  UnaryRequestSchema,
  type UnaryResponseDefinition,
} from "../../gen/connectrpc/conformance/v1/service_pb.js";

type RequestInfo = MessageShape<typeof ConformancePayload_RequestInfoSchema>;

/**
 * What the Connect conformance suite calls: each method answers as its request says, with what was
 * received. See the comments of connectrpc/conformance/v1/service.proto.
 */
export const conformanceService: Partial<ServiceImpl<typeof ConformanceService>> = {
  async unary(request, context) {
    const info = received(context, [anyPack(UnaryRequestSchema, request)]);
    return { payload: await answerOnce(request.responseDefinition, info, context) };
  },
  async idempotentUnary(request, context) {
    const info = received(context, [anyPack(IdempotentUnaryRequestSchema, request)]);
    return { payload: await answerOnce(request.responseDefinition, info, context) };
  },
  async clientStream(requests, context) {
    const packed: Any[] = [];
    let definition: UnaryResponseDefinition | undefined;
    for await (const request of requests) {
      if (packed.length === 0) definition = request.responseDefinition;
      packed.push(anyPack(ClientStreamRequestSchema, request));
    }
    return { payload: await answerOnce(definition, received(context, packed), context) };
  },
  async *serverStream(request, context) {
    const info = received(context, [anyPack(ServerStreamRequestSchema, request)]);
    for await (const payload of answerMany(request.responseDefinition, { info, context }))
      yield { payload };
  },
  async *bidiStream(requests, context) {
    const source = requests[Symbol.asyncIterator]();
    const first = await source.next();
    if (first.done === true) return;
    const { responseDefinition: definition, fullDuplex } = first.value;
    const answers = fullDuplex
      ? answerEach(first.value, source, context)
      : answerMany(definition, {
          info: received(context, await drain(first.value, source)),
          context,
        });
    for await (const payload of answers) yield { payload };
  },
};

async function answerOnce(
  definition: UnaryResponseDefinition | undefined,
  info: RequestInfo,
  context: HandlerContext,
): Promise<ConformancePayload> {
  if (definition !== undefined) {
    appendAll(context, definition);
    await pause(definition.responseDelayMs);
    const { case: kind, value } = definition.response;
    if (kind === "error") throw errorOf(value, info);
    if (kind === "responseData") return payloadOf(value, info);
  }
  return payloadOf(new Uint8Array(), info);
}

interface Received {
  readonly info: RequestInfo;
  readonly context: HandlerContext;
}

async function* answerMany(
  definition: StreamResponseDefinition | undefined,
  { info, context }: Received,
): AsyncGenerator<ConformancePayload> {
  if (definition === undefined) return;
  appendAll(context, definition);
  let first: RequestInfo | undefined = info;
  for (const data of definition.responseData) {
    await pause(definition.responseDelayMs);
    yield payloadOf(data, first);
    first = undefined;
  }
  if (definition.error !== undefined) throw errorOf(definition.error, first);
}

/** An answer to each request at once, and those that are left when the client has sent all. */
async function* answerEach(
  first: BidiStreamRequest,
  source: AsyncIterator<BidiStreamRequest>,
  context: HandlerContext,
): AsyncGenerator<ConformancePayload> {
  const { responseDefinition: definition } = first;
  if (definition === undefined) return;
  appendAll(context, definition);
  let request: BidiStreamRequest | undefined = first;
  let sent = 0;
  for (const data of definition.responseData) {
    await pause(definition.responseDelayMs);
    const packed = request === undefined ? [] : [anyPack(BidiStreamRequestSchema, request)];
    yield payloadOf(data, sent === 0 ? received(context, packed) : requestsOf(packed));
    sent += 1;
    if (request !== undefined) request = await nextOf(source);
  }
  if (definition.error === undefined) return;
  const info = received(context, [anyPack(BidiStreamRequestSchema, first)]);
  throw errorOf(definition.error, sent === 0 ? info : undefined);
}

async function nextOf<Request>(source: AsyncIterator<Request>): Promise<Request | undefined> {
  const step = await source.next();
  return step.done === true ? undefined : step.value;
}

async function drain(
  first: BidiStreamRequest,
  source: AsyncIterator<BidiStreamRequest>,
): Promise<readonly Any[]> {
  const packed: Any[] = [];
  for (
    let request: BidiStreamRequest | undefined = first;
    request !== undefined;
    request = await nextOf(source)
  )
    packed.push(anyPack(BidiStreamRequestSchema, request));
  return packed;
}

function payloadOf(data: Uint8Array, requestInfo: RequestInfo | undefined): ConformancePayload {
  const info = requestInfo === undefined ? {} : { requestInfo };
  return create(ConformancePayloadSchema, { data, ...info });
}

/** What arrived: headers, the timeout, the query of a GET, and the requests. */
function received(context: HandlerContext, requests: readonly Any[]): RequestInfo {
  const timeoutMs = context.timeoutMs();
  const timeout = timeoutMs === undefined ? {} : { timeoutMs: BigInt(Math.floor(timeoutMs)) };
  const get =
    context.requestMethod === "GET"
      ? { connectGetInfo: { queryParams: queryOf(context.url) } }
      : {};
  return create(ConformancePayload_RequestInfoSchema, {
    requestHeaders: headersOf(context.requestHeader),
    requests: [...requests],
    ...timeout,
    ...get,
  });
}

function requestsOf(requests: readonly Any[]): RequestInfo | undefined {
  if (requests.length === 0) return undefined;
  return create(ConformancePayload_RequestInfoSchema, { requests: [...requests] });
}

/** Header lines of one name are one text in `Headers`. */
function headersOf(headers: Headers): Header[] {
  return [...headers].map(([name, value]) =>
    create(HeaderSchema, { name, value: value.split(/,\s*/) }),
  );
}

function queryOf(url: string): Header[] {
  const pairs = [...new URL(url).searchParams];
  return pairs.map(([name, value]) => create(HeaderSchema, { name, value: [value] }));
}

function appendAll(
  { responseHeader, responseTrailer }: HandlerContext,
  definition: UnaryResponseDefinition | StreamResponseDefinition,
): void {
  append(responseHeader, definition.responseHeaders);
  append(responseTrailer, definition.responseTrailers);
}

function append(headers: Headers, list: readonly Header[]): void {
  for (const { name, value } of list) for (const one of value) headers.append(name, one);
}

/** The error that a request wants, with the request in its details where nothing was sent yet. */
function errorOf(error: ErrorDefinition, info: RequestInfo | undefined): ConnectError {
  const failure = new ConnectError(error.message ?? "", codes.get(error.code) ?? Code.Unknown);
  const details = error.details.map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
    value,
  }));
  const own =
    info === undefined ? [] : [{ desc: ConformancePayload_RequestInfoSchema, value: info }];
  failure.details = [...details, ...own];
  return failure;
}

/** The suite's codes have the numbers of Connect's. */
const codes = new Map<number, Code>(
  Object.values(Code).flatMap((code) => (typeof code === "number" ? [[code, code] as const] : [])),
);
