import assert from "node:assert/strict";
import { renderObject, renderReport, type ReportStyle } from "./report.ts";
import { alignColumns } from "./table.ts";

const style: ReportStyle = {
  name: "ps",
  headings: { ID: "CONTAINER ID" },
  format: "table {{.ID}}\t{{.Names}}\t{{.CreatedAt}}",
};

const rows = [
  { ID: "2b2e788dc7f7", Names: "c1", CreatedAt: "2 minutes ago", Labels: { a: "1" } },
  { ID: "be03d16c1aff", Names: "a-longer-name", CreatedAt: "", Labels: {} },
];

describe("renderReport", () => {
  const cases = [
    {
      format: undefined,
      expected: [
        "CONTAINER ID  NAMES          CREATED AT",
        "2b2e788dc7f7  c1             2 minutes ago",
        "be03d16c1aff  a-longer-name  ",
        "",
      ],
    },
    { format: "{{.ID}}\\t{{.Names}}", expected: ["2b2e788dc7f7\tc1", "be03d16c1aff\ta-longer-name", ""] },
    {
      format: "table {{.Names}} {{.ID}}",
      expected: [
        "NAMES          CONTAINER ID",
        "c1             2b2e788dc7f7",
        "a-longer-name  be03d16c1aff",
        "",
      ],
    },
    { format: "{{range .}}{{.Names}},{{end}}", expected: ["c1,a-longer-name,", ""] },
    { format: "{{range $i, $c := .}}{{$i}}{{end}}", expected: ["01", ""] },
    { format: "{{.Names}}\\n", expected: ["c1", "a-longer-name", ""] },
    { format: "{{json .Labels}}", expected: ['{"a":"1"}', "{}", ""] },
  ];
  for (const { format, expected } of cases) {
    it(`prints ${format ?? "the usual table"}`, () => {
      assert.equal(renderReport(rows, style, { format }), expected.join("\n"));
    });
  }

  it("prints headings over nothing, and leaves them out when asked", () => {
    assert.equal(renderReport([], style), "CONTAINER ID  NAMES       CREATED AT\n");
    assert.equal(renderReport([], style, { noHeading: true }), "");
  });

  it("prints JSON of what the command says is its data", () => {
    assert.equal(
      renderReport(rows, style, { format: "json", json: () => [{ Id: "x" }] }),
      '[\n  {\n    "Id": "x"\n  }\n]\n',
    );
    assert.equal(renderReport([], style, { format: "{{ json . }}" }), "[]\n");
  });

  it("says which field there is not", () => {
    assert.throws(() => renderReport(rows, style, { format: "{{.Foo}}" }), {
      code: "ERR_WHERRY_TEMPLATE",
      message: `template: ps:1:13: executing "ps" at <.Foo>: can't evaluate field Foo in type struct`,
    });
  });
});

describe("renderObject", () => {
  it("prints a template or JSON", () => {
    assert.equal(renderObject({ Client: { Version: "1" } }, "{{.Client.Version}}", "version"), "1\n");
    assert.equal(
      renderObject({ Client: { Version: "1" } }, "json", "version"),
      '{"Client":{"Version":"1"}}\n',
    );
  });
});

describe("alignColumns", () => {
  it("begins a column anew below a line without it", () => {
    const text = "a-very-long-cell\tx\nplain\nb\ty\tz";
    assert.equal(alignColumns(text), "a-very-long-cell  x\nplain\nb           y           z");
  });

  it("counts characters, not bytes", () => {
    assert.equal(alignColumns("ééééééééééééé\tx\na\tx"), "ééééééééééééé  x\na              x");
  });
});
