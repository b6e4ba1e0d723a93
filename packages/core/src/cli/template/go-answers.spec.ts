import assert from "node:assert/strict";
import { goMap, goType, GoTime, renderTemplate } from "./index.ts";

/** What the templates below were executed over: a container, of which `podman inspect` printed the same. */
const data = goType(
  {
    ID: "980e74a5f5b8",
    Name: "c1",
    Image: "866b6f2b20ab88b4849882abad06f3ae83aad1b48719d7cb35d8e2e4049eb1bd",
    Created: new GoTime("2026-11-26T14:13:04.173126584Z"),
    State: goType(
      {
        ...{ Status: "created", Running: false, OOMKilled: false, Pid: 0, ExitCode: 0 },
        StartedAt: new GoTime("0001-01-01T00:00:00Z"),
      },
      "*define.InspectContainerState",
    ),
    GraphDriver: { Name: "vfs" },
    Mounts: [],
    Config: {
      ...{ Cmd: ["sh", "-c", "x"], Labels: goMap({ b: "x y", a: "1", k: "v" }), Healthcheck: null },
    },
    HostConfig: {
      PortBindings: goMap({}),
      RestartPolicy: { Name: "", MaximumRetryCount: 0 },
      ...{ Memory: 0, CapDrop: ["CAP_AUDIT_WRITE", "CAP_MKNOD", "CAP_NET_RAW"], Privileged: false },
    },
    NetworkSettings: { Ports: goMap({}) },
  },
  "interface {}",
);

/** Templates and what `podman inspect --format` of podman 4.3.1 (Go 1.19) printed for them. */
const OUTPUTS: readonly (readonly [template: string, output: string])[] = [
  ["{{.Name}}", "c1"],
  ["{{.Config.Labels}}", "map[a:1 b:x y k:v]"],
  ["{{.Config.Cmd}} {{len .Config.Cmd}}", "[sh -c x] 3"],
  ["{{.State.Status | upper}}", "CREATED"],
  ['{{upper .Name}}{{lower "ABC"}}', "C1abc"],
  ['{{title "hello wORLD-x y_z it\'s 1a"}}', "Hello WORLD-X Y_z It'S 1a"],
  ['{{join .Config.Cmd ","}}', "sh,-c,x"],
  ['{{split "a,b,c" ","}}', "[a b c]"],
  ['{{index (split "a,b,c" ",") 1}}', "b"],
  ["{{json .Config.Cmd}}", '["sh","-c","x"]'],
  ["{{json .Config.Labels}}", '{"a":"1","b":"x y","k":"v"}'],
  ["{{json .State.Running}}", "false"],
  ["{{json .Name}}", '"c1"'],
  ['{{json "<a&b>"}}', '"<a&b>"'],
  ["{{json nil}}", "null"],
  ["{{pad .Name 1 2}}|", " c1  |"],
  ['{{pad "" 1 2}}|', "|"],
  ['{{truncate "äöüß" 2}}', "ä"],
  ['{{truncate "ab" 9}}', "ab"],
  ["{{println .Name 1}}", "c1 1\n"],
  ['{{print 1 2 "a" "b" 3 nil true}}', "1 2ab3 <nil> true"],
  [
    '{{printf "%-6s|%5d|%05d|%q|%v|%t" .Name 42 42 .Name .Config.Cmd false}}',
    'c1    |   42|00042|"c1"|[sh -c x]|false',
  ],
  [
    '{{printf "%.2f %e %g %6.1f %x %X %c %o %b %+d" 3.14159 1234.5 0.00001 2.55 255 255 65 8 5 7}}',
    "3.14 1.234500e+03 1e-05    2.5 ff FF A 10 101 +7",
  ],
  ['{{printf "%d %s" .Name}}', "%!d(string=c1) %!s(MISSING)"],
  ['{{printf "%s" 1}}', "%!s(int=1)"],
  ['{{printf "%s" .Config.Labels}}', "map[a:1 b:x y k:v]"],
  ['{{printf "%v" .State.Running}}', "false"],
  ['{{printf "%T %T %T %T" 1 1.5 "a" true}}', "int float64 string bool"],
  ['{{printf "%q" .Config.Cmd}}', '["sh" "-c" "x"]'],
  [
    '{{printf "%x" "hi"}}|{{printf "% x" "hi"}}|{{printf "%#x" 255}}|{{printf "%U" 0x1F600}}',
    "6869|68 69|0xff|U+1F600",
  ],
  ['{{printf "%6.2f|%-8v|%+v" 3.14159 "ab" .Config.Cmd}}', "  3.14|ab      |[sh -c x]"],
  ['{{printf "%*d|%-*d|" 5 42 5 42}}', "   42|42   |"],
  ['{{printf "%[2]*[1]d" 2 3}}', "  2"],
  ['{{printf "%z %!" 1}}', "%!z(int=1) %!!(MISSING)"],
  ['{{printf "%s %s" "a" "b" | printf "%s-%s" "x"}}', "x-a b"],
  ['{{printf "%#v" "a"}} {{printf "%#v" 1}}', '"a" 1'],
  ['{{printf "%08.3f" 3.14159}}', "0003.142"],
  ['{{printf "%t" 1}}', "%!t(int=1)"],
  ['{{printf "%v %v" nil true}}', "<nil> true"],
  ['{{printf "%5t|%-7t|" true false}}', " true|false  |"],
  ['{{printf "%10.3s|" "abcdef"}}', "       abc|"],
  ['{{printf "%c%c" 72 0x4E16}}', "H世"],
  ['{{printf "%q" 65}}', "'A'"],
  ['{{printf "%s" "a" "b"}}|{{printf "%[2]s%[1]s" "a" "b"}}|{{printf "%%"}}', "a%!(EXTRA string=b)|ba|%"],
  ["{{html \"<a href='x'>&</a>\"}}", "&lt;a href=&#39;x&#39;&gt;&amp;&lt;/a&gt;"],
  ['{{js "it\'s <b> & \\"q\\"\\n"}}', 'it\\\'s \\u003Cb\\u003E \\u0026 \\"q\\"\\u000A'],
  ['{{urlquery "a b&c=d/é"}}', "a+b%26c%3Dd%2F%C3%A9"],
  [
    '{{eq 1 1}} {{eq "a" "b" "a"}} {{ne 1 2}} {{lt 1 2}} {{le "b" "a"}} {{gt 2 1}} {{ge 2 2}}',
    "true true true true false true true",
  ],
  ["{{eq .State.ExitCode 0}}", "true"],
  ['{{eq .State.Status "created"}}', "true"],
  ['{{lt 1.5 2.5}} {{eq true true}} {{ne "a" "a"}}', "true true false"],
  ['{{and .State.Running "x"}} {{or .State.Running "y"}} {{not .State.Running}}', "false y true"],
  ['{{and true 1 "z"}} {{or 0 "" .Name}}', "z c1"],
  ['{{if .State.Running}}yes{{else if eq .State.Status "created"}}made{{else}}no{{end}}', "made"],
  ["{{with $x := .Name}}{{$x}}{{end}}", "c1"],
  ["{{with .Config.Healthcheck}}x{{else}}none{{end}}", "none"],
  ["{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"],
  ["{{$x := 1}}{{if true}}{{$x := 2}}{{end}}{{$x}}", "1"],
  ["{{range .Config.Cmd}}[{{.}}]{{end}}", "[sh][-c][x]"],
  ["{{range $i, $e := .Config.Cmd}}{{if $i}},{{end}}{{$i}}={{$e}}{{end}}", "0=sh,1=-c,2=x"],
  ["{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}", "a=1;b=x y;k=v;"],
  ["{{range .Mounts}}x{{else}}none{{end}}", "none"],
  ["{{range .Config.Cmd}}{{.}}{{break}}{{end}}", "sh"],
  ['{{range .Config.Cmd}}{{if eq . "-c"}}{{continue}}{{end}}{{.}}{{end}}', "shx"],
  ['{{index .Config.Labels "a"}}|{{index .Config.Labels "no"}}|{{.Config.Labels.no}}', "1||<no value>"],
  ["{{index .Name 0}}", "99"],
  ['{{len .Name}} {{len .Config.Labels}} {{len "héé"}}', "2 3 5"],
  ["{{else}}", ""],
  ["{{break}}", ""],
  ['{{block "B" .Name}}[{{.}}]{{end}}', "[c1]"],
  ["{{.Created}}", "2026-11-26 14:13:04.173126584 +0000 UTC"],
  ["{{.Created.Year}}", "2026"],
  ["{{.Created.Unix}}", "1795702384"],
  ['{{.Created.Format "2006-01-02"}}', "2026-11-26"],
  ["{{.NetworkSettings.Ports}}", "map[]"],
  ["{{range $p, $b := .HostConfig.PortBindings}}{{$p}}->{{(index $b 0).HostPort}}{{end}}", ""],
  ["{{json .HostConfig.PortBindings}}", "{}"],
  ["{{.HostConfig.RestartPolicy}}", "{ 0}"],
  ["{{.HostConfig.RestartPolicy.Name}}|{{.HostConfig.RestartPolicy.MaximumRetryCount}}", "|0"],
  ["{{.State.Pid}} {{.State.OOMKilled}} {{.State.StartedAt}}", "0 false 0001-01-01 00:00:00 +0000 UTC"],
  ["{{.State.StartedAt.IsZero}}", "true"],
  ["{{'\\n'}} {{'世'}} {{\"\\u4e16\\x41\\101\"}}", "10 19990 世AA"],
  ["a  {{- .Name -}}  b", "ac1b"],
  ["{{/* c */}}a{{- /* d */ -}} b", "ab"],
  ["{{.Name}}{{/**/}}", "c1"],
  ["{{.1}}", "0.1"],
  ["{{(.State).Status}} {{(index .Config.Cmd 0) | upper}}", "created SH"],
  ['{{3 | printf "%d"}}', "3"],
  ["{{print}}{{println}}x", "\nx"],
  ["{{print .Config.Healthcheck}}", "<nil>"],
  ['{{printf "%v" .HostConfig.PortBindings}}', "map[]"],
  ['{{if eq .Name "c1" | not}}a{{else}}b{{end}}', "b"],
  [
    "{{.HostConfig.Memory}} {{.HostConfig.CapDrop}} {{.HostConfig.Privileged}}",
    "0 [CAP_AUDIT_WRITE CAP_MKNOD CAP_NET_RAW] false",
  ],
  ["{{range .HostConfig.CapDrop}}{{.}}{{end}}|", "CAP_AUDIT_WRITECAP_MKNODCAP_NET_RAW|"],
  ["{{.GraphDriver.Name}}|{{.Image | len}}", "vfs|64"],
  ['{{ne .State.Status "running"}}{{"\\n"}}x', "true\nx"],
  ["{{.Name}} {{- 3}} x {{3 -}} y", "c13 x 3y"],
  ["{{-3}}", "-3"],
  ["{{- .Name}}", "c1"],
  ['{{ .Name }}{{ "quoted \\"x\\"" }}', 'c1quoted "x"'],
  ['{{len (index .Config.Labels "no")}}', "0"],
];

/** Templates and Go's complaint, behind `template: inspect:`. Columns count the `{{range .}}` that podman puts before. */
const ERRORS: readonly (readonly [template: string, message: string])[] = [
  ["{{truncate .Id 4}}", '1:22: executing "inspect" at <.Id>: can\'t evaluate field Id in type interface {}'],
  ["{{and}}", '1:13: executing "inspect" at <and>: wrong number of args for and: want at least 1 got 0'],
  ["{{not}}", '1:13: executing "inspect" at <not>: wrong number of args for not: want 1 got 0'],
  ["{{not 1 2}}", '1:13: executing "inspect" at <not>: wrong number of args for not: want 1 got 2'],
  [
    "{{with .Config.Labels}}{{.a}} {{$.Name}}{{end}}",
    '1:44: executing "inspect" at <$.Name>: can\'t evaluate field Name in type []interface {}',
  ],
  ["{{range .Name}}{{.}}{{end}}", '1:19: executing "inspect" at <.Name>: range can\'t iterate over c1'],
  ["{{range nil}}{{end}}", '1:19: executing "inspect" at <nil>: nil is not a command'],
  [
    "{{index .Config.Cmd 0}} {{index .Config.Cmd 9}}",
    '1:37: executing "inspect" at <index .Config.Cmd 9>: error calling index: index out of range: 9',
  ],
  [
    '{{index .Config.Cmd "a"}}',
    '1:13: executing "inspect" at <index .Config.Cmd "a">: error calling index: cannot index slice/array with type string',
  ],
  [
    "{{index nil 1}}",
    '1:13: executing "inspect" at <index nil 1>: error calling index: index of untyped nil',
  ],
  [
    "{{index .Config.Cmd -1}}",
    '1:13: executing "inspect" at <index .Config.Cmd -1>: error calling index: index out of range: -1',
  ],
  [
    "{{index .Config.Labels 1}}",
    '1:13: executing "inspect" at <index .Config.Labels 1>: error calling index: value has type int; should be string',
  ],
  [
    "{{slice .Id 0 3}} {{slice .Config.Cmd 1}} {{slice .Config.Cmd 0 1}}",
    '1:19: executing "inspect" at <.Id>: can\'t evaluate field Id in type interface {}',
  ],
  [
    "{{slice .Name 5}}",
    '1:13: executing "inspect" at <slice .Name 5>: error calling slice: index out of range: 5',
  ],
  [
    "{{slice .Name 2 1}}",
    '1:13: executing "inspect" at <slice .Name 2 1>: error calling slice: invalid slice index: 2 > 1',
  ],
  [
    "{{slice .State 1}}",
    '1:13: executing "inspect" at <slice .State 1>: error calling slice: can\'t slice item of type *define.InspectContainerState',
  ],
  ["{{len 3}}", '1:13: executing "inspect" at <len 3>: error calling len: len of type int'],
  [
    "{{len nil}}",
    '1:13: executing "inspect" at <len nil>: error calling len: reflect: call of reflect.Value.Type on zero Value',
  ],
  ["{{.Foo}}", '1:13: executing "inspect" at <.Foo>: can\'t evaluate field Foo in type interface {}'],
  [
    "{{.State.Foo}}",
    '1:19: executing "inspect" at <.State.Foo>: can\'t evaluate field Foo in type *define.InspectContainerState',
  ],
  ["{{.Name.Foo}}", '1:18: executing "inspect" at <.Name.Foo>: can\'t evaluate field Foo in type string'],
  [
    "{{.Config.Labels.a.b}}",
    '1:20: executing "inspect" at <.Config.Labels.a.b>: can\'t evaluate field b in type string',
  ],
  [
    "{{.Name 1}}",
    '1:13: executing "inspect" at <.Name>: Name has arguments but cannot be invoked as function',
  ],
  [
    "{{.State.Status.X.Y}}",
    '1:19: executing "inspect" at <.State.Status.X.Y>: can\'t evaluate field X in type string',
  ],
  ["{{$.Name}}", '1:14: executing "inspect" at <$.Name>: can\'t evaluate field Name in type []interface {}'],
  ["{{$x}}", '1: undefined variable "$x"'],
  ["{{foo}}", '1: function "foo" not defined'],
  ["{{foo .Name}}", '1: function "foo" not defined'],
  ["{{.Name | foo}}", '1: function "foo" not defined'],
  ["{{if .Name}}x", "1: unexpected EOF"],
  ["{{end}}", "1: unexpected {{end}}"],
  ["{{.Name", "1: bad character U+007B '{'"],
  ["{{`a}}", "1: unterminated raw quoted string"],
  ["{{'a}}", "1: unterminated character constant"],
  ["{{(.Name}}", "1: unclosed left paren"],
  ["{{.Name)}}", '1: unexpected ")" in command'],
  ["{{}}", "1: missing value for command"],
  ["{{ | upper}}", '1: unexpected "|" in command'],
  ["{{.Name | | upper}}", '1: unexpected "|" in command'],
  ["{{1 2}}", '1:13: executing "inspect" at <1>: can\'t give argument to non-function 1'],
  ['{{"a" "b"}}', '1:13: executing "inspect" at <"a">: can\'t give argument to non-function "a"'],
  ["{{nil}}", '1:13: executing "inspect" at <nil>: nil is not a command'],
  ["{{if}}x{{end}}", "1: missing value for if"],
  ["{{range}}x{{end}}", "1: missing value for range"],
  ["{{with}}x{{end}}", "1: missing value for with"],
  ['{{template "no"}}', '1:22: executing "inspect" at <{{template "no"}}>: template "no" not defined'],
  ["{{template no}}", '1: unexpected "no" in template clause'],
  ["{{upper 1}}", '1:19: executing "inspect" at <1>: expected string; found 1'],
  ["{{upper}}", '1:13: executing "inspect" at <upper>: wrong number of args for upper: want 1 got 0'],
  ['{{upper "a" "b"}}', '1:13: executing "inspect" at <upper>: wrong number of args for upper: want 1 got 2'],
  ['{{join "a" ","}}', '1:18: executing "inspect" at <"a">: can\'t handle "a" for arg of type []string'],
  [
    "{{join .Config.Cmd}}",
    '1:13: executing "inspect" at <join>: wrong number of args for join: want 2 got 1',
  ],
  ['{{truncate .Name "x"}}', '1:28: executing "inspect" at <"x">: expected integer; found "x"'],
  ['{{split 1 ","}}', '1:19: executing "inspect" at <1>: expected string; found 1'],
  [
    '{{eq 1 "a"}}',
    '1:13: executing "inspect" at <eq 1 "a">: error calling eq: incompatible types for comparison',
  ],
  ["{{eq 1}}", '1:13: executing "inspect" at <eq 1>: error calling eq: missing argument for comparison'],
  [
    "{{eq .Config.Cmd .Config.Cmd}}",
    '1:13: executing "inspect" at <eq .Config.Cmd .Config.Cmd>: error calling eq: non-comparable type [sh -c x]: []string',
  ],
  [
    "{{lt true false}}",
    '1:13: executing "inspect" at <lt true false>: error calling lt: invalid type for comparison',
  ],
  [
    '{{lt 1 "a"}}',
    '1:13: executing "inspect" at <lt 1 "a">: error calling lt: incompatible types for comparison',
  ],
  [
    "{{eq .State.Status 1}}",
    '1:13: executing "inspect" at <eq .State.Status 1>: error calling eq: incompatible types for comparison',
  ],
  [
    "{{.Config.Cmd.Foo}}",
    '1:20: executing "inspect" at <.Config.Cmd.Foo>: can\'t evaluate field Foo in type []string',
  ],
  ["{{1e400}}", '1: illegal number syntax: "1e400"'],
  ["{{99999999999999999999}}", '1: integer overflow: "99999999999999999999"'],
  ["{{08}}", '1: integer overflow: "08"'],
  ["{{/* c }}", "1: unclosed comment"],
  [
    '{{.Config.Cmd | join ","}}',
    '1:32: executing "inspect" at <",">: can\'t handle "," for arg of type []string',
  ],
  [
    "{{call .Name}}",
    '1:13: executing "inspect" at <call .Name>: error calling call: non-function of type string',
  ],
  [
    '{{call upper "a"}}',
    '1:18: executing "inspect" at <upper>: wrong number of args for upper: want 1 got 0',
  ],
  ["{{.Name.}}", "1: unexpected <.> in operand"],
  ["{{..Name}}", '1: unexpected . after term "."'],
  [
    "{{.Name .Id}}",
    '1:13: executing "inspect" at <.Name>: Name has arguments but cannot be invoked as function',
  ],
  ["{{printf 1}}", '1:20: executing "inspect" at <1>: expected string; found 1'],
  [
    "{{printf}}",
    '1:13: executing "inspect" at <printf>: wrong number of args for printf: want at least 1 got 0',
  ],
  ["{{range $i, $e, $f := .Config.Cmd}}{{end}}", "1: too many declarations in range"],
  ["{{$a, $b := .Name}}", "1: too many declarations in command"],
  [
    "{{$x := .Name}}{{$x.Foo}}",
    '1:30: executing "inspect" at <$x.Foo>: can\'t evaluate field Foo in type string',
  ],
  ["{{if true}}a{{else}}b{{else}}c{{end}}", "1: expected end; found {{else}}"],
  ["{{end x}}", '1: unexpected "x" in end'],
  ["{{.Name@}}", "1: bad character U+0040 '@'"],
  ["{{#}}", '1: unexpected "#" in command'],
  ["{{.Name!}}", "1: bad character U+0021 '!'"],
  ["{{a.b}}", '1: function "a" not defined'],
  ["{{true.x}}", '1: unexpected . after term "true"'],
  ["{{nil.x}}", '1: unexpected . after term "nil"'],
  ["{{1.x}}", '1: bad number syntax: "1.x"'],
  ['{{"a".x}}', '1: unexpected . after term "\\"a\\""'],
  ["{{$.x.y}}", '1:14: executing "inspect" at <$.x.y>: can\'t evaluate field x in type []interface {}'],
  ["{{not .Foo}}", '1:17: executing "inspect" at <.Foo>: can\'t evaluate field Foo in type interface {}'],
  ["{{upper nil}}", '1:19: executing "inspect" at <nil>: cannot assign nil to string'],
  ["{{json .Name .Id}}", '1:13: executing "inspect" at <json>: wrong number of args for json: want 1 got 2'],
];

/** As podman executes it: for each object, with a line end. */
function render(template: string): string {
  return renderTemplate(`{{range .}}${template}{{"\\n"}}{{end}}`, [data], "inspect");
}

describe("templates, beside Go's own answers", () => {
  for (const [template, output] of OUTPUTS) {
    it(`renders ${template}`, () => assert.equal(render(template).replace(/\n$/, ""), output));
  }

  for (const [template, message] of ERRORS) {
    it(`refuses ${template}`, () => {
      assert.throws(() => render(template), { message: `template: inspect:${message}` });
    });
  }
});
