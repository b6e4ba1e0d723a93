import { boolean, string } from "@oclif/core/flags";
import { goType, isJson, parseMoment, renderObject, StoreCommand } from "@wherry/core/cli";
import { readEvents, type RecordedEvent } from "@wherry/core/store";
import { EventsNotKeptError } from "../container/errors.ts";
import { eventFilter } from "../events/event-filter.ts";
import { eventJson, eventLine, eventRow } from "../events/event-rows.ts";

export default class Events extends StoreCommand {
  static override aliases = ["system events"];
  static override summary = "Show what happens to containers, images and volumes";
  static override description =
    "Prints what happens from now on, until it is interrupted. --since and --until also show what has happened; of the events before about 10,000 others nothing is kept.";
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --filter event=died --filter container=web",
    "<%= config.bin %> <%= command.id %> --since 1h --stream=false --format '{{.Time}} {{.Status}} {{.Name}}'",
  ];
  static override flags = {
    filter: string({
      char: "f",
      multiple: true,
      helpValue: "KEY=VALUE",
      description: "Only these: container, event, image, label, type, volume",
    }),
    format: string({ helpValue: "FORMAT", description: "Format the output to JSON or a Go template" }),
    "no-trunc": boolean({
      default: true,
      allowNo: true,
      description: "Do not shorten the output (default true)",
    }),
    since: string({
      helpValue: "TIME",
      description: "Also what happened since: a time, or how long ago (10m)",
    }),
    stream: boolean({ default: true, allowNo: true, description: "Go on with what happens (default true)" }),
    until: string({
      helpValue: "TIME",
      description: "Stop at this time: a time, or how long ago or ahead (-10m)",
    }),
  };

  override async run(): Promise<void> {
    const { flags } = await this.input(Events);
    const { signal } = this.invocation;
    const { events } = this.engine.store;
    if (!events.isKept) throw new EventsNotKeptError();
    const begun = this.invocation.now();
    const fits = eventFilter(flags.filter ?? []);
    const until = flags.until === undefined ? undefined : parseMoment(flags.until, begun);
    const onlyNew = flags.since === undefined && until === undefined && flags.stream;
    const since = flags.since === undefined ? undefined : parseMoment(flags.since, begun);
    const least = onlyNew ? begun : since;
    for await (const event of readEvents(events, {
      signal,
      until,
      follow: flags.stream,
      now: this.invocation.now,
    })) {
      if (least !== undefined && Date.parse(event.time) < least.getTime()) continue;
      if (fits(event)) this.#show(event, flags.format, flags["no-trunc"]);
    }
    signal.throwIfAborted();
  }

  #show(event: RecordedEvent, format: string | undefined, isWhole: boolean): void {
    const shown = isWhole || event.id === undefined ? event : { ...event, id: event.id.slice(0, 12) };
    if (format === undefined) this.log(eventLine(shown));
    else if (isJson(format)) this.log(JSON.stringify(eventJson(shown)));
    else this.print(renderObject(goType(eventRow(shown), "*events.Event"), format, "events"));
  }
}
