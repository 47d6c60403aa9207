import {
  create,
  fromJson,
  type JsonValue,
  type MessageShape,
  toJsonString,
} from "@bufbuild/protobuf";
import { CheckAction, TextUnit } from "../../../gen/parlance/guard/v1/guard_check_pb.js";
import {
  CheckTextsRequestSchema,
  type CheckTextsResponse,
  CheckTextsResponseSchema,
  GuardCheckService,
} from "../../../gen/parlance/guard/v1/guard_check_service_pb.js";
import type { RpcGuardSettings } from "../../config/guard-service-settings.ts";
import type { AskGuard, GuardQuestion, GuardVerdict } from "../../core/guard/guard.ts";
import { GuardFailure } from "../../core/guard/guard-failure.ts";
import type { Json } from "../../json/json.ts";
import type { GuardPorts } from "./ports.ts";
import { postJson } from "./post-json.ts";
import { readFound } from "./read-found.ts";
import { passes } from "./read-verdict.ts";

type CheckTextsRequest = MessageShape<typeof CheckTextsRequestSchema>;

/**
 * Asks a service of the user's own that serves `parlance.guard.v1.GuardCheckService`, by gRPC or as
 * https://connectrpc.com/docs/protocol has it (2026-11).
 */
export function askRpc(settings: RpcGuardSettings, ports: GuardPorts): AskGuard {
  const { authorization } = settings;
  const headers = authorization === undefined ? {} : { authorization: authorization.reveal() };
  const call = settings.protocol === "grpc" ? byGrpc(settings, ports) : byConnect(settings, ports);
  return async (question, signal) =>
    readResponse(await call(requestOf(question), headers, signal), question.texts);
}

type Call = (
  request: CheckTextsRequest,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<CheckTextsResponse>;

function byGrpc({ url }: RpcGuardSettings, { grpc }: GuardPorts): Call {
  const call = grpc(url.reveal());
  return (request, headers, signal) =>
    call(GuardCheckService.method.checkTexts, request, headers, signal);
}

function byConnect({ url }: RpcGuardSettings, { post }: GuardPorts): Call {
  const { parent, name } = GuardCheckService.method.checkTexts;
  return async (request, headers, signal) => {
    const reply = await postJson(
      post,
      {
        url: `${url.reveal()}/${parent.typeName}/${name}`,
        headers: { ...headers, "connect-protocol-version": "1" },
        body: toJsonString(CheckTextsRequestSchema, request),
      },
      signal,
    );
    return responseOf(reply);
  };
}

/** The reason that is thrown may repeat what was answered: it is not kept. */
function responseOf(reply: Json): CheckTextsResponse {
  const response = readJson(reply);
  if (response === undefined) throw new GuardFailure("answered with what is no CheckTextsResponse");
  return response;
}

function readJson(reply: Json): CheckTextsResponse | undefined {
  try {
    const json = reply as JsonValue; // which is the same, but may be written to
    // What a later version of the contract adds is not needed here.
    return fromJson(CheckTextsResponseSchema, json, { ignoreUnknownFields: true });
  } catch {
    return undefined;
  }
}

function requestOf({ stage, texts, about }: GuardQuestion): CheckTextsRequest {
  const { callId, operation, model, key, team, endUser } = about;
  return create(CheckTextsRequestSchema, {
    stage: stage.toUpperCase(),
    texts: [...texts],
    call: { callId, operation, model, key, team, endUser },
  });
}

function readResponse(response: CheckTextsResponse, sent: readonly string[]): GuardVerdict {
  const { action, kinds, findings, texts, unit } = response;
  switch (action) {
    case CheckAction.PASS:
      return passes;
    case CheckAction.UNSPECIFIED:
      throw new GuardFailure("answered without an action");
    case CheckAction.BLOCK:
    case CheckAction.MASK:
      return readFound(
        {
          action: action === CheckAction.BLOCK ? "BLOCK" : "MASK",
          kinds,
          findings: findings.length === 0 ? undefined : findings.map((one) => one.findings),
          texts: texts.length === 0 ? undefined : texts,
          unit: unit === TextUnit.CODE_POINTS ? "CODE_POINTS" : "UTF16",
        },
        sent,
      );
  }
}
