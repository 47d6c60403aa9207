import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, it } from "vitest";
import { textTokens } from "../../../src/policies/rules/text-tokens.ts";

const texts: Readonly<Record<string, string>> = {
  English:
    "The committee met on Tuesday to discuss the proposal, and after several hours of debate it decided to postpone the vote until further evidence could be gathered from the regions that are affected by the change. Please send me the minutes, and let me know what you think of them!",
  German:
    "Der Ausschuss traf sich am Dienstag, um den Vorschlag zu besprechen, und beschloss nach mehrstündiger Debatte, die Abstimmung zu verschieben, bis weitere Belege aus den am stärksten betroffenen Regionen vorliegen.",
  French:
    "Le comité s'est réuni mardi pour examiner la proposition et, après plusieurs heures de débat, a décidé de reporter le vote jusqu'à ce que d'autres éléments soient recueillis dans les régions les plus touchées.",
  Russian:
    "Комитет собрался во вторник, чтобы обсудить предложение, и после нескольких часов дебатов решил отложить голосование до получения дополнительных данных из наиболее пострадавших регионов.",
  Arabic:
    "اجتمعت اللجنة يوم الثلاثاء لمناقشة الاقتراح، وبعد عدة ساعات من النقاش قررت تأجيل التصويت إلى حين جمع المزيد من الأدلة من المناطق الأكثر تضررا.",
  Japanese:
    "委員会は火曜日に提案について議論するために集まり、数時間の議論の末、影響を最も受ける地域からさらなる証拠が集まるまで投票を延期することを決定した。",
  Chinese:
    "委员会星期二开会讨论这项提案，经过几个小时的辩论，决定推迟投票，直到从受影响最大的地区收集到更多证据为止。",
  JSON: JSON.stringify({
    type: "object",
    properties: { city: { type: "string", description: "The city" }, unit: { enum: ["c", "f"] } },
    required: ["city"],
  }),
  code: "export function add(left: number, right: number): number {\n  if (!Number.isFinite(left)) throw new Error('left');\n  return left + right;\n}\n",
};

describe("the estimate of tokens", () => {
  for (const [name, text] of Object.entries(texts))
    it(`of ${name} is within a third of what a tokenizer counts`, () => {
      const ratio = textTokens(text.repeat(4)) / countTokens(text.repeat(4));
      expect(ratio).toBeGreaterThan(0.67);
      expect(ratio).toBeLessThan(1.33);
    });

  it("of nothing is nothing", () => expect(textTokens("")).toBe(0));

  it("looks at a bounded part of a text", () => {
    let looked = 0;
    const text = new Proxy(new String("x".repeat(1_000_000)), {
      get(target, name) {
        if (name === "charCodeAt") looked += 1;
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    expect(textTokens(text as unknown as string)).toBeGreaterThan(100_000); // a text that counts
    expect(looked).toBeLessThan(130);
  });
});
