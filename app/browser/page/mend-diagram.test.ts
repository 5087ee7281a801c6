import DOMPurify from "dompurify";
import mermaid from "mermaid";
import { beforeAll, describe, expect, test } from "vitest";
import { lineOfError, mendDiagram, wholeDiagram, withOriginalText } from "./mend-diagram";

// The parser needs no document but for this.
beforeAll(() => void Object.assign(DOMPurify, { addHook() {}, sanitize: (text: string) => text }));

const errorOf = (source: string) =>
  mermaid.parse(source).then(
    () => null,
    (error: unknown) => String(error),
  );
const flowchart = (...lines: string[]) => ["flowchart TD", ...lines].join("\n");

describe("is drawn once its labels are in quotes:", () => {
  test.each([
    ["brackets and comparisons", flowchart("A[mid = (lo+hi)/2] --> B{lo <= hi?}")],
    ["quotes in a label", flowchart('A[Say "hi"] --> B["a" and "b"]')],
    ["brackets in brackets", flowchart("A[arr[i] > arr[j]] --> B(foo(bar))")],
    ["braces, code and a number sign", flowchart("A['{}'.format(x)] --> B[it's `code` # 1]")],
    ["a semicolon and a bar", flowchart("A[a; b] --> B[c | d]")],
    ["a type", flowchart("A[List<String>] --> B[x <br/> y (z)]")],
    [
      "each shape",
      flowchart(
        "A{{a (x)}} --> B([b (x)]) --> C[[c (x)]] --> D[(d (x))] --> E[/e (x)/] --> F[\\f (x)\\] --> G>g (x)] --> H(((h (x)))) --> I((i (x)))",
      ),
    ],
    [
      "labels of edges",
      flowchart("A -->|a (b)| B", "A -- yes (ok) --> C", "A == t (x) ==> D", "A -. d (x) .-> E"),
    ],
    [
      "titles of subgraphs",
      flowchart("subgraph Foo (bar)", "A", "end", "subgraph s [Title (x)]", "B", "end"),
    ],
    ["the word end as a node", flowchart("A --> end", "end --> B[x]")],
    ["classes and several nodes", flowchart("A[x (x)]:::c & B[y (y)] --> C", "classDef c fill:#f9f")],
    ["statements in one line", "graph TD;A[x (y)]-->B[z];B-->C{q?};"],
    ["letters of any script", flowchart("开始[开始 (x)] --> 结束{是 < 否?}")],
    [
      "a semicolon in a message",
      "sequenceDiagram\nA->>B: do; more\nNote over A,B: x; #1\nalt ok; fine\nB->>A: y\nend",
    ],
    ["parts of a pie without quotes", "pie title Shares\n  a (b) : 10%\n"],
    ["parts of a pie with units", 'pie\n  title Cost: 2024\n  "A" : 1,200\n  \'B\' : $30\n  "C "c"" : 5 €'],
    [
      "relations of entities in words",
      "erDiagram\n  User ||--o{ Order Item : has many (x)\n  Order Item {\n    int id PK the key\n    enum('a', 'b') kind\n    map<string, int> m\n  }",
    ],
    [
      "types with parameters and labels of classes",
      'classDiagram\n  class List<T> {\n    +add(x: Map<K, List<V>> = {}) bool\n  }\n  class Bar[Bar (y)]\n  class "My Class"\n  List<T> <|-- ArrayList<T> : is: a\n  Bar : x: {y}',
    ],
    [
      "names of states with hyphens",
      "stateDiagram-v2\n  [*] --> Sub-State\n  state Sub-State {\n    a --> b: x-y\n  }",
    ],
    [
      "quadrants",
      "quadrantChart\n  title A (b)\n  x-axis Low (a) --> High\n  quadrant-1 Go!\n  Camp (B): [0.3, 0.6]",
    ],
    [
      "axes",
      "xychart-beta\n  title Sales (2024)\n  x-axis [jan, feb (x)]\n  y-axis Revenue ($) 0 --> 100\n  bar [1, 2]",
    ],
    [
      "names of commits",
      "gitGraph\n  commit id: first one\n  branch b\n  commit id: x tag: v1.0 type: HIGHLIGHT",
    ],
    [
      "labels over several lines",
      flowchart(
        'A["one',
        '  f(two)"] --> B{Is it',
        "  ok (x)?}",
        "  B -->|yes",
        "  or (no)| C[Call f(x)]",
        "D(a b",
        "  c: (d)) --> E",
      ),
    ],
    [
      "labels of a block diagram",
      "block-beta\n  columns 3\n  A[Load Balancer] B[App (1)]:2 C(DB: main) space\n  A -- sends --> B",
    ],
    ["parts of a pie with decimal commas", "pie\n  A : 38,6\n  B : 1,061,4 %"],
    ["cards of a board", "kanban\n  Todo\n    [Create (x)]\n    b[c: d]"],
    ["colons in a timeline", "timeline\n  section A: B\n  10:30 : meeting"],
    ["colons in a journey", "journey\n  section A: B\n  Make tea: 5: Me"],
    [
      "requirements",
      "requirementDiagram\n  requirement r1 {\n    id: 1\n    text: must (x): y\n    risk: high\n    verifymethod: test\n  }",
    ],
    ["brackets in a mind map", "mindmap\n  root((Main (x)))\n    Foo (bar)\n    b[qux (x)]"],
  ])("%s", async (_, source) => {
    expect(await errorOf(source)).not.toBeNull();
    const mended = mendDiagram(source);
    expect(await errorOf(mended)).toBeNull();
    expect(mended.split("\n")).toHaveLength(source.split("\n").length);
    expect(mendDiagram(mended)).toBe(mended);
  });
});

test("marks that end a name in a Gantt chart are entities", () => {
  expect(
    mendDiagram("gantt\n  title A: b\n  section C: d\n  Build: x #1 :a, 2024-01-01, 3d\n  Tea: 10:30, 5m"),
  ).toBe(
    "gantt\n  title A#58; b\n  section C#58; d\n  Build#58; x #35;1 :a, 2024-01-01, 3d\n  Tea: 10:30, 5m",
  );
});

test("the parameters of types in members of classes are drawn, not taken for tags", () => {
  const source = "classDiagram\n  A <|-- B\n  class A {\n    +f(x: Map<K, List<V>>) bool\n  }";
  expect(wholeDiagram(source)).toBe(source.replace("<K, List<V>>", "‹K, List‹V››"));
  expect(wholeDiagram("flowchart TD\n  A[Map<K>]")).toBe("flowchart TD\n  A[Map<K>]");
});

test("the label of a link in a block diagram is drawn without its bars", () => {
  expect(wholeDiagram("block-beta\n  A B\n  A -->|q| B")).toBe('block-beta\n  A B\n  A -- "q" --> B');
});

test("a line without the end of its label is no part of the next", () => {
  const source = flowchart("A[x (y)", "B --> C[z]");
  expect(mendDiagram(source).split("\n")).toHaveLength(3);
  expect(mendDiagram(source)).toContain('\nB --> C["z"]');
});

test("flows have names of all characters and amounts as people write them", async () => {
  const source =
    'sankey-beta\nQuelle,Ziel,Wert\n"Öl, Gas",家庭 "A",1,200 TWh\n%% c\nSonne → Netz, €3,5\nA,B,"2,000.25"';
  const whole = wholeDiagram(source);
  expect(await errorOf(whole)).toBeNull();
  expect(whole).toMatch(/^[ -~\n]*$/);
  expect(withOriginalText(whole, source).split("\n")).toEqual([
    "sankey-beta",
    "%% Quelle,Ziel,Wert",
    '"Öl, Gas","家庭 ""A""",1200',
    "%% c",
    '"Sonne","Netz",3.5',
    '"A","B",2000.25',
  ]);
  expect(wholeDiagram(whole)).toBe(whole);
  expect(withOriginalText("<text>U+3C;</text>", source)).toBe("<text>U+3C;</text>");
});

test("labels in quotes, comments, styles and other diagrams stay as they are", () => {
  for (const source of [
    flowchart('A["a (b)"] --> B', "%% C[x (y)]", "style A fill:#f9f,stroke:#333", "end"),
    "gantt\n  title A\n  section S\n  Task (a): a1, 2024-01-01, 3d",
    "",
  ]) {
    expect(mendDiagram(source)).toBe(source);
  }
});

test("entities and line breaks in a label are kept", () => {
  expect(mendDiagram("graph LR\nA[a #quot;b#quot; <br/> c]")).toBe('graph LR\nA["a #quot;b#quot; <br/> c"]');
});

test("an error names the line of the source", async () => {
  const source = "---\ntitle: T\n---\n\n%% comment\nflowchart TD\nA --> B\n%% more\nB --> --> C\nC --> D";
  expect(lineOfError(source, (await errorOf(source))!)).toBe(9);
  expect(lineOfError("flowchart TD\nA[open", "Parse error on line 9:")).toBe(2);
  expect(lineOfError("x", "No diagram type detected")).toBeNull();
});
