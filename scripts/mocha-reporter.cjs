// mocha's spec reporter, then one line with the three counts and the reason of every skipped test.
const { reporters, Runner } = require("mocha");

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const skipped = [];
    runner.on(Runner.constants.EVENT_TEST_PENDING, (test) => skipped.push(test.fullTitle()));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures } = runner.stats;
      for (const title of skipped) console.log(`skipped: ${title}`);
      console.log(`\n${passes} passed, ${failures} failed, ${skipped.length} skipped`);
    });
  }
};
