const { createServer } = require("node:http");
const { greeting } = require("greeting");

const server = createServer(({ url }, response) => {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  if (pathname === "/health") response.end("ok\n");
  else response.end(`${greeting(searchParams.get("name") ?? "world")}\n`);
});

if (require.main === module) {
  server.listen(Number(process.env.PORT ?? 8080));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());
}

module.exports = { server };
