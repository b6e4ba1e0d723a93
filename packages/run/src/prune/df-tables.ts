import { formatSize, formatSpan, renderReport, type ReportStyle } from "@wherry/core/cli";
import { stateWord } from "../container/describe.ts";
import { splitName } from "../image/image-rows.ts";
import type { StoreMeasure } from "./measure-store.ts";

interface Table extends ReportStyle {
  readonly title: string;
}

const IMAGES: Table = {
  title: "Images",
  name: "df",
  headings: {},
  format:
    "table {{.Repository}}\t{{.Tag}}\t{{.ImageID}}\t{{.Created}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}",
};
const CONTAINERS: Table = {
  title: "Containers",
  name: "df",
  headings: { RWSize: "SIZE" },
  format:
    "table {{.ContainerID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.RWSize}}\t{{.Created}}\t{{.Status}}\t{{.Names}}",
};
const VOLUMES: Table = {
  title: "Local Volumes",
  name: "df",
  headings: {},
  format: "table {{.VolumeName}}\t{{.Links}}\t{{.Size}}",
};

/** What `system df --verbose` prints: each image, container and volume, in podman's columns. */
export function dfTables({ images, containers, volumes }: StoreMeasure, now: Date): string {
  const age = (created: string) => formatSpan(now.getTime() - new Date(created).getTime());
  const imageRows = images.flatMap(({ image, size, unique, containers: users }) =>
    (image.names.length === 0 ? [undefined] : image.names).map((name) => {
      const { repository, tag } = splitName(name);
      return {
        ...{ Repository: repository, Tag: tag, ImageID: image.id.replace("sha256:", "").slice(0, 12) },
        ...{ Created: age(image.created), Size: sizeText(size), SharedSize: sizeText(size - unique) },
        ...{ UniqueSize: sizeText(unique), Containers: users },
      };
    }),
  );
  const containerRows = containers.map(({ listed, size }) => {
    const { id, name, created, imageId, config } = listed.container;
    return {
      ...{ ContainerID: id.slice(0, 12), Image: imageId.replace("sha256:", "").slice(0, 12) },
      ...{ Command: config.args.join(" "), RWSize: sizeText(size), Created: age(created) },
      ...{ LocalVolumes: config.mounts.filter(({ type }) => type === "volume" || type === "bind").length },
      ...{ Status: stateWord(listed), Names: name },
    };
  });
  const volumeRows = volumes.map(({ name, size, containers: links }) => ({
    ...{ VolumeName: name, Links: links, Size: sizeText(size) },
  }));
  const tables = [
    [IMAGES, imageRows],
    [CONTAINERS, containerRows],
    [VOLUMES, volumeRows],
  ] as const;
  return tables
    .map(([style, rows]) => `${style.title} space usage:\n\n${renderReport(rows, style)}`)
    .join("\n");
}

function sizeText(bytes: number): string {
  return formatSize(bytes, "", 4);
}
