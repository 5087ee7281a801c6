import { expect, test } from "vitest";
import { toolTitle } from "./tool-title";

test.each([
  ["files_read_file", undefined, ["files", "Read file"]],
  ["my_server_read", "my_server", ["my_server", "Read"]],
  ["clock", undefined, ["", "Clock"]],
  ["files__", undefined, ["files", "files__"]],
  ["_read", undefined, ["", "Read"]],
])("the title of %s, of the server %s", (toolName, server, title) => {
  expect(toolTitle(toolName, server)).toEqual(title);
});
