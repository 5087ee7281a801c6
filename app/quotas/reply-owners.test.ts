import { expect, test } from "vitest";
import { createReplyOwners } from "./reply-owners";
import { formatUsageLine, parseUsageLine } from "./usage-line";

test("the owner of a reply is known from the subject that another node holds, whose line every build reads", () => {
  const subject = createReplyOwners().subjectFor("r".repeat(64), "0a1b2c3d4e5f");
  const line = parseUsageLine(
    formatUsageLine({ batch: 1, at: 1, add: {}, running: { [subject]: 1 } }).trim(),
  );
  expect(line).toMatchObject({ running: { [subject]: 1 } });
  const owners = createReplyOwners();
  for (const other of ["0a1b2c3d4e5f", "0a1b2c3d4e5f:tokens", "reply:x:y", "tokens"]) owners.note(other);
  expect(owners.ownerOf("r".repeat(64))).toBeNull();
  owners.note(subject);
  expect(owners.ownerOf("r".repeat(64))).toBe("0a1b2c3d4e5f");
  expect(owners.ownerOf("another")).toBeNull();
});
