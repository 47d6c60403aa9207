// A program that makes one call, says so when its answer begins, and waits to be killed.
import { openCall } from "./departing-client.ts";

const [protocol, security, api, port, model = ""] = process.argv.slice(2);
const client = openCall(
  {
    protocol: protocol === "h2" ? "h2" : "h1",
    tls: security === "tls",
    api: api === "gRPC" ? "gRPC" : "REST",
  },
  Number(port),
  model,
);
await client.answered;
process.stdout.write("answered\n");
