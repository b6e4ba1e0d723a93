import { boolean } from "@oclif/core/flags";
import { confirm, StoreCommand } from "@wherry/core/cli";

const WARNING = `WARNING! This will remove:
        - all containers
        - all working containers of wherry-build
        - all images
        - all volumes
        - all secrets
        - all build cache`;

export default class SystemReset extends StoreCommand {
  static override summary = "Reset the store to its pristine state";
  static override description = `Ends and removes all containers, then everything else in the store: images, volumes, secrets, build cache. Logins and
configuration files stay. Asks first, unless --force is given.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --force",
    "<%= config.bin %> --root /tmp/try <%= command.id %> --force",
  ];
  static override flags = { force: boolean({ char: "f", description: "Do not ask" }) };

  override async run(): Promise<void> {
    const { flags } = await this.input(SystemReset);
    if (!flags.force && !(await confirm(this.invocation, WARNING))) return;
    const { resetStore } = await import("../system/reset-store.ts");
    await resetStore(this.engine, (error) => this.fail(error));
  }
}
