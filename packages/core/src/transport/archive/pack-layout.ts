import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ArchiveWriter } from "./archive-writer.ts";

/** Makes an oci-archive of a whole layout, with all its images. A file that is there is replaced when the new one is whole. */
export async function packLayout(folder: string, to: string): Promise<void> {
  using archive = new ArchiveWriter(to);
  await archive.addFolder("blobs");
  for (const algorithm of readdirSync(join(folder, "blobs")).sort()) {
    await archive.addFolder(`blobs/${algorithm}`);
    for (const name of readdirSync(join(folder, "blobs", algorithm)).sort()) {
      const blob = `blobs/${algorithm}/${name}`;
      const path = join(folder, blob);
      await archive.add(blob, statSync(path).size, { path });
    }
  }
  for (const name of ["oci-layout", "index.json"]) {
    const bytes = readFileSync(join(folder, name));
    await archive.add(name, bytes.length, bytes);
  }
  await archive.finish();
}
