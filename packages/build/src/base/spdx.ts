import { createHash } from "node:crypto";
import { isoOf } from "../builder/image-draft.ts";
import type { InstalledPackage } from "./dpkg-packages.ts";

/** A regular file of an image, with its digests in hex. */
export interface DescribedFile {
  readonly path: string;
  readonly sha1: string;
  readonly sha256: string;
  readonly owner?: InstalledPackage;
}

export interface Contents {
  /** What the image is: `debian bookworm`, `host`. */
  readonly name: string;
  /** Of the purl, such as `debian`; and its distribution. */
  readonly vendor: string;
  readonly distribution?: string;
  readonly packages: readonly InstalledPackage[];
  readonly files: readonly DescribedFile[];
  /** Seconds. */
  readonly date: number;
}

/**
 * An SPDX 2.3 document of the packages and files of an image. It is a function of them alone: its namespace is made of what
 * it says, and no program's version is in it.
 */
export function spdxDocument(contents: Contents): string {
  const { name, packages, files, date } = contents;
  const ids = new Map(packages.map((each) => [each, `SPDXRef-Package-${spdxName(packageKey(each))}`]));
  const image = "SPDXRef-Image";
  const body = {
    packages: [
      { SPDXID: image, name, downloadLocation: "NOASSERTION", filesAnalyzed: false },
      ...packages.map((each) => spdxPackage(each, ids.get(each) ?? "", contents)),
    ],
    files: files.map(({ path, sha1, sha256 }, index) => ({
      SPDXID: `SPDXRef-File-${index}`,
      fileName: `./${path}`,
      checksums: [
        { algorithm: "SHA1", checksumValue: sha1 },
        { algorithm: "SHA256", checksumValue: sha256 },
      ],
    })),
    relationships: [
      relationship("SPDXRef-DOCUMENT", "DESCRIBES", image),
      ...packages.map((each) => relationship(image, "CONTAINS", ids.get(each) ?? "")),
      ...files.map(({ owner }, index) =>
        relationship((owner && ids.get(owner)) ?? image, "CONTAINS", `SPDXRef-File-${index}`),
      ),
    ],
  };
  return JSON.stringify({
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name,
    documentNamespace: `urn:uuid:${uuidOf(JSON.stringify(body))}`,
    creationInfo: { created: isoOf(date), creators: ["Tool: wherry-build"] },
    ...body,
  });
}

/** Name, version and architecture: what tells a package from all others. */
function packageKey({ name, version, architecture }: InstalledPackage): string {
  return `${name}-${version}-${architecture}`;
}

function spdxPackage(each: InstalledPackage, id: string, { vendor, distribution, files }: Contents): object {
  const { name, version, architecture, source, maintainer } = each;
  const own = files.filter(({ owner }) => owner === each);
  const query = [`arch=${architecture}`, ...(distribution === undefined ? [] : [`distro=${distribution}`])];
  return {
    SPDXID: id,
    name,
    versionInfo: version,
    ...(maintainer === undefined ? {} : { supplier: `Person: ${maintainer.replace(/\s*<(.*)>/, " ($1)")}` }),
    ...(source === undefined ? {} : { sourceInfo: `built from the source package ${source}` }),
    downloadLocation: "NOASSERTION",
    filesAnalyzed: own.length > 0,
    ...(own.length === 0
      ? {}
      : { packageVerificationCode: { packageVerificationCodeValue: verificationCode(own) } }),
    externalRefs: [
      {
        referenceCategory: "PACKAGE-MANAGER",
        referenceType: "purl",
        referenceLocator: `pkg:deb/${vendor}/${encodeURIComponent(name)}@${encodeURIComponent(version)}?${query.join("&")}`,
      },
    ],
  };
}

/** SPDX 2.3, 7.9: the SHA1 of the sorted SHA1s of the package's files. */
function verificationCode(files: readonly DescribedFile[]): string {
  return createHash("sha1")
    .update(
      files
        .map(({ sha1 }) => sha1)
        .sort()
        .join(""),
    )
    .digest("hex");
}

function relationship(from: string, type: string, to: string): object {
  return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to };
}

/** What is no letter, digit, point or hyphen gives way to its code: names stay different. */
function spdxName(text: string): string {
  return text.replace(/[^A-Za-z0-9.-]/g, (character) => `-x${character.charCodeAt(0).toString(16)}-`);
}

/** A UUID of version 8 (RFC 9562): of one's own making, here out of the text. */
function uuidOf(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
