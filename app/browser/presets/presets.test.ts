import { expect, test } from "vitest";
import { fakeStorage } from "~/browser/storage/fake-storage";
import { createSafeStorage } from "~/browser/storage/safe-storage";
import { createPresets, PRESETS_KEY, settingsOf } from "./presets";

const RHYMER = { name: "Rhymer", instructions: "Rhyme.", modelId: null, temperature: 0.5, effort: null };

function openTab(storage: Storage, offered: Parameters<typeof createPresets>[0]["offered"] = []) {
  let onChange = () => {};
  let lastId = 0;
  const writer = Math.trunc(storage.length) + Number(storage.getItem("tabs") ?? 0);
  storage.setItem("tabs", String(writer + 1));
  const presets = createPresets({
    offered,
    shared: createSafeStorage(() => storage),
    onOtherTab: (_, listener) => (onChange = listener),
    clock: { now: () => 1_000 },
    newId: () => `t${String(writer)}-${String((lastId += 1))}`,
  });
  const names = () => presets.getSnapshot().list.map(({ name }) => name);
  return { ...presets, names, changeInOtherTab: () => onChange() };
}

test("presets are kept, changed and deleted, the operator's first", () => {
  const storage = fakeStorage();
  const offered = [{ name: "Team", instructions: "We.", prompts: ["Hi"], model: "demo/demo" }];
  const { add, change, remove, getSnapshot, names } = openTab(storage, offered);
  add({ ...RHYMER, prompts: ["One", "Two"] });
  add({ ...RHYMER, name: "Coder", prompts: [] });
  expect(names()).toEqual(["Team", "Coder", "Rhymer"]);
  expect(getSnapshot().list[0]).toMatchObject({ isOwn: false, modelId: "demo/demo", temperature: null });
  const { id } = getSnapshot().list[2]!;
  change(id, { name: "Poet", temperature: null, prompts: ["One"] });
  expect(
    openTab(storage)
      .getSnapshot()
      .list.find((preset) => preset.id === id),
  ).toEqual({
    ...{ ...RHYMER, name: "Poet", temperature: null, prompts: ["One"] },
    ...{ id, isOwn: true },
  });
  remove(id);
  expect(openTab(storage).names()).toEqual(["Coder"]);
});

test("changes of two tabs are both kept, and a deletion wins over a change", () => {
  const storage = fakeStorage();
  const one = openTab(storage);
  one.add({ ...RHYMER, prompts: [] });
  const { id } = one.getSnapshot().list[0]!;
  const other = openTab(storage);
  one.add({ ...RHYMER, name: "Mine", prompts: [] });
  other.add({ ...RHYMER, name: "Yours", prompts: [] });
  other.changeDefaults({ instructions: "Be brief." });
  one.changeInOtherTab();
  expect(one.names()).toEqual(["Mine", "Rhymer", "Yours"]);
  expect(one.getSnapshot().defaults.instructions).toBe("Be brief.");
  other.remove(id);
  one.change(id, { name: "Late" });
  expect(one.names()).toEqual(["Mine", "Yours"]);
});

test("changes of one preset in two tabs are both kept where they are of other settings", () => {
  const storage = fakeStorage();
  const one = openTab(storage);
  one.add({ ...RHYMER, prompts: ["One"] });
  const { id } = one.getSnapshot().list[0]!;
  const other = openTab(storage);
  other.change(id, { instructions: "Rhyme twice." });
  one.change(id, { name: "Poet", prompts: [] });
  expect(one.getSnapshot().list).toMatchObject([{ name: "Poet", instructions: "Rhyme twice.", prompts: [] }]);
});

test("what cannot be read is left out, and what a later version has added is kept", () => {
  const storage = fakeStorage();
  storage.setItem(PRESETS_KEY, "not JSON");
  expect(openTab(storage).names()).toEqual([]);
  const stamp = "000000001.w";
  const mood = ["good", stamp];
  storage.setItem(
    PRESETS_KEY,
    JSON.stringify({ a: { name: ["A", stamp], temperature: [7, stamp], mood }, b: { name: "B" }, c: 7 }),
  );
  const tab = openTab(storage);
  expect(tab.getSnapshot().list).toMatchObject([{ name: "A", temperature: null }]);
  tab.change("a", { instructions: "Rhyme." });
  expect(storage.getItem(PRESETS_KEY)).toContain(JSON.stringify(mood));
});

test("settings that are left to the model are not sent", () => {
  expect(settingsOf(RHYMER)).toEqual({ instructions: "Rhyme.", temperature: 0.5 });
  expect(settingsOf({ ...RHYMER, instructions: "", temperature: null, effort: "low" })).toEqual({
    effort: "low",
  });
});
