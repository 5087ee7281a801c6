import { createInstance } from "i18next";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { I18nextProvider, initReactI18next } from "react-i18next";
import { beforeAll, describe, expect, test } from "vitest";
import { en } from "~/i18n/locales/en";
import { Markdown, type TextEnding } from "~/components/markdown/markdown.client";

const i18n = createInstance();
beforeAll(() => i18n.use(initReactI18next).init({ lng: "en", resources: { en: { translation: en } } }));

const draw = (text: string, ending: TextEnding = "whole") =>
  renderToStaticMarkup(createElement(I18nextProvider, { i18n }, createElement(Markdown, { text, ending })));

/** The HTML without what only separates texts, and with code and formulas as their source. */
const plain = (text: string, ending: TextEnding = "whole") =>
  draw(text, ending)
    .replace(/<figure class="code-block" .*?<code[^>]*>(.*?)<\/code>.*?<\/figure>/gs, "<pre>$1</pre>")
    .replace(/<span class="formula[^>]*><code[^>]*>(.*?)<\/code><\/span>/gs, "{$1}")
    .replace(/ (?:dir="ltr"|translate="no"|class="inline-code"|target="_blank"|rel="[^"]*")/g, "")
    .replace(/(<figure class="code-block table-block">).*?(?=<table>)/s, "$1TABLE")
    .replace(/<\/?span>/g, "");

describe.each<[string, [string, string][]]>([
  [
    "emphasis beside CJK punctuation",
    [
      ["**注意：**请先保存。", "<p><strong>注意：</strong>请先保存。</p>"],
      ["他说**“你好”**就走了。", "<p>他说<strong>“你好”</strong>就走了。</p>"],
      ["これは**「重要」**です。", "<p>これは<strong>「重要」</strong>です。</p>"],
      ["*強調。*次。", "<p><em>強調。</em>次。</p>"],
      [
        "请看**《红楼梦》**、**（注）**和**【一】**等",
        "<p>请看<strong>《红楼梦》</strong>、<strong>（注）</strong>和<strong>【一】</strong>等</p>",
      ],
      [
        "이것은 **'중요'**합니다. **한국어(Korean)**은",
        "<p>이것은 <strong>&#x27;중요&#x27;</strong>합니다. <strong>한국어(Korean)</strong>은</p>",
      ],
      ["这是~~错误！~~对的", "<p>这是<del>错误！</del>对的</p>"],
      [
        "**`code`**之后，***全部。***后",
        "<p><strong><code>code</code></strong>之后，<em><strong>全部。</strong></em>后</p>",
      ],
    ],
  ],
  [
    "emphasis between punctuation and letters of other scripts",
    [
      ["ใช้**“คำ”**ที่ **สำคัญ:**มาก", "<p>ใช้<strong>“คำ”</strong>ที่ <strong>สำคัญ:</strong>มาก</p>"],
      ["ຄຳ*“ສຳຄັນ”*ຫຼາຍ", "<p>ຄຳ<em>“ສຳຄັນ”</em>ຫຼາຍ</p>"],
      ["ពាក្យ\u200B**“សំខាន់”**\u200Bណាស់", "<p>ពាក្យ\u200B<strong>“សំខាន់”</strong>\u200Bណាស់</p>"],
      ["အရေး**“ကြီး”**တယ်", "<p>အရေး<strong>“ကြီး”</strong>တယ်</p>"],
      ["و**«الكتاب»** ה**„מילה”**", "<p>و<strong>«الكتاب»</strong> ה<strong>„מילה”</strong></p>"],
      ["слово_«x»_слово x**(y)**z", "<p>слово_«x»_слово x**(y)**z</p>"],
      ["__*word*__ **_คำ_**ที่", "<p><strong><em>word</em></strong> <strong><em>คำ</em></strong>ที่</p>"],
    ],
  ],
  [
    "line ends",
    [
      ["Roses are red,\nViolets are blue.", "<p>Roses are red,<br/>Violets are blue.</p>"],
      ["a\r\nb\rc", "<p>a<br/>b<br/>c</p>"],
      ["- a\n  b\n- c", "<ul><li><p>a<br/>b</p></li><li><p>c</p></li></ul>"],
      ["> a\n> b", "<blockquote><p>a<br/>b</p></blockquote>"],
      ["a  \nb\\\nc", "<p>a<br/>b<br/>c</p>"],
      ["**a\nb**", "<p><strong>a<br/>b</strong></p>"],
      ["a\n\n\n\nb", "<p>a</p><p>b</p>"],
    ],
  ],
  [
    "tildes",
    [
      [
        "5~7 at 100~200 V, (~20 lines) plus (~50 lines)",
        "<p>5~7 at 100~200 V, (~20 lines) plus (~50 lines)</p>",
      ],
      ["~~gone~~ stays ~this~", "<p><del>gone</del> stays ~this~</p>"],
      ["a ~~~~ b ~/a ~/b", "<p>a ~~~~ b ~/a ~/b</p>"],
    ],
  ],
  [
    "fences",
    [
      [
        "**Steps:**\n1. a\n   ```sh\n   b\n   ```\n   c\n2. d",
        "<p><strong>Steps:</strong></p><ol><li><p>a</p><pre>b</pre><p>c</p></li><li><p>d</p></li></ol>",
      ],
      [
        "- one\n  - a\n    ```js\n    b\n    ```\n  - c\n- two",
        "<ul><li><p>one</p><ul><li><p>a</p><pre>b</pre></li><li><p>c</p></li></ul></li><li><p>two</p></li></ul>",
      ],
      ["> ```\n> a\n> ```\n> b", "<blockquote><pre>a</pre><p>b</p></blockquote>"],
      ["```py\n    ```\n    a\n    ```\n```\nb", "<pre>    ```\n    a\n    ```</pre><p>b</p>"],
      ["```\na\n   ```\nb", "<pre>a</pre><p>b</p>"],
      ["````md\n```\na\n```\n````\nb", "<pre>```\na\n```</pre><p>b</p>"],
      ["```markdown\n# A\n\n```js\nb\n```\n\nc\n```\nd", "<pre># A\n\n```js\nb\n```\n\nc</pre><p>d</p>"],
      [
        "```md\na:\n```\nb\n```\n\n- c\n  ```js\n  d\n  ```\n```\ne",
        "<pre>a:\n```\nb\n```\n\n- c\n  ```js\n  d\n  ```</pre><p>e</p>",
      ],
      ["~~~markdown\n```\na\n```\n~~~\nb", "<pre>```\na\n```</pre><p>b</p>"],
      ["```markdown\na\n```\n\n```js\nb\n```", "<pre>a</pre><pre>b</pre>"],
      [
        "- ```\n  ```markdown\n  a\n  ```js\n  b\n  ```\n  c\n  ```\n  d\n  ```",
        "<ul><li><pre>```markdown\na\n```js\nb</pre><p>c</p><pre>d</pre></li></ul>",
      ],
      [
        "- a\n  ```markdown\n  # b\n  ```js\n  c\n  ```\n  ```\n- d",
        "<ul><li><p>a</p><pre># b\n```js\nc\n```</pre></li><li><p>d</p></li></ul>",
      ],
      [
        "> ~~~md\n> ~~~js\n> a | b\n> ~~~\n> ~~~\nc",
        "<blockquote><pre>~~~js\na | b\n~~~</pre></blockquote><p>c</p>",
      ],
      ["- ```md\n  a\n  ```\n\n  ```js\n  b\n  ```", "<ul><li><pre>a</pre><pre>b</pre></li></ul>"],
      ["```\na\n\n```", "<pre>a\n</pre>"],
      ["- a\n\n\t```\n\tb\n\t```", "<ul><li><p>a</p><pre>b</pre></li></ul>"],
    ],
  ],
  [
    "web addresses",
    [
      ["见https://a.example/b。然后", '<p>见<a href="https://a.example/b">https://a.example/b</a>。然后</p>'],
      [
        "（https://a.example/c）和「https://a.example/d」",
        '<p>（<a href="https://a.example/c">https://a.example/c</a>）和「<a href="https://a.example/d">https://a.example/d</a>」</p>',
      ],
      [
        "https://a.example/bを参照、https://a.example/を",
        '<p><a href="https://a.example/b">https://a.example/b</a>を参照、<a href="https://a.example/">https://a.example/</a>を</p>',
      ],
      [
        "https://a.example/wiki/東京_(都市), end",
        '<p><a href="https://a.example/wiki/東京_(都市)">https://a.example/wiki/東京_(都市)</a>, end</p>',
      ],
      ["(see https://a.example/d).", '<p>(see <a href="https://a.example/d">https://a.example/d</a>).</p>'],
      [
        "**https://a.example/**, “https://b.example”…",
        '<p><strong><a href="https://a.example/">https://a.example/</a></strong>, “<a href="https://b.example">https://b.example</a>”…</p>',
      ],
      [
        "https://a.example/__init__/*x?q=a_b&c=1#d!",
        '<p><a href="https://a.example/__init__/*x?q=a_b&amp;c=1#d">https://a.example/__init__/*x?q=a_b&amp;c=1#d</a>!</p>',
      ],
      [
        "www.example.com，邮箱：me@example.com。",
        '<p><a href="http://www.example.com">www.example.com</a>，邮箱：<a href="mailto:me@example.com">me@example.com</a>。</p>',
      ],
      [
        "[https://a.example/b](https://a.example/b)",
        '<p><a href="https://a.example/b">https://a.example/b</a></p>',
      ],
      [
        "http://localhost:3000/a and https://",
        '<p><a href="http://localhost:3000/a">http://localhost:3000/a</a> and https://</p>',
      ],
      ["`https://a.example`", "<p><code>https://a.example</code></p>"],
      ...["،", "؟", "।", "։", "—b", "\u202C", "\u200Bb", "}", "’s"].map((after): [string, string] => [
        `https://a.example/b${after}`,
        `<p><a href="https://a.example/b">https://a.example/b</a>${after}</p>`,
      ]),
      [
        "https://a.example/{id}/b·c–d",
        '<p><a href="https://a.example/{id}/b·c–d">https://a.example/{id}/b·c–d</a></p>',
      ],
      ["https://a.example/b\\_c", '<p><a href="https://a.example/b_c">https://a.example/b_c</a></p>'],
      [
        "https://例え.example/パス を",
        '<p><a href="https://例え.example/パス">https://例え.example/パス</a><bdi class="link-target"> (xn--r8jz45g.example)</bdi> を</p>',
      ],
      [
        "邮箱a@b.example或mailto:c@d.example。",
        '<p>邮箱<a href="mailto:a@b.example">a@b.example</a>或<a href="mailto:c@d.example">mailto:c@d.example</a>。</p>',
      ],
      ["scp a@b.example:c/d git@b.example:e.git", "<p>scp a@b.example:c/d git@b.example:e.git</p>"],
    ],
  ],
  [
    "stars that are not closed",
    [
      ["Use 5*3 here. More", "<p>Use 5*3 here. More</p>"],
      ["Some **bold", "<p>Some **bold</p>"],
      ["call `open(", "<p>call `open(</p>"],
      [
        "see [the docs](https://a.example",
        '<p>see [the docs](<a href="https://a.example">https://a.example</a></p>',
      ],
      ["so \\(x", "<p>so (x</p>"],
      ["a <b>b", "<p>a &lt;b&gt;b</p>"],
    ],
  ],
  [
    "HTML",
    [
      [
        "<b>a</b>, <i>*b*</i>, <u>c</u>, <mark>d</mark>",
        "<p><b>a</b>, <i><em>b</em></i>, <u>c</u>, <mark>d</mark></p>",
      ],
      ["<kbd>Ctrl</kbd>+<KBD>C</KBD>", "<p><kbd>Ctrl</kbd>+<kbd>C</kbd></p>"],
      ["**<u>a</u>**<br>b<br/>c", "<p><strong><u>a</u></strong><br/>b<br/>c</p>"],
      ['<span style="color:red">a</span>', "<p>a</p>"],
      [
        '<a href="https://a.example/">a</a> <a href="javascript:b()">c</a>',
        '<p><a href="https://a.example/">a</a> &lt;a href=&quot;javascript:b()&quot;&gt;c&lt;/a&gt;</p>',
      ],
      ["<b onclick=a()>b</b>", "<p>&lt;b onclick=a()&gt;b&lt;/b&gt;</p>"],
      ["<script>a()</script>", "<p>&lt;script&gt;a()&lt;/script&gt;</p>"],
      ["<div>\n*a*\n</div>", "<p><em>a</em></p>"],
      ["Use <div> or <p>, not <center>.", "<p>Use &lt;div&gt; or &lt;p&gt;, not &lt;center&gt;.</p>"],
      ["<p> is a tag of <b>HTML</b>", "<p>&lt;p&gt; is a tag of <b>HTML</b></p>"],
      [
        '<div align="center">\n\n# A\n\nb\n\n</div>\n\nc',
        '<div class="centred"><h1>A</h1><p>b</p></div><p>c</p>',
      ],
      ["<div>\n- a\n</div>\nb", "<ul><li><p>a</p></li></ul><p>b</p>"],
      ["<h3>A *b*</h3>\nc", "<h3>A <em>b</em></h3><p>c</p>"],
      ["<section>\n\n*a*\n\n</section>", "<p><em>a</em></p>"],
      ["<dl>\n<dt>A</dt>\n<dd>*b*</dd>\n</dl>", "<dl><dt><p>A</p></dt><dd><p><em>b</em></p></dd></dl>"],
      [
        "<figure>\n\na\n\n<figcaption>b</figcaption>\n</figure>",
        "<figure><p>a</p><figcaption><p>b</p></figcaption></figure>",
      ],
      ["a\n\n<hr>\n\nb", "<p>a</p><hr/><p>b</p>"],
      ["a <hr/> b<hr>c", "<p>a</p><hr/><p>b</p><hr/><p>c</p>"],
      ["<b>a\n\nb</b>\n\nc", "<b><p>a</p><p>b</p></b><p>c</p>"],
      [
        '<font color="red">\n\n# a\n\n<i><u>b</u>\n\n- c\n\nd</i>\n</font>',
        "<h1>a</h1><i><p><u>b</u></p><ul><li><p>c</p></li></ul><p>d</p></i>",
      ],
      ["- <small>a\n\n  b</small>", "<ul><li><small><p>a</p><p>b</p></small></li></ul>"],
      ["<b> is bold.\n\nIts end </b> too", "<p>&lt;b&gt; is bold.</p><p>Its end &lt;/b&gt; too</p>"],
      ["<pre>\na | b\n\n  *c*\n</pre> d", "<pre>a | b\n\n  *c*</pre><p>d</p>"],
      [
        '- a\n  <pre><code class="language-js">x &lt; y &amp;&amp; <b>z</b>\n\n  end</code></pre>\n- b',
        "<ul><li><p>a</p><pre>x &lt; y &amp;&amp; z\n\nend</pre></li><li><p>b</p></li></ul>",
      ],
      ["a <pre>b</pre>\n\n<pre> is a tag.", "<p>a <code>b</code></p><p>&lt;pre&gt; is a tag.</p>"],
      ["a<br>\nb", "<p>a<br/>b</p>"],
      [
        "<ul>\n  <li>a</li>\n  <li>b <ol><li>c</li></ol></li>\n</ul>",
        "<ul><li><p>a</p></li><li><p>b</p><ol><li><p>c</p></li></ol></li></ul>",
      ],
      [
        '<table>\n<tr><th colspan="2">A</th></tr>\n<tr><td>b</td><td>c</td></tr>\n</table>',
        '<figure class="code-block table-block">TABLE<table><tr><th colSpan="2"><p>A</p></th></tr><tr><td><p>b</p></td><td><p>c</p></td></tr></table></div></figure>',
      ],
      [
        '<table>\n<caption>A</caption>\n<colgroup><col width="50%"></colgroup>\n<tr><td>b</td></tr>\n</table>',
        '<figure class="code-block table-block">TABLE<table><caption><p>A</p></caption><tr><td><p>b</p></td></tr></table></div></figure>',
      ],
      ['<ol start="3">\n<li>a</li>\n</ol>', '<ol start="3"><li><p>a</p></li></ol>'],
      [
        "<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>",
        "<p><ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby></p>",
      ],
      [
        '<font color="red">a</font> <strike>b</strike> <abbr title="c">d</abbr> <tt>e</tt> f<wbr>g',
        "<p>a <s>b</s> <abbr>d</abbr> <code>e</code> f<wbr/>g</p>",
      ],
      [
        "<a name=\"a\"></a>b <a href='https://a.example/'>a</a>",
        '<p>b <a href="https://a.example/">a</a></p>',
      ],
      [
        '<img src="http://a.example/b.png"> <img src=x onerror=a()>',
        "<p>&lt;img src=&quot;http://a.example/b.png&quot;&gt; &lt;img src=x onerror=a()&gt;</p>",
      ],
      ["<b>a <i>b</b> c</i>", "<p><b>a &lt;i&gt;b</b> c&lt;/i&gt;</p>"],
      ["Vec<T> and a < b > c <!-- d -->", "<p>Vec&lt;T&gt; and a &lt; b &gt; c &lt;!-- d --&gt;</p>"],
      ["`<b>a</b>`", "<p><code>&lt;b&gt;a&lt;/b&gt;</code></p>"],
      [
        "<details>\n<summary>A **b**</summary>\n\n- c\n\n```\nd\n```\n\n</details>\n\ne",
        "<details><summary>A <strong>b</strong></summary><ul><li><p>c</p></li></ul><pre>d</pre></details><p>e</p>",
      ],
      [
        "<details><summary>A</summary>b\nc</details>",
        "<details><summary>A</summary><p>b</p><p>c</p></details>",
      ],
      [
        "<details>\n<summary>\nA\n</summary>\nb\n</details>",
        "<details><summary>A</summary><p>b</p></details>",
      ],
      [
        "- a\n\n  <details>\n  <summary>B</summary>\n\n  c\n\n  </details>",
        "<ul><li><p>a</p><details><summary>B</summary><p>c</p></details></li></ul>",
      ],
      [
        "<details>\n\n<details>\n\na\n\n</details>\n\n</details>",
        "<details><details><p>a</p></details></details>",
      ],
      ["<details>\n\na", "<p>&lt;details&gt;</p><p>a</p>"],
      ["a\n</details>", "<p>a</p><p>&lt;/details&gt;</p>"],
    ],
  ],
  [
    "alerts",
    [
      [
        "> [!NOTE]\n> a",
        '<div class="alert alert--note" role="note"><p class="alert__title">Note</p><p>a</p></div>',
      ],
      [
        "> [!warning]\n>\n> - a",
        '<div class="alert alert--warning" role="note"><p class="alert__title">Warning</p><ul><li><p>a</p></li></ul></div>',
      ],
      [
        "> [!TIP] a\n> b",
        '<div class="alert alert--tip" role="note"><p class="alert__title">Tip</p><p>a<br/>b</p></div>',
      ],
      [
        "> [!CAUTION]  \n> a",
        '<div class="alert alert--caution" role="note"><p class="alert__title">Caution</p><p>a</p></div>',
      ],
      ["> [!OTHER]\n> a", "<blockquote><p>[!OTHER]<br/>a</p></blockquote>"],
    ],
  ],
])("%s", (_, cases) => {
  test.each(cases)("%j", (markdown, html) => {
    expect(plain(markdown)).toBe(html);
  });
});

describe("tables", () => {
  const cells = (rows: string) =>
    [...plain(`| a | b |\n|---|---|\n${rows}`).matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell]) => cell);

  test.each([
    ["a formula with pipes", "| $|x|$ | 1 |", ["{$|x|$}", "1"]],
    ["code with pipes", "| `a || b` | or |", ["<code>a || b</code>", "or"]],
    ["code with an escaped pipe", "| `a \\| b` | or |", ["<code>a | b</code>", "or"]],
    ["an escaped pipe", "| a \\| b | c |", ["a | b", "c"]],
    ["dollars in two cells", "| $5 | 3$ |", ["$5", "3$"]],
    ["price levels", "| $ | $$ |\n| $$$ | $$ |", ["$", "$$", "$$$", "$$"]],
    ["HTML", "| <b>b</b><br>c | d |", ["<b>b</b><br/>c", "d"]],
    [
      "lists of HTML",
      "| <ul><li>b</li><li>*c*</li></ul> | <ol><li>d<li>e</ol> |",
      ["<ul><li>b</li><li><em>c</em></li></ul>", "<ol><li>d</li><li>e</li></ol>"],
    ],
    [
      "an address at the end of a cell",
      "| https://a.example/b| c |",
      ['<a href="https://a.example/b">https://a.example/b</a>', "c"],
    ],
    ["open marks", "| **a | b** |", ["**a", "b**"]],
  ])("%s", (_, row, drawn) => {
    expect(cells(row)).toEqual(drawn);
  });
});

describe("footnotes", () => {
  test("are numbered by their first call and listed at the end, with links in both directions", () => {
    const html = draw("a[^one], b![^2], c[^one]\n\n[^2]: second *it*\n\n[^one]: first\n\n    more\n\nd");
    expect(html.match(/href="#[^"]*-note-\d"[^>]*>\d/g)!.map((call) => call.at(-1))).toEqual(["1", "2", "1"]);
    expect(html.indexOf("<section")).toBeGreaterThan(html.indexOf("<p>d</p>"));
    expect(html).toMatch(/<li value="1"[^>]*><p>first<\/p><p>more<\/p><a[^>]*-call-1/);
    expect(html).toMatch(/<li value="2"[^>]*><p><span>second <\/span><em>it<\/em><\/p><a[^>]*-call-2/);
  });

  test("are listed at the end if they are defined in a list, a quote or an element", () => {
    const html = plain(
      "- a[^1]\n\n  [^1]: one\n\n> b[^b]\n>\n> [^b]: *two*\n> [^1]: again\n\n<details>\n\nc[^3]\n\n[^3]: three\n\n</details>",
    );
    const [text, notes] = html.split("<section") as [string, string];
    expect(text.replace(/<a [^>]*>|<\/a>/g, "")).toBe(
      "<ul><li><p>a<sup>1</sup></p></li></ul><blockquote><p>b<sup>2</sup></p><p>[^1]: again</p></blockquote><details><p>c<sup>3</sup></p></details>",
    );
    expect(notes.match(/<p>.*?<\/p>/g)).toEqual(["<p>one</p>", "<p><em>two</em></p>", "<p>three</p>"]);
  });

  test("have the direction of their text", () => {
    expect(draw("مرحبا[^1]\n\n[^1]: ملاحظة")).toContain('<section class="footnotes" dir="rtl"');
  });

  test.each([
    ["a definition that nothing calls is shown", "a\n\n[^b]: c", "<p>a</p><p>[^b]: c</p>"],
    [
      "a character class is text",
      "the class [^abc] and `[^1]`",
      "<p>the class [^abc] and <code>[^1]</code></p>",
    ],
    ["a number without a definition is raised", "a[^1]", "<p>a<sup>1</sup></p>"],
  ])("%s", (_, markdown, html) => {
    expect(plain(markdown)).toBe(html);
  });
});

describe("directions", () => {
  test.each([
    [
      "a list of Arabic with an item that begins with a Latin word",
      "- غيّر قيمة `timeout`\n- OpenAI هي شركة كبيرة\n- Hello",
      '<ul dir="rtl"><li><p>غيّر قيمة <code>timeout</code></p></li><li><p dir="rtl">OpenAI هي شركة كبيرة</p></li><li><p>Hello</p></li></ul>',
    ],
    [
      "a list whose first item begins with a Latin word",
      "1. OpenAI هي شركة كبيرة",
      '<ol dir="rtl"><li><p dir="rtl">OpenAI هي شركة كبيرة</p></li></ol>',
    ],
    [
      "a list in a list",
      "- مرحبا\n  - one",
      '<ul dir="rtl"><li><p>مرحبا</p><ul><li><p>one</p></li></ul></li></ul>',
    ],
    [
      "a quote of Hebrew",
      "> Python היא שפה",
      '<blockquote dir="rtl"><p dir="rtl">Python היא שפה</p></blockquote>',
    ],
    [
      "an Arabic paragraph that begins with a Latin word",
      "OpenAI هي شركة كبيرة",
      '<p dir="rtl">OpenAI هي شركة كبيرة</p>',
    ],
    [
      "a list of Arabic words beside longer Latin names",
      "- **JavaScript**: لغة برمجة\n- Node.js: بيئة",
      '<ul dir="rtl"><li><p dir="rtl"><strong>JavaScript</strong>: لغة برمجة</p></li><li><p dir="rtl">Node.js: بيئة</p></li></ul>',
    ],
    [
      "a quote of one Arabic word beside a Latin name",
      "> OpenAI شركة",
      '<blockquote dir="rtl"><p dir="rtl">OpenAI شركة</p></blockquote>',
    ],
    [
      "an English list with an Arabic word",
      "- مرحبا means hello",
      "<ul><li><p>مرحبا means hello</p></li></ul>",
    ],
  ])("%s", (_, markdown, html) => {
    expect(plain(markdown)).toBe(html);
  });
});

describe("while it grows", () => {
  test.each([
    ["open emphasis is drawn", "a **b", "<p>a <strong>b</strong></p>"],
    ["open emphasis beside CJK punctuation is drawn", "他说**“你", "<p>他说<strong>“你</strong></p>"],
    ["open emphasis behind a Thai letter is drawn", "ใช้**คำ", "<p>ใช้<strong>คำ</strong></p>"],
    ["an open tag is an element", "a <u>b", "<p>a <u>b</u></p>"],
    [
      "open preformatted text is code",
      '<pre><code class="x">a &lt; b\n\n  c &l',
      "<pre>a &lt; b\n\n  c</pre>",
    ],
    ["an open tag is around later paragraphs", "<b>a\n\nb", "<b><p>a</p><p>b</p></b>"],
    [
      "open details are an element",
      "<details>\n<summary>A</summary>\n\nb",
      "<details><summary>A</summary><p>b</p></details>",
    ],
    ["an open tag in an open tag is an element", "a <u>b <i>c", "<p>a <u>b <i>c</i></u></p>"],
    [
      "an open tag in a summary is an element",
      "<details>\n<summary><b>A",
      "<details><summary><b>A</b></summary></details>",
    ],
    [
      "a formula of a quote is open behind blank lines",
      "> $$\n> a\n>\n>",
      "<blockquote><p>{$$\na}</p></blockquote>",
    ],
    ["a product is text", "Use 5*3 here", "<p>Use 5*3 here</p>"],
    ["a cut text is drawn as it is", "a **b", "<p>a **b</p>", "cut"],
  ] as const)("%s", (_, markdown, html, ending: TextEnding = "growing") => {
    expect(plain(markdown, ending)).toBe(html);
  });
});
