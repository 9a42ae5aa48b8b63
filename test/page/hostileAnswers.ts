/** What a model, or code that it repeats, may write to break out of the page. */
export const hostileAnswers: readonly { readonly name: string; readonly text: string }[] = [
  { name: "a script", text: "<script>alert(1)</script>" },
  { name: "an image with a handler", text: '<img src=x onerror="alert(1)">' },
  { name: "an image in Markdown", text: "![tracker](https://example.org/pixel.png)" },
  {
    name: "a javascript link",
    text: "[click](javascript:alert(1)) [two](&#106;avascript:alert(2)) [three](vbscript:x)",
  },
  { name: "a data link", text: "[click](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)" },
  { name: "a command link", text: "[click](command:workbench.action.terminal.new)" },
  {
    name: "a frame and an object",
    text: '<iframe src="https://example.org"></iframe><object data="x"></object>',
  },
  { name: "a style that hides the page", text: "<style>* { display: none }</style>" },
  {
    name: "vector graphics with a script",
    text: '<svg onload="alert(1)"><a xlink:href="javascript:alert(1)">x</a></svg>',
  },
  { name: "a form", text: '<form action="https://example.org"><input name="q"></form>' },
  { name: "markup inside a code block's language", text: '```"><img src=x onerror=alert(1)>\ncode\n```' },
  {
    name: "markup inside code",
    text: "```html\n<script>alert(1)</script>\n```\n\n`<img onerror=alert(1) src=x>`",
  },
  { name: "an unclosed fence", text: "```ts\nconst a = '<script>alert(1)</script>" },
  { name: "a line of one megabyte", text: "x".repeat(1_000_000) },
  { name: "a line of one megabyte in code", text: `\`\`\`ts\nconst a = "${"x".repeat(1_000_000)}";\n\`\`\`` },
  { name: "one long word in code", text: `\`\`\`ts\n${"a".repeat(95_000)}\n\`\`\`` },
  { name: "one long number in code", text: `\`\`\`java\n${"deadbeef01".repeat(9_500)}\n\`\`\`` },
  { name: "lines of long words in code", text: `\`\`\`csharp\n${`${"a".repeat(900)}\n`.repeat(105)}\`\`\`` },
  { name: "brackets without end", text: "[".repeat(20_000) },
  { name: "emphasis without end", text: "*a _b ".repeat(5_000) },
  { name: "a hundred thousand paragraphs in one", text: "a\n".repeat(100_000) },
  {
    name: "handlers in Markdown's own attributes",
    text: '[a](https://example.org "" onmouseover=alert(1) x="")',
  },
  { name: "a link behind a definition", text: "[a][b]\n\n[b]: javascript:alert(1)" },
  { name: "an autolink of another scheme", text: "<javascript:alert(1)> <vscode://x/y>" },
  {
    name: "a huge table",
    text: `|${"a|".repeat(300)}\n|${"-|".repeat(300)}\n${`|${"b|".repeat(300)}\n`.repeat(30)}`,
  },
  { name: "deep nesting", text: `${"> ".repeat(300)}deep\n\n${"- ".repeat(200)}deep` },
  { name: "terminal control sequences", text: "\u001b[31mred\u001b[0m\u0007" },
  { name: "bidirectional controls", text: "access\u202e granted \u2066admin\u2069" },
  {
    name: "entities of bidirectional controls",
    text: "access&#x202e; granted <https://a.example/%E2%80%AE>",
  },
  { name: "an entity that decodes to markup", text: "&lt;script&gt;alert(1)&lt;/script&gt;" },
];
