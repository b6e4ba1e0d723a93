import { WherryError } from "../../error/index.ts";

/** Nobody answers where the docker daemon should. */
export class DaemonUnreachableError extends WherryError {
  override readonly code = "ERR_WHERRY_DAEMON_UNREACHABLE";
  constructor(host: string, cause: Error) {
    super(`cannot reach the docker daemon at ${host}: ${cause.message}`, {
      cause,
      hint: "start it, or name its socket by DOCKER_HOST, --daemon-host, --src-daemon-host or --dest-daemon-host",
    });
  }
}

/** The docker daemon refuses. */
export class DaemonError extends WherryError {
  override readonly code = "ERR_WHERRY_DAEMON";
  constructor(host: string, status: number, said: string) {
    super(
      `the docker daemon at ${host} answered ${status}: ${said.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ")}`,
    );
  }
}
