"""Serves the pages in /site."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

server = ThreadingHTTPServer(("", 8000), partial(SimpleHTTPRequestHandler, directory="/site"))
try:
    server.serve_forever()
except KeyboardInterrupt:
    server.server_close()
