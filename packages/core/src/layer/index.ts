export { applyLayer, type AppliedLayer, type ApplyLimits, type ApplyLayerOptions } from "./apply.ts";
export { detectBlobCompression } from "./blob.ts";
export { decompress, detectCompression, uncompressed, type ArchiveCompression } from "./compression.ts";
export { diffLayer, type DiffLayerOptions, type LayerTimes } from "./diff.ts";
export {
  DamagedCompressionError,
  EntryOwnerError,
  FileChangedError,
  HostileEntryError,
  InvalidTarError,
  LayerTooLargeError,
  UnsupportedUpperError,
} from "./errors.ts";
export { gzipParallel } from "./gzip-parallel.ts";
export { zstdCompressed } from "./zstd-compressed.ts";
export { decodePath, encodePath, systemPath } from "./path-bytes.ts";
export { loadSyscalls, type Syscalls } from "./syscalls.ts";
export type { SparseExtent, TarEntry, TarEntryType } from "./tar-entry.ts";
export { TarReader, type TarHandler } from "./tar-reader.ts";
export { TarWriter, type TarContent, type WrittenTar } from "./tar-writer.ts";
export { parseWhiteout, OPAQUE_WHITEOUT, WHITEOUT_PREFIX, type Whiteout } from "./whiteout.ts";
export { FileTree, type TreeNode } from "./file-tree.ts";
export { indexLayer, layerEntryOf, type LayerEntry } from "./layer-index.ts";
export { readLayerFiles } from "./read-layer-files.ts";
export { readTar, type TarMember } from "./read-tar.ts";
export { listChangesTask, type TreeChange } from "./list-changes.ts";
export { packTree } from "./pack-tree.ts";
export {
  enterTreeTask,
  lookUpPlace,
  lookUpTask,
  packTreeTask,
  unpackTreeTask,
  type TreePlace,
} from "./tree-tasks.ts";
export { unpackTree, type UnpackTreeOptions } from "./unpack-tree.ts";
export type { OwnerMaps } from "./owner-maps.ts";
