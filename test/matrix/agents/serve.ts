import { gatewayKey, startMatrix } from "../start-matrix.ts";
import { agentUpstreams } from "./agent-upstreams.ts";

/**
 * Serves the matrix for libraries in other languages: prints one line of JSON with the address, the
 * key and a model of each vendor, and ends with its input.
 */
const matrix = await startMatrix(agentUpstreams);
const models = agentUpstreams.map(({ name, model }) => `${name}/${model}`);
process.stdout.write(`${JSON.stringify({ url: matrix.url, key: gatewayKey, models })}\n`);
for await (const _chunk of process.stdin);
await matrix.close();
