import type { Socket } from "node:net";

/** Requests of the SSH agent protocol (draft-miller-ssh-agent, 5.1) that change nothing in the agent. */
const ALLOWED = new Set([11 /* REQUEST_IDENTITIES */, 13 /* SIGN_REQUEST */]);
const FAILURE = Buffer.from([0, 0, 0, 1, 5]);
const LENGTH_LIMIT = 256 * 1024;

/**
 * Hands requests to list keys and to sign on to an agent, and answers all others by a failure: a command of a build neither
 * adds nor removes keys of the user's agent, nor locks it. Requests are answered in their order, one at a time.
 */
export function agentRequests(client: Socket, agent: Socket): void {
  let buffered = Buffer.alloc(0);
  client.on("data", (piece: Buffer) => {
    buffered = Buffer.concat([buffered, piece]);
    while (buffered.length >= 5) {
      const length = buffered.readUInt32BE(0);
      if (length === 0 || length > LENGTH_LIMIT) {
        client.destroy();
        return;
      }
      if (buffered.length < 4 + length) return;
      const request = buffered.subarray(0, 4 + length);
      buffered = buffered.subarray(4 + length);
      if (ALLOWED.has(request[4] ?? 0)) agent.write(request);
      else client.write(FAILURE);
    }
  });
  client.on("end", () => agent.end());
}
