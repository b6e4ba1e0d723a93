import assert from "node:assert/strict";
import fc from "fast-check";
import { goMap, GoTime, renderTemplate } from "./index.ts";

const data = {
  Id: "2b2e788dc7f7",
  Name: "c1",
  Created: new GoTime("2026-11-23T04:49:15.322451912Z"),
  State: { Status: "created", Running: false, Pid: 0 },
  Config: { Cmd: ["sh", "-c", "x"], Labels: goMap({ b: "x y", a: "1" }), Health: null, Volumes: goMap({}) },
  Ports: goMap({ "80/tcp": [{ HostIp: "", HostPort: "8080" }] }),
  Label: (name: string) => `<${name}>`,
};

describe("renderTemplate", () => {
  // each checked against podman 4.3.1 or Go 1.24
  const cases: readonly (readonly [template: string, expected: string])[] = [
    ["{{.Name}}", "c1"],
    ["{{.Config.Labels}}", "map[a:1 b:x y]"],
    ["{{.Config.Cmd}} {{len .Config.Cmd}}", "[sh -c x] 3"],
    ["{{.Ports}}", "map[80/tcp:[{ 8080}]]"],
    ["{{.State}}", "{created false 0}"],
    ["{{.Config.Health}}|{{.Config.Volumes}}", "<nil>|map[]"],
    ["{{.Created}}", "2026-11-23 04:49:15.322451912 +0000 UTC"],
    ["{{json .Created}}", '"2026-11-23T04:49:15.322451912Z"'],
    ["{{json .Config.Labels}}", '{"a":"1","b":"x y"}'],
    [`{{.Config.Labels.no}}|{{index .Config.Labels "no"}}|{{index .Config.Labels "a"}}`, "<no value>||1"],
    ["{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}", "a=1;b=x y;"],
    ["{{range $i, $e := .Config.Cmd}}{{if $i}},{{end}}{{$e}}{{end}}", "sh,-c,x"],
    ["{{range .Config.Volumes}}x{{else}}none{{end}}", "none"],
    ["{{range 3}}{{.}}{{end}}", "012"],
    ["{{range .Config.Cmd}}{{.}}{{break}}{{end}}", "sh"],
    [`{{range .Config.Cmd}}{{if eq . "-c"}}{{continue}}{{end}}{{.}}{{end}}`, "shx"],
    [`{{if .State.Running}}yes{{else if eq .State.Status "created"}}made{{else}}no{{end}}`, "made"],
    ["{{with .Config.Labels}}{{.a}} {{$.Name}}{{end}}", "1 c1"],
    ["{{with .Config.Health}}x{{else with .Name}}{{.}}{{end}}", "c1"],
    ["{{with $x := .Name}}{{$x}}{{end}}", "c1"],
    ["{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"],
    ["{{$x := 1}}{{if true}}{{$x := 2}}{{end}}{{$x}}", "1"],
    ["{{range $p, $b := .Ports}}{{$p}}->{{(index $b 0).HostPort}}{{end}}", "80/tcp->8080"],
    [
      `{{printf "%-6s|%5d|%05d|%q|%v|%t" .Name 42 42 .Name .Config.Cmd false}}`,
      `c1    |   42|00042|"c1"|[sh -c x]|false`,
    ],
    [
      `{{printf "%.2f %e %g %6.1f %x %X %c %o %b %+d" 3.14159 1234.5 0.00001 2.55 255 255 65 8 5 7}}`,
      "3.14 1.234500e+03 1e-05    2.5 ff FF A 10 101 +7",
    ],
    [`{{printf "%d %s" .Name}}`, "%!d(string=c1) %!s(MISSING)"],
    [
      `{{printf "%s" "a" "b"}}|{{printf "%[2]s%[1]s" "a" "b"}}|{{printf "%%"}}|{{printf "%v" nil}}`,
      "a%!(EXTRA string=b)|ba|%|<nil>",
    ],
    [`{{print 1 2 "a" "b" 3}}|{{println "x" 1}}`, "1 2ab3|x 1\n"],
    [`{{.Name | upper | printf "%s!"}}`, "C1!"],
    [
      `{{join .Config.Cmd ","}} {{split "a,b" ","}} {{title "hello world"}} {{lower "AB"}}`,
      "sh,-c,x [a b] Hello World ab",
    ],
    [
      `{{truncate .Id 4}}|{{pad .Name 1 2}}|{{slice .Id 0 3}}|{{slice .Config.Cmd 1}}`,
      "2b2e| c1  |2b2|[-c x]",
    ],
    [`{{and .State.Running "x"}} {{or .State.Running "y"}} {{not .State.Running}}`, "false y true"],
    [`{{and true 1 "z"}} {{or 0 "" .Name}}`, "z c1"],
    [
      `{{eq 1 1}} {{eq "a" "b" "a"}} {{ne 1 2}} {{lt 1 2}} {{le "b" "a"}} {{gt 2 1}} {{ge 2 2}}`,
      "true true true true false true true",
    ],
    [`{{if and (eq .Name "c1") (gt (len .Config.Cmd) 0)}}ok{{end}}`, "ok"],
    ['{{len "héé"}}', "5"],
    [
      "{{\"a\\tb\"}}{{`raw\\n`}}{{'a'}} {{0x10}} {{1.5}} {{1e3}} {{1_000}} {{-3}}",
      "a\tbraw\\n97 16 1.5 1000 1000 -3",
    ],
    ["a  {{- .Name -}}  \n b", "ac1b"],
    ["{{/* c */}}a{{- /* d */ -}} b", "ab"],
    [`{{define "T"}}<{{.}}>{{end}}{{template "T" .Name}}`, "<c1>"],
    [`{{block "B" .Name}}[{{.}}]{{end}}`, "[c1]"],
    [`{{.Label "x"}}`, "<x>"],
    [`{{html "<a>"}}{{js "it's"}}{{urlquery "a b"}}`, "&lt;a&gt;it\\'sa+b"],
    ["{{true}} {{false}} } }} {", "true false } }} {"],
  ];
  for (const [template, expected] of cases) {
    it(`renders ${template}`, () => assert.equal(renderTemplate(template, data, "t"), expected));
  }

  const wrong: readonly (readonly [template: string, message: string])[] = [
    ["{{.Foo}}", `t:1:2: executing "t" at <.Foo>: can't evaluate field Foo in type struct`],
    [
      "x\n {{.State.Foo.Bar}}",
      `t:2:9: executing "t" at <.State.Foo.Bar>: can't evaluate field Foo in type struct`,
    ],
    ["{{.Name.Foo}}", `t:1:7: executing "t" at <.Name.Foo>: can't evaluate field Foo in type string`],
    [
      "{{.Config.Health.Foo}}",
      `t:1:9: executing "t" at <.Config.Health.Foo>: nil pointer evaluating interface {}.Foo`,
    ],
    [
      "{{index .Config.Cmd 9}}",
      `t:1:2: executing "t" at <index .Config.Cmd 9>: error calling index: index out of range: 9`,
    ],
    [
      `{{eq 1 "a"}}`,
      `t:1:2: executing "t" at <eq 1 "a">: error calling eq: incompatible types for comparison`,
    ],
    ["{{range .Name}}{{end}}", `t:1:8: executing "t" at <.Name>: range can't iterate over c1`],
    ["{{.Name 1}}", `t:1:2: executing "t" at <.Name>: Name has arguments but cannot be invoked as function`],
    [`{{template "no"}}`, `t:1:11: executing "t" at <{{template "no"}}>: template "no" not defined`],
    ["{{$x}}", 't:1: undefined variable "$x"'],
    ["{{foo}}", 't:1: function "foo" not defined'],
    ["\n{{if .Name}}x", "t:2: unexpected EOF"],
    ["{{end}}", "t:1: unexpected {{end}}"],
    ["{{.Name", "t:1: unclosed action"],
    ["{{break}}", "t:1: {{break}} outside {{range}}"],
    [`{{"a}}`, "t:1: unterminated quoted string"],
    ["{{(.Name}}", "t:1: unclosed left paren"],
    ["{{}}", "t:1: missing value for command"],
  ];
  for (const [template, message] of wrong) {
    it(`refuses ${JSON.stringify(template)}`, () => {
      assert.throws(() => renderTemplate(template, data, "t"), {
        code: "ERR_WHERRY_TEMPLATE",
        message: `template: ${message}`,
      });
    });
  }

  it("ends an endless recursion", () => {
    assert.throws(
      () => renderTemplate(`{{define "T"}}{{template "T"}}{{end}}{{template "T"}}`, data, "t"),
      /depth/,
    );
  });

  it("leaves text without actions as it is", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes("{{"));
        assert.equal(renderTemplate(text, data, "t"), text);
      }),
    );
  });

  it("reads back every string it can quote", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(renderTemplate(`{{${JSON.stringify(text)}}}`, data, "t"), text);
      }),
    );
  });

  it("fails only with a template error, whatever the template", () => {
    const words = fc.constantFrom(
      "{{",
      "}}",
      ".",
      ".Name",
      "$x",
      ":=",
      "|",
      "(",
      ")",
      "range",
      "end",
      "if",
      "else",
      " ",
      '"a"',
      "1",
      "-",
      "len",
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
        try {
          renderTemplate(parts.join(""), data, "t");
        } catch (error) {
          assert.equal((error as { code?: string }).code, "ERR_WHERRY_TEMPLATE", String(error));
        }
      }),
    );
  });
});
