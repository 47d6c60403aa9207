import { describe, expect, it, vi } from "vitest";
import { send, setUp, statusOf } from "../routing/routed-gateway.ts";

describe("a model with an experiment and a queue", () => {
  it("lets the calls of each arm wait for the targets of that arm", async () => {
    const setup = await setUp(
      `  - name: m
    targets: [{ model: a/x, max_in_flight: 1 }]
    queue: { max_waiting: 10 }
    experiment:
      unit: SESSION
      arms: [{ name: control, percent: 50 }, { name: candidate, percent: 50, targets: [{ model: b/y, max_in_flight: 1 }] }]`,
      { a: ["held", "held"], b: ["held", "held"] },
    );
    const session: Record<string, string> = {};
    for (let at = 0; Object.keys(session).length < 2; at += 1) {
      const explained = await fetch(`${setup.gateway.url}/parlance.chat.v1.ChatService/Explain`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-parlance-session": `s${at}` },
        body: JSON.stringify({ model: "m", text: "hi" }),
      });
      const { arm } = (await explained.json()) as { arm: string }; // as the contract has it
      session[arm] ??= `s${at}`;
    }
    const call = (arm: string) =>
      statusOf(send(setup, { headers: { "x-parlance-session": session[arm] ?? "" } }));
    const first = [call("control"), call("candidate")];
    const { a, b } = setup.vendors;
    await vi.waitFor(() => expect([a?.models.length, b?.models.length]).toEqual([1, 1]));
    const second = [call("control"), call("candidate")];
    await vi.waitFor(() => expect(setup.gateway.active()).toBe(4));
    a?.release();
    expect(await first[0]).toBe(200);
    await vi.waitFor(() => expect([a?.models.length, b?.models.length]).toEqual([2, 1]));
    b?.release();
    expect(await first[1]).toBe(200);
    await vi.waitFor(() => expect(b?.models.length).toBe(2));
    a?.release();
    b?.release();
    expect(await Promise.all(second)).toEqual([200, 200]);
  });
});
