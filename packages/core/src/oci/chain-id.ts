import { digestOf, type Digest } from "./digest.ts";

/** The ChainID of a stack of layers, the lowest first (image-spec config.md "Layer ChainID"); undefined for no layers. */
export function chainIdOf(diffIds: readonly Digest[]): Digest | undefined {
  let chainId: Digest | undefined;
  for (const diffId of diffIds) chainId = chainId === undefined ? diffId : digestOf(`${chainId} ${diffId}`);
  return chainId;
}
