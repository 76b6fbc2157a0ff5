# SPDX-License-Identifier: GPL-2.0
"""A page as a browser takes it: its elements are closed in their order, it loads and runs nothing"""
import html.parser

from checks.facts import Failure

# Without an end
VOID = {"meta", "link"}
FORBIDDEN = {"script", "img", "iframe", "object", "embed", "form", "base"}


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.words = [], [], []
        self.feed(text)
        self.close()
        if self.open:
            raise Failure(f"the page ends within {self.open}")
        if not text.startswith("<!DOCTYPE html>\n") or not text.endswith("</html>\n"):
            raise Failure(f"no whole page: {text[:40]!r} ... {text[-40:]!r}")

    def handle_startendtag(self, tag, attrs):
        """Only what is in a picture ends in itself"""
        if "svg" not in self.open:
            raise Failure(f"<{tag}/>")
        self.elements.append((tag, dict(attrs)))

    def handle_starttag(self, tag, attrs):
        if tag in FORBIDDEN or any(name.startswith("on") for name, _ in attrs):
            raise Failure(f"it runs or loads something: <{tag} {attrs}>")
        if any(name in ("href", "src") and not value.startswith(("#", "data:,")) for name, value in attrs):
            raise Failure(f"it leads elsewhere: <{tag} {attrs}>")
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise Failure(f"</{tag}> where something else is open")

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self):
        """All of it on one line"""
        return " ".join(" ".join(self.words).split())

    def count(self, tag, css):
        return sum(1 for name, attrs in self.elements if name == tag and attrs.get("class") == css)
