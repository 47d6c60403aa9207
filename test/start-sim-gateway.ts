import { type RunningGateway, startGateway } from "../src/serve.ts";

/**
 * A gateway with the simulated provider and one limited key beside an admin key, on a free port.
 * `server` adds to its settings.
 */
export function startSimGateway(server = ""): Promise<RunningGateway> {
  const config = `
server: { host: 127.0.0.1, port: 0${server === "" ? "" : `, ${server}`} }
auth: { admin_key: { value: admin-key-0123456789 } }
providers: { sim: { kind: sim } }
models:
  - { name: fast, description: Quick answers, targets: [{ model: sim/echo, weight: 3 }], fallbacks: [spare] }
  - { name: spare, targets: [{ model: sim/lorem-5 }] }
  - { name: shaky, targets: [{ model: sim/error-503 }], fallbacks: [fast] }
  - { name: broken, targets: [{ model: sim/error-429 }] }
keys:
  - { name: dev, value: { value: dev-key-0123456789 }, models: [fast, shaky, broken, sim/echo] }
`;
  return startGateway({ config, world: { record: () => undefined } });
}

export const adminKey = "admin-key-0123456789";
export const devKey = "dev-key-0123456789";
