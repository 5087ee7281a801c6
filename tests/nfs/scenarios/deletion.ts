import { expect, newKeys, type Scenario } from "../scenario.ts";

export const deletedElsewhere: Scenario = {
  name: "a session that one client deletes is gone for the other, and what that one writes next begins anew",
  async run({ start, say }) {
    const [a, b] = await Promise.all([start("a", "a"), start("b", "b")]);
    for (let round = 0; round < 20; round++) {
      const [key] = newKeys(1) as [string];
      await a.call("append", key, "old1");
      await b.call("append", key, "old2");
      await a.call("read", key);
      await a.call("remove", key);
      const gone = await b.call("read", key);
      expect(gone === null, `round ${round}: deleted, and still read with ${gone?.ids.join(", ")}`);
      await b.call("append", key, "new1");
      for (const reader of [a, b]) {
        const found = await reader.call("read", key);
        expect(found?.ids.join() === "new1", `round ${round}: ${reader.name} reads ${found?.ids.join(", ")}`);
      }
    }
    say("20 of 20");
  },
};

export const deletionCutShort: Scenario = {
  name: "a message acknowledged while another client is half-way through deleting is not lost",
  async run({ start, say }) {
    const [deleter, a, b] = await Promise.all([start("a", "deleter"), start("a", "a"), start("b", "b")]);
    let moments = 0;
    // As if it had died there: the session is deleted, and not all of it is removed yet.
    for (let step = 0; step < 4; step++) {
      const [key] = newKeys(1) as [string];
      await a.call("append", key, "old1");
      await b.call("append", key, "old2");
      await deleter.call("pauseAt", step, "freeze", "unlink");
      const paused = deleter.next("paused");
      const removal = deleter.call("remove", key);
      const what = await Promise.race([paused, removal.then(() => null)]);
      if (what === null) break;
      moments++;
      await deleter.frozen();
      const { acked } = await b.call("append", key, "new");
      expect(acked, `step ${step}: the other client was refused`);
      const during = await Promise.all([b, a].map((reader) => reader.call("read", key)));
      await deleter.thaw();
      await removal;
      const after = await Promise.all([b, a].map((reader) => reader.call("read", key)));
      for (const found of [...during, ...after]) {
        expect(found?.ids.join() === "new", `step ${step}: b was acknowledged, and ${found?.ids} is read`);
      }
    }
    expect(moments > 0, "a deletion had no such moment");
    say(`${moments} moments`);
  },
};
