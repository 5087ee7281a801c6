import { expect, test } from "vitest";
import { createHeldBytes } from "./held-bytes";

/** Requests that hold bytes of at most 100 in all, and the names of those that were cut. */
function openRequests() {
  const cut: string[] = [];
  const heldBytes = createHeldBytes(100, () => cut.push("cut"));
  const open = (name: string, bytes: number, { address = "a", stalledMs = 0 } = {}) => {
    const memory = heldBytes.open({ address, stalledMs: () => stalledMs, destroy: () => cut.push(name) });
    memory.change(bytes);
    return memory;
  };
  return { heldBytes, open, cut };
}

test("cuts no request while all together hold no more than the bound", () => {
  const { heldBytes, open, cut } = openRequests();
  open("one", 60);
  open("two", 40);
  heldBytes.makeRoom();
  expect(cut).toEqual([]);
});

test("cuts the request whose body has stalled longest, also where another holds more", () => {
  const { heldBytes, open, cut } = openRequests();
  open("large", 90);
  open("slow", 10, { address: "b", stalledMs: 1_500 });
  open("slowest", 10, { address: "c", stalledMs: 2_000 });
  heldBytes.makeRoom();
  expect(cut).toEqual(["cut", "slowest"]);
});

test("cuts the oldest request of the address that holds most where no body has stalled", () => {
  const { heldBytes, open, cut } = openRequests();
  open("first", 40, { address: "b", stalledMs: 999 });
  open("second", 30);
  open("third", 50);
  heldBytes.makeRoom();
  expect(cut).toEqual(["cut", "second"]);
});

test("counts nothing for a request that was cut or has closed", () => {
  const { heldBytes, open, cut } = openRequests();
  const [closed, severed] = [open("closed", 90), open("severed", 90)];
  closed.close();
  severed.cut();
  closed.change(90);
  severed.change(90);
  open("small", 100);
  heldBytes.makeRoom();
  expect(cut).toEqual(["severed"]);
});
