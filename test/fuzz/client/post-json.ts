import { type Agent, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import type { GatewayKind } from "../fuzz-config.ts";
import type { AttackReply } from "./attack-request.ts";

/** A call of a well-behaved client. */
export interface JsonCall {
  readonly port: number;
  readonly kind: GatewayKind;
  readonly path: string;
  readonly key: string | undefined;
  readonly body: object | Buffer;
  readonly contentType?: string;
  readonly agent?: Agent;
}

/** Posts JSON, or bytes, and reads the whole reply; rejects where none comes. */
export function postJson(call: JsonCall): Promise<AttackReply> {
  const { port, kind, path, key, contentType = "application/json", agent } = call;
  const body = Buffer.isBuffer(call.body) ? call.body : Buffer.from(JSON.stringify(call.body));
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return new Promise((resolve, reject) => {
    const send = kind === "tls" ? secureRequest : plainRequest;
    const headers = {
      ...authorization,
      "content-type": contentType,
      "content-length": body.length,
    };
    const asking = send(
      {
        host: "127.0.0.1",
        port,
        path,
        method: "POST",
        headers,
        rejectUnauthorized: false,
        ...(agent === undefined ? {} : { agent }),
      },
      (response) => {
        response.toArray().then((chunks) => {
          const { statusCode: status = 0, headersDistinct, trailersDistinct } = response;
          resolve({
            status,
            headers: pairs(headersDistinct),
            body: Buffer.concat(chunks),
            trailers: pairs(trailersDistinct),
          });
        }, reject);
      },
    );
    asking.once("error", reject);
    asking.end(body);
  });
}

function pairs(fields: NodeJS.Dict<string[]>): AttackReply["headers"] {
  return Object.entries(fields).flatMap(([name, values = []]) =>
    values.map((value) => [name, value] as const),
  );
}
