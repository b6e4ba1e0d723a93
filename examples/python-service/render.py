"""Renders text files as HTML; one whose text was rendered before comes out of the cache."""

import argparse
import hashlib
import html
import pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--cache", type=pathlib.Path, required=True)
parser.add_argument("pages", type=pathlib.Path)
parser.add_argument("site", type=pathlib.Path)
options = parser.parse_args()


def render(text: str) -> str:
    title, *paragraphs = text.strip().split("\n\n")
    body = "".join(f"<p>{html.escape(paragraph)}</p>\n" for paragraph in paragraphs)
    return f"<!doctype html>\n<title>{html.escape(title)}</title>\n<h1>{html.escape(title)}</h1>\n{body}"


counts = {"rendered": 0, "cached": 0}
options.site.mkdir(parents=True, exist_ok=True)
for page in sorted(options.pages.glob("*.txt")):
    text = page.read_text()
    kept = options.cache / hashlib.sha256(text.encode()).hexdigest()
    if not kept.exists():
        kept.write_text(render(text))
        counts["rendered"] += 1
    else:
        counts["cached"] += 1
    (options.site / f"{page.stem}.html").write_text(kept.read_text())
print(f"{counts['rendered']} rendered, {counts['cached']} from the cache")
