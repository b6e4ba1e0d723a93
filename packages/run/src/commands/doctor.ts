import { boolean } from "@oclif/core/flags";
import { StoreCommand } from "@wherry/core/cli";

export default class Doctor extends StoreCommand {
  static override summary = "Check what rootless containers need of this host";
  static override description = `Looks at every precondition of containers without root: what is there, what is lost without it, and how
this distribution repairs it. Nothing is changed.

The exit status is 0 when all is well, 1 when something is lost, 2 when no container can run.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --json",
  ];
  static override flags = {
    json: boolean({ description: "Print the checks as JSON" }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(Doctor);
    const { realHost } = await import("../doctor/real-host.ts");
    const { renderReports, runChecks, statusOf } = await import("../doctor/run-checks.ts");
    const reports = await runChecks(realHost(this.engine));
    this.print(flags.json ? `${JSON.stringify(reports, undefined, 2)}\n` : renderReports(reports));
    this.exitStatus = statusOf(reports);
  }
}
