import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  readContainersConf,
  readRegistriesConf,
  readStorageConf,
  endpointsFor,
  lookasideFor,
  readLookasides,
  CredentialStore,
} from "@wherry/core/config";
import { WherryError } from "@wherry/core/error";
import { parsePortMapping } from "@wherry/core/network";
import { childrenOf, parseDigest, parseImageConfig, parseManifest, parsePlatform } from "@wherry/core/oci";
import { parseReference } from "@wherry/core/reference";
import { parseTransportName } from "@wherry/core/transport";
import fc from "fast-check";
import {
  checkContainerfile,
  fileMatch,
  ignoreRules,
  parseContainerfile,
  parseIgnoreFile,
  parseRunMount,
} from "../../packages/build/src/containerfile/index.ts";
import { SyntaxProblem } from "../../packages/build/src/containerfile/errors.ts";
import { normaliseArgv } from "../../packages/core/src/cli/argv.ts";
import { flagTable } from "../../packages/core/src/cli/flag-table.ts";
import { renderTemplate } from "../../packages/core/src/cli/template/index.ts";
import { parsePolicy } from "../../packages/core/src/policy/policy-file.ts";
import { parseChallenges } from "../../packages/core/src/registry/challenge.ts";
import { nextLink } from "../../packages/core/src/registry/link.ts";
import { parseRetryAfter } from "../../packages/core/src/registry/retry-after.ts";
import { parsePayload } from "../../packages/core/src/signature/payload.ts";
import { readVerification } from "../../packages/core/src/signature/status.ts";
import { parseMount } from "../../packages/core/src/spec/parse-mount.ts";
import { parseTmpfs, parseVolume } from "../../packages/core/src/spec/parse-volume.ts";
import { parseUserMode } from "../../packages/core/src/userns/user-mode.ts";
import Run from "../../packages/run/src/commands/run.ts";
import { mutatedText, RUNS, SEED, TIMEOUT } from "./mutations.ts";

interface Target {
  readonly what: string;
  readonly samples: readonly string[];
  readonly dictionary: readonly string[];
  readonly parse: (text: string) => unknown;
}

const DIGEST = `sha256:${"a".repeat(64)}`;
const PUNCTUATION = ["{", "}", "[", "]", '"', ",", ":", "=", "/", "\\", "\n", "..", "@", "#", "'"];
const JSON_WORDS = [
  ...["null", "true", "0", "-1", "1e309", '""', "[]", "{}", "[[[[[[[[[[", '{"a":{"a":{"a":'],
  ...[
    '"__proto__":{"x":1},',
    '"constructor":',
    '"mediaType":"x",',
    '"size":-1,',
    '"size":1.5,',
    '"digest":"..",',
  ],
];

const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: DIGEST, size: 2 },
  layers: [
    { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: DIGEST, size: 3, urls: ["x"] },
  ],
  annotations: { a: "b" },
});
const index = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.index.v1+json",
  manifests: [
    {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: DIGEST,
      size: 7,
      platform: { architecture: "arm64", os: "linux", variant: "v8", "os.features": ["x"] },
    },
  ],
});
const config = JSON.stringify({
  created: "2026-01-02T03:04:05Z",
  architecture: "amd64",
  os: "linux",
  config: {
    User: "1:2",
    ExposedPorts: { "80/tcp": {} },
    Env: ["A=b"],
    Entrypoint: ["/x"],
    Cmd: null,
    Volumes: { "/v": {} },
    WorkingDir: "/",
    Labels: { a: "b" },
    StopSignal: "SIGTERM",
    Healthcheck: { Test: ["CMD", "x"], Interval: 1_000_000_000 },
    OnBuild: ["RUN x"],
    Shell: ["sh", "-c"],
  },
  rootfs: { type: "layers", diff_ids: [DIGEST] },
  history: [{ created: "2026-01-02T03:04:05Z", created_by: "x", empty_layer: true }],
});

const claim = JSON.stringify({
  critical: {
    identity: { "docker-reference": "a.io/b:1" },
    image: { "docker-manifest-digest": DIGEST },
    type: "atomic container signature",
  },
  optional: { creator: "x", timestamp: 1 },
});
const KEY = "A".repeat(40);
const STATUS = `[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG ${KEY} Me\n[GNUPG:] VALIDSIG ${KEY} 2026-01-01 1 0 4 0 22 8 00 ${KEY}\n`;
const signedBy = { type: "signedBy", keyType: "GPGKeys" };
const policy = JSON.stringify({
  default: [{ type: "reject" }],
  transports: {
    docker: {
      "a.io": [{ ...signedBy, keyPath: "/k", signedIdentity: { type: "matchExact" } }],
      "*.b.io": [
        { ...signedBy, keyData: "aGk=" },
        { type: "sigstoreSigned", keyPath: "/k" },
      ],
    },
  },
});

const flags = flagTable(Run.flags);

const templateData = {
  Name: "x",
  Size: 12,
  Up: true,
  Nothing: null,
  Labels: { "a.b": "c" },
  Mounts: [{ Source: "/a", Options: ["rw"] }],
};

const TARGETS: readonly Target[] = [
  {
    what: "manifests and indexes",
    samples: [manifest, index],
    dictionary: [...PUNCTUATION, ...JSON_WORDS],
    parse: (text) => childrenOf(parseManifest(Buffer.from(text))),
  },
  {
    what: "signatures' claims",
    samples: [claim],
    dictionary: [...PUNCTUATION, ...JSON_WORDS, '"critical":', '"type":', "\\u0022"],
    parse: (text) => parsePayload(Buffer.from(text)),
  },
  {
    what: "gpg's status",
    samples: [STATUS],
    dictionary: ["[GNUPG:] ", "NEWSIG", "BADSIG", "ERRSIG", " 9 ", "\n", "00"],
    parse: readVerification,
  },
  {
    what: "signature policies",
    samples: [policy],
    dictionary: [...PUNCTUATION, ...JSON_WORDS, '"signedBy"', '"keyPath"', '"matchExact"', '"aGk="'],
    parse: (text) => parsePolicy(text, "policy.json"),
  },
  {
    what: "image configs",
    samples: [config],
    dictionary: [...PUNCTUATION, ...JSON_WORDS],
    parse: (text) => parseImageConfig(Buffer.from(text)),
  },
  {
    what: "references",
    samples: ["quay.io/a/b:1", `localhost:5000/a@${DIGEST}`, "b", "[::1]:5000/a_b/c--d:t", `a:1@${DIGEST}`],
    dictionary: ["/", ":", "@", "//", "..", "__", "-", "[", "]", "sha256:", "sha512:", "A", "localhost"],
    parse: parseReference,
  },
  { what: "digests", samples: [DIGEST], dictionary: [":", "sha512:", "+", "A"], parse: parseDigest },
  {
    what: "platforms",
    samples: ["linux/arm64/v8", "amd64"],
    dictionary: ["/", "//", "v"],
    parse: parsePlatform,
  },
  {
    what: "names with a transport",
    samples: [
      "docker://a/b:1",
      "oci:/x y:t",
      "dir:/a",
      "docker-archive:/x.tar:a/b:1",
      "containers-storage:[overlay@/a+/b]a",
    ],
    dictionary: [":", "//", "oci-archive:", "docker-daemon:", "@0", "[", "]", "+"],
    parse: parseTransportName,
  },
  {
    what: "published ports",
    samples: ["8080:80", "127.0.0.1:80-81:90-91/udp", "[::1]::80", "80"],
    dictionary: [":", "-", "/", "tcp", "65536", "[", "]", "0"],
    parse: parsePortMapping,
  },
  {
    what: "volumes",
    samples: ["/a:/b:ro,Z,U", "name:/b", "./x:/y", "/only", "a:/b:O,upperdir=/x"],
    dictionary: [":", ",", "=", "..", "//", "rshared", "idmap=uids=0-1-2", "\\:"],
    parse: (text) => parseVolume(text, "/work"),
  },
  {
    what: "mounts",
    samples: [
      "type=bind,src=/a,dst=/b,ro",
      "type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=0700",
      'type=bind,"src=/a,b",dst=/c',
    ],
    dictionary: [",", "=", '"', "type=", "image", "subpath=../x", "bind-propagation=", "size="],
    parse: (text) => parseMount(text, "/work"),
  },
  {
    what: "tmpfs",
    samples: ["/a:size=1m,mode=755", "/a"],
    dictionary: [":", ",", "=", ".."],
    parse: parseTmpfs,
  },
  {
    what: "user namespace modes",
    samples: ["keep-id:uid=1,gid=2", "auto:size=5", "container:x", "ns:/proc/1/ns/user", "host"],
    dictionary: [":", ",", "=", "-1", "4294967296", "keep-id", "auto:", "@"],
    parse: parseUserMode,
  },
  {
    what: "authentication challenges",
    samples: [
      'Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"',
      'Basic realm="x", Bearer realm="y"',
      "Negotiate abc==, Digest a=b",
    ],
    dictionary: [
      '"',
      "\\",
      ",",
      "=",
      " ",
      "Bearer",
      "realm=",
      "realm",
      'error="insufficient_scope"',
      "\t",
      "Basic,",
    ],
    parse: (text) => parseChallenges(text),
  },
  {
    what: "Link headers",
    samples: ['</v2/a/tags/list?n=2&last=x>; rel="next"', '<a>; rel=prev, <b>; rel="next last"'],
    dictionary: ["<", ">", ";", ",", '"', "rel=", "next"],
    parse: (text) => nextLink(text),
  },
  {
    what: "Retry-After headers",
    samples: ["120", "Wed, 21 Oct 2026 07:28:00 GMT"],
    dictionary: ["-", "e9", ".", ","],
    parse: (text) => parseRetryAfter(text, 0),
  },
  {
    what: "templates",
    samples: [
      "table {{.Name}}\t{{.Size}}",
      "{{range $i, $m := .Mounts}}{{$i}}={{json $m}}{{else}}none{{end}}",
      '{{if and .Up (eq .Name "x")}}{{printf "%5.2f|%-4s|%q" 1.5 .Name .Name}}{{end}}',
      '{{index .Labels "a.b" | upper}}{{/* c */}}{{- with .Nothing -}}a{{end}}',
      '{{define "T"}}{{.}}{{end}}{{template "T" .Name}}{{len .Mounts}}{{slice .Name 0 1}}',
    ],
    dictionary: [
      ...[
        "{{",
        "}}",
        "{{-",
        "-}}",
        "{{end}}",
        "{{else}}",
        "{{range .}}",
        "|",
        "(",
        ")",
        "`",
        "$",
        "$x",
        ":=",
        ".",
      ],
      ...[
        "{{break}}",
        "{{continue}}",
        "%d",
        "%!",
        "%*d",
        "%999999d",
        "0x",
        "1e9",
        "'",
        ".__proto__",
        ".constructor",
      ],
      ...['{{template "T" .}}', "nil", "not", "index", "slice"],
    ],
    parse: (text) => renderTemplate(text, templateData, "format"),
  },
  {
    what: "Containerfiles",
    samples: [
      '# syntax=docker/dockerfile:1\n# escape=\\\nARG V=1\nFROM --platform=$BUILDPLATFORM a:${V:-x} AS b\nRUN --mount=type=cache,target=/c <<A <<-B\nx\nA\n\ty\nB\nCOPY --from=b --chown=1:2 ["a b", "/c"]\n',
      'FROM scratch\nLABEL a="b c" d=e\\\n  f=g\nENV A b c\nHEALTHCHECK --interval=1s CMD x\nONBUILD COPY a b\nSHELL ["x"]\nEXPOSE 80/tcp\nVOLUME /a /b\nSTOPSIGNAL 9\nUSER a:b\nWORKDIR /x\nADD --checksum=sha256:aa https://x/y /z\n',
    ],
    dictionary: [
      ...PUNCTUATION,
      "<<",
      "<<EOF",
      "EOF\n",
      "\\\n",
      "`",
      "$",
      "${",
      "${a:-${b}}",
      "FROM ",
      "ONBUILD ",
      "--",
      "\n#",
      "ARG ",
    ],
    parse: (text) => checkContainerfile(parseContainerfile(text)),
  },
  {
    what: "RUN --mount",
    samples: [
      "type=cache,target=/c,id=x,sharing=locked,mode=0755",
      "type=secret,id=a,env=B,required",
      "target=/x,from=b,rw",
    ],
    dictionary: [",", "=", '"', "type=", "ssh", "uid=-1", "size="],
    parse: (text) => parseRunMount(text),
  },
  {
    what: "ignore files",
    samples: ["# c\n*.md\n!README.md\n**/x/[a-c]?\n/a/../b\n", "\\#x\n[^a]\n***\n"],
    dictionary: ["*", "**", "?", "[", "]", "!", "^", "-", "\\", "/", "\n", ".."],
    parse: (text) => ignoreRules(parseIgnoreFile(text)),
  },
  {
    what: "file patterns",
    samples: ["a*b[c-d]?", "**/x", "\\*[\\]a]", "*a*a*a*a*a*a*b"],
    dictionary: ["*", "**", "?", "[", "]", "^", "-", "\\", "/", "*a*a*a"],
    parse: (text) => fileMatch(text, `${"a".repeat(60)}/x/abc`),
  },
  {
    what: "command lines",
    samples: ["-d -e A=b --pull always --pids-limit=3 x -- -y", "-dit -eA --rm=false x"],
    dictionary: ["-", "--", "=", " ", "--pids-limit", "--pul", "-e", "--help", "--no-rm", "-h"],
    parse: (text) =>
      normaliseArgv(text.split(" "), { table: flags, interspersed: true, commandPath: "wherry x" }),
  },
];

/** Configuration is read from files: the text becomes the only one. */
function configurationTargets(path: string): readonly Target[] {
  const environment = (name: string) => ({
    env: { [name]: path },
    home: "/nonexistent",
    uid: 1000,
    etc: "/nonexistent",
    usrShare: "/nonexistent",
  });
  const words = [
    ...PUNCTUATION,
    "[[",
    "]]",
    '"""',
    "= [",
    "1979-05-27",
    "inf",
    "\n[registry]\n",
    "0x",
    "__proto__",
  ];
  const write = (text: string) => writeFileSync(path, text);
  return [
    {
      what: "registries.conf",
      samples: [
        'unqualified-search-registries = ["a.io"]\nshort-name-mode = "enforcing"\n[[registry]]\nprefix = "*.b.io"\nlocation = "c"\ninsecure = true\n[[registry.mirror]]\nlocation = "d"\npull-from-mirror = "digest-only"\n[aliases]\n"x" = "y/z"\n',
      ],
      dictionary: words,
      async parse(text) {
        write(text);
        endpointsFor(
          await readRegistriesConf(environment("CONTAINERS_REGISTRIES_CONF")),
          parseReference("x.b.io/y:1"),
        );
      },
    },
    {
      what: "registries.d",
      samples: [
        "default-docker:\n  lookaside: https://a/\n  use-sigstore-attachments: false\ndocker:\n  a.io/b:\n    sigstore-staging: file:///c\n",
      ],
      dictionary: [...words, "&a ", "*a", "<<: ", "- ", ": ", "|", "!!binary ", "---\n"],
      async parse(text) {
        const registriesD = dirname(path);
        writeFileSync(join(registriesD, "x.yaml"), text);
        const lookasides = await readLookasides({ ...environment("X"), registriesD });
        return lookasideFor(lookasides, ["a.io/b:1", "a.io/b", "a.io"], "write");
      },
    },
    {
      what: "containers.conf",
      samples: [
        '[containers]\nenv = ["A=b"]\npids_limit = 5\ndefault_ulimits = ["nofile=1:2"]\n[engine]\nruntime = "crun"\n[engine.runtimes]\ncrun = ["/x"]\n[network]\npasta_options = ["-a"]\n',
      ],
      dictionary: words,
      parse(text) {
        write(text);
        return readContainersConf(environment("CONTAINERS_CONF"));
      },
    },
    {
      what: "storage.conf",
      samples: [
        '[storage]\ndriver = "overlay"\ngraphroot = "/x"\n[storage.options]\nadditionalimagestores = ["/y"]\n',
      ],
      dictionary: words,
      parse(text) {
        write(text);
        return readStorageConf(environment("CONTAINERS_STORAGE_CONF"));
      },
    },
    {
      what: "credential files",
      samples: [
        JSON.stringify({ auths: { "a.io/b": { auth: "eDp5" }, c: { identitytoken: "t" } }, credHelpers: {} }),
      ],
      dictionary: [...PUNCTUATION, ...JSON_WORDS, '"auth":"!"', '"auth":"eA=="', '"credsStore":5,'],
      parse(text) {
        write(text);
        return new CredentialStore(environment("REGISTRY_AUTH_FILE")).find("a.io", "b/c");
      },
    },
  ];
}

describe("whatever is written in them", function () {
  this.timeout(TIMEOUT);
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  for (const { what, samples, dictionary, parse } of [
    ...TARGETS,
    ...configurationTargets(join(folder, "file")),
  ]) {
    it(`${what} are taken, or refused with an error of ours`, async () => {
      for (const sample of samples) await parse(sample);
      await fc.assert(
        fc.asyncProperty(mutatedText(samples, dictionary), async (text) => {
          try {
            await parse(text);
          } catch (error) {
            if (!(error instanceof WherryError) && !(error instanceof SyntaxProblem)) throw error;
            assert.ok(error.message.length > 0);
          }
        }),
        { seed: SEED, numRuns: RUNS },
      );
    });
  }
});
