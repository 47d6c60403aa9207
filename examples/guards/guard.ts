// A guard of your own in TypeScript: it finds the names of projects that nobody outside should read. It speaks gRPC.
//   node examples/guards/guard.ts
// Ask it in the gateway's configuration:
//   guards:
//     - name: projects
//       rpc: { url: { value: "http://127.0.0.1:9001" }, protocol: GRPC }
//       action: MASK
import { createServer } from "node:http2";
import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { CheckAction } from "../../gen/parlance/guard/v1/guard_check_pb.js";
import { GuardCheckService } from "../../gen/parlance/guard/v1/guard_check_service_pb.js";

const secretNames = /\b(bluebird|nightjar)\b/gi;

/** What the guard serves. */
export function routes(router: ConnectRouter): void {
  router.service(GuardCheckService, {
    checkTexts({ texts }) {
      // JavaScript counts UTF-16 code units, which is what places are counted in where `unit` says nothing else.
      const findings = texts.map((text) => ({
        findings: [...text.matchAll(secretNames)].map(({ 0: name, index }) => ({
          start: index,
          end: index + name.length,
          kind: "PROJECT",
        })),
      }));
      const isClean = findings.every((one) => one.findings.length === 0);
      return isClean ? { action: CheckAction.PASS } : { action: CheckAction.MASK, findings };
    },
  });
}

if (import.meta.main) {
  const port = Number(process.env.PORT ?? 9001);
  const server = createServer(connectNodeAdapter({ routes }));
  server.listen(port, "127.0.0.1", () => console.log("listening", server.address()));
}
