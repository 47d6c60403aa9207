import { expect, it } from "vitest";
import { tellGateways } from "../../src/composition/tell-gateways.ts";
import type { EntryOwner } from "../../src/state/shared-entries.ts";
import { createMemoryLink } from "../../src/store/thread/memory-link.ts";

it("gateways that share a Redis tell each other of what they have changed, and of nothing else", async () => {
  const written: string[] = [];
  const owners: EntryOwner[] = [];
  const link = createMemoryLink(() => 1);
  const { store, close } = tellGateways(link, (kind, owner) => {
    owners.push(owner);
    return {
      write: (name) => void written.push(`${kind} ${name}`),
      again: () => undefined,
      close: () => void written.push("closed"),
    };
  });
  let looks = 0;
  store.onChanged(() => {
    looks += 1;
  });
  await store.request("directory.changes", { after: 0 });
  expect([written, looks]).toEqual([[], 0]);
  await store.request("directory.write", { writes: [], audit: [] }).catch(() => undefined);
  await store.request("store.changed", {});
  expect(looks).toBeGreaterThan(0);
  const before = looks;
  owners[0]?.onEntry({ name: "changed", text: "1", ageMs: 0 });
  await store.request("directory.changes", { after: 0 });
  expect(looks).toBe(before + 1);
  close();
  expect(written.filter((one) => one === "closed")).toHaveLength(1);
});
