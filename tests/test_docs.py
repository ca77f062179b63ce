"""The documents name files that exist, and the website's pages are whole."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import docs_pages
import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = {
    "csrc/README.md": ["csrc", "."],
    "csrc/kernels/README.md": ["csrc/kernels", "."],
    "docs/architecture.md": [".", "csrc", "csrc/kernels"],
    "docs/format.md": ["."],
    "docs/index-format.md": ["."],
    "docs/wheels.md": ["."],
}
FILE = re.compile(r"`((?:[\w.*-]+/)*[\w*-]+\.(?:c|h|inc|py|pxd|md))`")
MADE_UP = re.compile(r"(^|/)\w+_(X|rvv)\.")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    names = {name for name in FILE.findall(text) if not MADE_UP.search(name)}
    assert names
    folders = [ROOT / folder for folder in DOCUMENTS[document]]
    # in a table of a directory's files, names are without the directory
    folders += [path for path in (ROOT / "csrc").iterdir() if path.is_dir()]
    missing = [name for name in names if not any(list(f.glob(name)) for f in folders)]
    assert not missing


def test_the_page_of_integrations_names_the_versions_that_are_installed() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    group = project[project.index("\nframes = [") : project.index("\n# Engines")]
    pins = re.findall(r'"([\w-]+)==([\d.]+)"', group)
    page = (ROOT / "docs/integrations.md").read_text(encoding="utf-8")
    assert len(pins) > 15
    assert [pin for pin in pins if f"{pin[0]} {pin[1]}" not in page] == []


def test_the_page_of_the_c_api_has_every_declaration() -> None:
    header = docs_pages.HEADER.read_text(encoding="utf-8")
    page = docs_pages.c_api(header)
    names = set(re.findall(r"\b(bl_\w+)\(", re.sub(r"/\*.*?\*/", "", header, flags=re.S)))
    names |= set(re.findall(r"^\} (bl_\w+);", header, re.M))
    assert len(names) > 60
    assert [name for name in names if name not in page] == []
    assert "BL_API" not in page and page.count("```") % 2 == 0
    sections = re.findall(r"^/\* (?:--+) (.*?) -+", header, re.M)
    for section in sections:
        assert f"# {section[0].upper()}{section[1:]}\n" in page


def test_links_of_generated_pages_lead_somewhere() -> None:
    made = docs_pages.pages()
    for name, text in made.items():
        for target in re.findall(r"\]\(([\w-]+\.md)", text):
            assert target in made or (ROOT / "docs" / target).exists(), (name, target)


def test_the_picture_is_xml_and_stays_inside_its_page() -> None:
    root = ElementTree.parse(ROOT / "docs/architecture.svg").getroot()
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    boxes = list(root.iter("{http://www.w3.org/2000/svg}rect"))
    assert len(boxes) > 10
    for box in boxes:
        x, y, w, h = (float(box.attrib[k]) for k in ("x", "y", "width", "height"))
        assert x + w <= width and y + h <= height


def test_the_website_needs_no_network() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert "font: false" in text, "the theme would load its fonts from elsewhere"
    assert "- offline" not in text, "this plugin loads a script from elsewhere"
