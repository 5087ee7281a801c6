import { expect, test } from "vitest";
import { groupOmissions, MAX_OMISSIONS, omissionsOf } from "./omissions";

test("omissions are stored without repetitions, up to a limit", () => {
  const one = { code: "file_lost", subject: "a.png" };
  expect(omissionsOf([one, { ...one }, { code: "text_malformed" }])).toEqual([
    one,
    { code: "text_malformed" },
  ]);
  const many = Array.from({ length: 80 }, (_, n) => ({ code: "file_lost", subject: String(n) }));
  expect(omissionsOf(many)).toHaveLength(MAX_OMISSIONS);
});

test("omissions are grouped by code", () => {
  const file = (code: string, subject: string) => ({ code, subject });
  expect(groupOmissions([file("a", "1"), { code: "b" }, file("a", "2")])).toEqual([
    { code: "a", subjects: ["1", "2"] },
    { code: "b", subjects: [] },
  ]);
});
