import { expect, it } from "vitest";
import { CircuitState } from "../../../gen/parlance/admin/v1/model_pb.js";
import { type SharingGateway, startSharing } from "../../redis/start-gateways.ts";
import { startSentinel } from "../../redis/start-sentinel.ts";
import { until } from "../../redis/until.ts";
import { startScriptedVendor } from "./scripted-vendor.ts";

const admin = { name: "admin", admin: true, models: undefined, strict: false };

const circuitsOf = ({ gateway }: SharingGateway) =>
  gateway.engine.models.get(admin, "m")?.deployments.map(({ health }) => health?.circuit) ?? [];

const heard = ({ notices }: SharingGateway, event: string) =>
  notices.filter((notice) => notice.event === event).length;

/** Calls a gateway again and again, several at a time, until it is stopped. */
function startLoad({ chat }: SharingGateway) {
  const statuses: number[] = [];
  let stopped = false;
  const worker = async () => {
    while (!stopped) statuses.push(await chat());
  };
  const over = Promise.all([1, 2].map(worker));
  return {
    statuses,
    stop: async () => {
      stopped = true;
      await over;
    },
  };
}

it("gateways go on while their master is lost mid-load, and share by the next one of the sentinel", async () => {
  const { master, replica, sentinel } = await startSentinel();
  const vendors = { a: await startScriptedVendor(), b: await startScriptedVendor() };
  // A limit that is counted in Redis by every call.
  const targets = ["a", "b"].map((name) => ({
    model: `${name}/x`,
    requests_per_minute: 1_000_000,
  }));
  const options = {
    redis: { url: { value: sentinel.url }, sentinel: { name: "main" } },
    vendors,
    model: { targets },
  };
  const one = await startSharing(options);
  const other = await startSharing(options);
  const loads = [one, other].map(startLoad);
  await until(async () => (await replica.command("KEYS", "*rate*")) !== "[]");
  vendors.a.script = Array.from({ length: 50 }, () => "429 after 600" as const);
  await until(() => circuitsOf(other)[0] === CircuitState.OPEN);
  await until(() => circuitsOf(one)[0] === CircuitState.OPEN);

  await master.kill();
  await until(() => [one, other].every((each) => heard(each, "redis_unavailable") > 0));
  const during = loads.map(({ statuses }) => statuses.length);
  await until(() => loads.every(({ statuses }, at) => statuses.length > (during[at] ?? 0) + 20));
  // A replica that becomes the master drops its clients.
  const role = () => replica.command("INFO", "replication").catch(() => "");
  await until(async () => (await role()).includes("role:master"));
  await until(() => [one, other].every((each) => heard(each, "redis_available") > 0));
  const after = loads.map(({ statuses }) => statuses.length);
  await until(() => loads.every(({ statuses }, at) => statuses.length > (after[at] ?? 0) + 20));
  await Promise.all(loads.map(({ stop }) => stop()));
  expect(new Set(loads.flatMap(({ statuses }) => statuses))).toEqual(new Set([200]));

  // What was learnt before is known to a gateway that starts now, and what is learnt now to all.
  const third = await startSharing(options);
  await until(() => circuitsOf(third)[0] === CircuitState.OPEN);
  vendors.b.script = ["429 after 600"];
  await third.chat();
  await until(() => [one, other].every((each) => circuitsOf(each)[1] === CircuitState.OPEN));
});
