import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { printViolation } from "../../src/config/violation.ts";

function violations(models: string): readonly string[] {
  const text = `providers: { a: { kind: sim } }\nmodels:\n${models}\n`;
  const result = loadConfig({ text, filename: "c.yaml" }, {}, () => "");
  return result.ok ? [] : result.violations.map((one) => printViolation("c.yaml", one));
}

const model = (arms: string, more = "", name = "m") =>
  `  - name: ${name}\n    targets: [{ model: a/x }]\n    experiment:\n      arms: ${arms}\n${more}`;

describe("a shadow of the config", () => {
  const shadow = (settings: string, name = "m") =>
    `  - { name: ${name}, targets: [{ model: a/x }], shadow: { ${settings} } }\n`;

  it("is taken with an alias or a model of a provider", () =>
    expect(
      violations(
        shadow("model: n, percent: 0.5, max_usd_per_day: '2.5'") +
          shadow("model: a/y, percent: 100", "n"),
      ),
    ).toEqual([]));

  const rows: readonly (readonly [string, string, string])[] = [
    ["no model", "percent: 1", "shadow.model: is missing"],
    ["an unknown model", "model: nn, percent: 1", "shadow.model: there is no model nn"],
    ["the model itself", "model: m, percent: 1", "shadow.model: is the model itself"],
    ["no share", "model: a/y", "shadow.percent: must be greater than 0"],
    ["a share over 100", "model: a/y, percent: 101", "shadow.percent: must be greater than 0"],
    [
      "money that is no number",
      "model: a/y, percent: 1, max_usd_per_day: lots",
      "shadow.max_usd_per_day: is not written as it must be (write dollars",
    ],
  ];
  for (const [title, settings, violation] of rows)
    it(`is refused for ${title}`, () => {
      const found = violations(shadow(settings));
      expect(
        found.filter((one) => one.includes(`models[0].${violation}`)),
        found.join(),
      ).toHaveLength(1);
      expect(found[0]).toMatch(/^c\.yaml:3:\d+: /);
    });

  it("is refused where there are more than results are kept of", () => {
    const models = Array.from({ length: 101 }, (_, at) =>
      shadow("model: a/y, percent: 1", `m${at}`),
    );
    expect(violations(models.join(""))).toEqual([
      expect.stringContaining("models[100].shadow: more than 100 models have a shadow"),
    ]);
  });
});

describe("an experiment of the config", () => {
  it("is taken with shares of two digits behind the point", () =>
    expect(violations(model("[{ name: a, percent: 99.71 }, { name: b, percent: 0.29 }]"))).toEqual(
      [],
    ));

  const rows: readonly (readonly [string, string, string])[] = [
    [
      "shares that are not 100 together",
      model("[{ name: a, percent: 90 }, { name: b, percent: 9.99 }]"),
      "c.yaml:6:7: models[0].experiment.arms: the shares of the arms add up to 99.99 percent, not to 100 (give the first arm what the others leave)",
    ],
    [
      "two arms of one name",
      model("[{ name: a, percent: 90 }, { name: a, percent: 10 }]"),
      "c.yaml:6:48: models[0].experiment.arms[1].name: another arm has this name (rename one of them)",
    ],
    [
      "an unknown provider",
      model("[{ name: a, percent: 90 }, { name: b, percent: 10, targets: [{ model: c/x }] }]"),
      "c.yaml:6:83: models[0].experiment.arms[1].targets[0].model: there is no provider c (did you mean `a`?)",
    ],
    [
      "a target that is no target",
      model("[{ name: a, percent: 90 }, { name: b, percent: 10, targets: [{ model: x }] }]"),
      "c.yaml:6:83: models[0].experiment.arms[1].targets[0].model: is not written as it must be (write provider/model)",
    ],
    [
      "targets that are never called",
      model(
        "[{ name: a, percent: 90 }, { name: b, percent: 10, targets: [{ model: a/x, weight: 0 }] }]",
      ),
      "c.yaml:6:64: models[0].experiment.arms[1].targets: every target has weight 0, so none would ever be called (give one a weight of 1)",
    ],
    [
      "a star that stands for nothing",
      model('[{ name: a, percent: 90 }, { name: b, percent: 10, targets: [{ model: "a/*" }] }]'),
      "c.yaml:6:83: models[0].experiment.arms[1].targets[0].model: has a `*`, and the model's name has none (a `*` takes over the text that the `*` of the name stands for)",
    ],
    [
      "a share that is too fine",
      model("[{ name: a, percent: 99.995 }, { name: b, percent: 0.005 }]"),
      "c.yaml:6:34: models[0].experiment.arms[0].percent: has more than two digits behind the point (write hundredths of a percent, such as 0.25)",
    ],
    [
      "one arm alone",
      model("[{ name: a, percent: 100 }]"),
      "c.yaml:6:7: models[0].experiment.arms: must contain at least 2 item(s) (write [{ name: control, percent: 90 }, { name: candidate, percent: 10 }])",
    ],
    [
      "a share over 100",
      model("[{ name: a, percent: 101 }, { name: b, percent: -1 }]"),
      "c.yaml:6:34: models[0].experiment.arms[0].percent: must be greater than or equal to 0 and less than or equal to 100 (write a share from 0 to 100, such as 12.5)",
    ],
    [
      "an unknown unit",
      model("[{ name: a, percent: 90 }, { name: b, percent: 10 }]", "      unit: TEAM"),
      "c.yaml:7:13: models[0].experiment.unit",
    ],
    [
      "the name of another experiment",
      `${model("[{ name: a, percent: 90 }, { name: b, percent: 10 }]", "      name: same\n")}${model("[{ name: a, percent: 90 }, { name: b, percent: 10 }]", "      name: same\n", "n")}`,
      "c.yaml:12:13: models[1].experiment.name: another experiment has the name same (give it a name of its own; the same salt splits units alike)",
    ],
  ];
  for (const [title, models, violation] of rows)
    it(`is refused for ${title}`, () => {
      const found = violations(models);
      expect(
        found.filter((one) => one.startsWith(violation)),
        found.join("\n"),
      ).toHaveLength(1);
    });

  it("is refused where there are more arms than results are kept of", () => {
    const arms = Array.from({ length: 16 }, (_, at) => `{ name: a${at}, percent: 6.25 }`).join();
    const models = Array.from({ length: 32 }, (_, at) => model(`[${arms}]`, "", `m${at}`));
    expect(violations(models.join(""))).toEqual([
      expect.stringContaining("the experiments have more than 500 arms together"),
    ]);
  });
});
