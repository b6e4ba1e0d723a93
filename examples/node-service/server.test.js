const assert = require("node:assert/strict");
const { test } = require("node:test");
const { server } = require("./server.js");

test("greets", async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/?name=test`);
    assert.equal(await answer.text(), "hello, test\n");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
