/** A command that changes something, and what is around it. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** Command lines that are run to their end before it. */
  readonly before: readonly string[];
  /** Command lines that take away what it leaves besides containers; they may find nothing. */
  readonly undo: readonly string[];
}

/**
 * `HOME` stands for the home folder, `REGISTRY` for a registry that wants a login.
 *
 * @param line words with one blank between them
 */
function command(line: string, before: readonly string[] = [], undo: readonly string[] = []): Command {
  const [program = "", ...args] = line.split(" ");
  return { program, args, before, undo };
}

const SLEEPER = "wherry run -d --name one --network none bb sleep 600";
const CREATED = "wherry create --name one --network none bb sleep 600";
const VOLUME = "wherry volume create data";
const NO_VOLUME = "wherry volume rm data";
const SECRET = "wherry secret create word HOME/made/data/file-1";
const LOGIN = "wherry login --tls-verify=false -u john -p pass REGISTRY";
const TAG = "wherry tag bb localhost/other";
const WORKING = "wherry-build from -q --name w bb";
const LIST = "wherry-build manifest create localhost/list";
const FILLED = `${LIST} bb`;
const NO_LIST = "wherry-build manifest rm localhost/list";
const NAMELESS = "wherry import -q HOME/tree.tar";
const NO_NAMELESS = "wherry image prune -f";
const LAYOUT = "wherry-image copy -q oci:HOME/made/layout:bb oci:HOME/copies:bb";
const without = (name: string) => `wherry rmi -f ${name}`;

/** Every state-changing command of the three programs; the first of them are those that are used most. */
export const COMMANDS: readonly Command[] = [
  command("wherry run --rm --network none bb true"),
  command("wherry run --name one bb sh -c true"),
  command(SLEEPER),
  command("wherry create --name one -v data:/data bb true", [], [NO_VOLUME]),
  command("wherry start one", [CREATED]),
  command("wherry stop -t 0 one", [SLEEPER]),
  command("wherry restart -t 0 one", [SLEEPER]),
  command("wherry rm -f one", [SLEEPER]),
  command("wherry kill one", [SLEEPER]),
  command("wherry exec one sh -c true", [SLEEPER]),
  command("wherry rename one two", [SLEEPER]),
  command("wherry commit -q one localhost/made", [SLEEPER], [without("localhost/made")]),
  command("wherry cp HOME/made/data one:/tmp", [SLEEPER]),
  command("wherry export -o HOME/out.tar one", [SLEEPER]),
  command("wherry pull -q oci:HOME/made/layout:bb"),
  command("wherry push -q bb oci:HOME/pushed:bb"),
  command("wherry save -q -o HOME/saved.tar bb"),
  command("wherry load -q -i HOME/image.tar", [], [NO_NAMELESS]),
  command("wherry import -q HOME/tree.tar localhost/imported", [], [without("localhost/imported")]),
  command(TAG),
  command("wherry untag bb localhost/other", [TAG]),
  command("wherry rmi localhost/other", [TAG]),
  command("wherry image prune -f", [NAMELESS]),
  command("wherry init one", [CREATED]),
  command("wherry container clone one two", [CREATED]),
  command("wherry container cleanup one", ["wherry run --name one --network none bb true"]),
  command("wherry container prune -f", ["wherry create bb true"]),
  command("wherry healthcheck run one", [
    "wherry run -d --name one --network none --health-cmd true bb sleep 600",
  ]),
  command("wherry unshare wherry mount one", [CREATED]),
  command(VOLUME, [], [NO_VOLUME]),
  command(NO_VOLUME, [VOLUME], [NO_VOLUME]),
  command("wherry volume import data HOME/tree.tar", [VOLUME], [NO_VOLUME]),
  command("wherry volume export -o HOME/out.tar data", [VOLUME], [NO_VOLUME]),
  command("wherry volume prune -f -a", [VOLUME], [NO_VOLUME]),
  command(SECRET, [], ["wherry secret rm word"]),
  command("wherry secret rm word", [SECRET], ["wherry secret rm word"]),
  command(LOGIN, [], ["wherry logout REGISTRY"]),
  command("wherry logout REGISTRY", [LOGIN], ["wherry logout REGISTRY"]),
  command("wherry system prune -f --volumes", ["wherry create bb true", VOLUME], [NO_VOLUME]),
  command("wherry system check --repair", [VOLUME], [NO_VOLUME]),
  command("wherry system migrate", [SLEEPER]),
  command("wherry system reset -f", [CREATED], ["wherry load -q -i HOME/image.tar"]),
  command("wherry-build build -q -t localhost/built HOME/context", [], [without("localhost/built")]),
  command(
    "wherry-build build -q --no-cache -t localhost/built HOME/context",
    [],
    [without("localhost/built")],
  ),
  command("wherry-build verify HOME/context"),
  command(WORKING),
  command("wherry-build add -q w HOME/context/files /files", [WORKING]),
  command("wherry-build copy -q w HOME/context/files /files", [WORKING]),
  command("wherry-build config --label a=b w", [WORKING]),
  command("wherry-build run --network none w true", [WORKING]),
  command("wherry-build commit -q w localhost/built", [WORKING], [without("localhost/built")]),
  command("wherry-build rename w v", [WORKING]),
  command("wherry-build unshare wherry-build mount w", [WORKING]),
  command("wherry-build rm w", [WORKING]),
  command("wherry-build prune -f", [WORKING, NAMELESS]),
  command("wherry-build base host -q localhost/tools busybox", [], [without("localhost/tools")]),
  command("wherry-build cache export oci:HOME/cache", ["wherry-build build -q HOME/context"]),
  command("wherry-build cache import oci:HOME/kept-cache"),
  command("wherry-build cache prune", ["wherry-build build -q HOME/context"]),
  command(LIST, [], [NO_LIST]),
  command("wherry-build manifest add localhost/list bb", [LIST], [NO_LIST]),
  command("wherry-build manifest annotate --annotation a=b localhost/list bb", [FILLED], [NO_LIST]),
  command("wherry-build manifest remove localhost/list bb", [FILLED], [NO_LIST]),
  command("wherry-build manifest push -q localhost/list oci:HOME/pushed:list", [FILLED], [NO_LIST]),
  command(NO_LIST, [FILLED], [NO_LIST]),
  command("wherry-image copy -q oci:HOME/made/layout:bb dir:HOME/copied"),
  command(LAYOUT),
  command(
    "wherry-image copy -q oci:HOME/made/layout:bb containers-storage:localhost/made",
    [],
    [without("localhost/made")],
  ),
  command("wherry-image sync --src oci --dest oci HOME/made/layout HOME/copies"),
  command("wherry-image plan copy -o HOME/plan.json oci:HOME/made/layout:bb oci:HOME/copies:bb"),
  command("wherry-image apply HOME/plan.json", [
    "wherry-image plan copy -o HOME/plan.json oci:HOME/made/layout:bb oci:HOME/copies:bb",
  ]),
  command("wherry-image export -o HOME/out.tar oci:HOME/made/layout:bb"),
  command("wherry-image delete oci:HOME/copies:bb", [LAYOUT]),
  command("wherry-image gc --older 0s HOME/copies", [LAYOUT, "wherry-image delete oci:HOME/copies:bb"]),
];

/** What commands write into the home, to be removed after each. */
export const MADE_FILES = ["pushed", "saved.tar", "out.tar", "copied", "copies", "cache", "plan.json"];

/** Commands that are not in the table, and why. */
export const LEFT_OUT: ReadonlyMap<RegExp, string> = new Map([
  [
    /^wherry (?:attach|completion|container exists|diff|doctor|events|history|image (?:diff|exists|history|inspect|list|ls|search|tree)|images|info|inspect|logs|port|ps|search|secret (?:exists|inspect|list|ls)|stats|system (?:df|events|info)|top|version|volume (?:exists|inspect|list|ls)|wait|why)$/,
    "only reads, and takes no lock",
  ],
  [
    /^wherry-build (?:cache ls|completion|containers|history|images|info|inspect|list|ls|manifest (?:exists|inspect)|ps|version)$/,
    "only reads, and takes no lock",
  ],
  [
    /^wherry-image (?:auth (?:explain|token)|blob get|cat|completion|diff|digest|inspect|list-repos|list-tags|manifest-digest|plan sync|ratelimit|referrers|standalone-verify|verify-content|version)$/,
    "only reads, and takes no lock",
  ],
  [/^wherry(?:-build)? unshare$/, "runs a program of the user's; with `mount` in it, it is in the table"],
  [
    /^wherry (?:image|volume) mount$/,
    "mounts within `unshare` as `wherry mount` does, which is in the table",
  ],
  [
    /^wherry(?:-build)? (?:(?:image|volume) )?(?:u|un)mount$/,
    "takes away what ends with the namespace of `unshare` anyhow",
  ],
  [/^wherry (?:(?:un)?pause|update)$/, "needs delegated controllers: test/run/limits.spec.ts"],
  [
    /^wherry container (?:restart-ended|health-failed)$/,
    "called by the supervisor, which test/run/killed.spec.ts and supervision.spec.ts kill",
  ],
  [/^wherry-build (?:login|logout|pull|push|rmi|tag)$/, "the same call of core as the command of wherry's"],
  [/^wherry-image (?:login|logout)$/, "the same call of core as the command of wherry's"],
  [
    /^wherry-build base debian$/,
    "runs debootstrap with Debian's archive; it imports what came out as `import` does",
  ],
  [/^wherry (?:system renumber|volume reload)$/, "has nothing to do"],
  [
    /^wherry-image standalone-sign$/,
    "has gpg sign, and writes one file, as all write theirs: core/src/io/output-place.spec.ts",
  ],
  [/^wherry-image tag$/, "only the registry's state changes, by one request"],
  [/^wherry-image serve$/, "a server over layouts, which are written as `copy` to oci: writes them"],
]);
