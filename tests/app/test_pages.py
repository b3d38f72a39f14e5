from __future__ import annotations

import ast
import gettext
import re
import string
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

import reseen
from reseen.app.pages import LANGUAGES, assets, texts
from reseen.app.pages.catalogues import DOMAIN, FOLDER, chosen
from reseen.app.pages.pages import PAGES, TEMPLATES, Page, rendered

HOUSE = Path(assets.__file__).parent
MODULES = sorted((HOUSE / "static" / "js").glob("*.js"))
STYLES = sorted((HOUSE / "static" / "css").glob("*.css"))

Message = str | tuple[str, ...]

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
each_language = pytest.mark.parametrize("language", LANGUAGES)
each_module = pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)


class Elements(HTMLParser):
    """All elements of a page, with the text inside scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self._in: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))
        self._in = tag if tag in {"script", "style"} else None

    def handle_endtag(self, tag: str) -> None:
        self._in = None

    def handle_data(self, data: str) -> None:
        if self._in and data.strip():
            self.inline.append(data)


@each_page
def test_a_page_is_served_with_a_policy_that_lets_nothing_in_from_outside(page: Page, client: TestClient) -> None:
    answer = client.get(page.path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@each_page
@each_language
def test_a_page_has_no_script_and_no_style_of_its_own(page: Page, language: str) -> None:
    found = Elements(rendered(page, language))
    assert found.inline == []
    for tag, attributes in found.all:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("src", "href"):
            assert re.match(r"[/#]", attributes.get(name) or "/"), (tag, attributes)


@each_page
def test_what_a_page_names_is_there(page: Page, client: TestClient) -> None:
    named = [
        attributes.get("src") or attributes.get("href")
        for tag, attributes in Elements(client.get(page.path).text).all
        if tag in {"script", "link"}
    ]
    assert len(named) > 5
    for address in named:
        answer = client.get(str(address))
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]


def test_modules_import_only_modules_that_are_there() -> None:
    for module in MODULES:
        for name in re.findall(r'from "([^"]+)"|import "([^"]+)"', module.read_text()):
            imported = name[0] or name[1]
            assert imported.startswith("./"), module
            assert (module.parent / imported).is_file(), (module, imported)
    used = {name for page in PAGES for name in assets.modules(f"{page.name}.js")}
    assert {module.name for module in MODULES} - used <= {"shell.js"}


@pytest.mark.parametrize("name", ["../pages.py", "js/../../pages.py", "js/none.js", "%2e%2e/pages.py", "/etc/passwd"])
def test_nothing_but_the_pages_files_is_given_away(name: str, client: TestClient) -> None:
    assert client.get(f"/static/{assets.version()}/{name}").status_code == 404
    assert client.get("/static/0/js/find.js").status_code == 404


@each_page
def test_a_page_speaks_the_language_that_was_chosen(page: Page, client: TestClient) -> None:
    client.cookies.set("reseen-language", "zh")
    html = client.get(page.path).text
    assert '<html lang="zh-Hans" data-language="zh">' in html
    assert "跳到正文" in html
    client.cookies.set("reseen-language", "en")
    client.cookies.set("reseen-theme", "dark")
    html = client.get(page.path).text
    assert '<html lang="en" data-language="en" data-theme="dark">' in html


def test_a_cookie_with_nonsense_changes_nothing(client: TestClient) -> None:
    client.cookies.set("reseen-language", "../../etc")
    client.cookies.set("reseen-theme", "x%22onload=1")
    html = client.get("/", headers={"Accept-Language": "fr"}).text
    assert '<html lang="en" data-language="en">' in html


@pytest.mark.parametrize(
    ("cookie", "setting", "accepted", "language"),
    [
        (None, None, "", "en"),
        (None, None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, None, "fr, en;q=0.5, zh;q=0.7", "zh"),
        (None, "en", "zh-CN", "en"),
        ("zh", "en", "en", "zh"),
        ("xx", None, "zh", "zh"),
        (None, None, ";;;,,q=", "en"),
    ],
)
def test_the_language_is_the_visitors_then_the_settings_then_the_browsers(
    cookie: str | None, setting: str | None, accepted: str, language: str
) -> None:
    assert chosen(cookie, setting, accepted) == language


@given(st.text(max_size=200))
def test_no_header_breaks_the_choice_of_a_language(header: str) -> None:
    assert chosen(None, None, header) in LANGUAGES


def test_the_modules_get_their_texts(client: TestClient) -> None:
    assert client.get("/api/v1/texts?language=en").json() == {}
    chinese = client.get("/api/v1/texts", params={"language": "zh"}).json()
    assert chinese["very likely"] == "极有可能"
    assert chinese["{count} moment"] == ["{count} 个时刻"]
    assert client.get("/api/v1/texts", params={"language": "fr"}).status_code == 422


def _messages() -> set[Message]:
    extract = pytest.importorskip("babel.messages.extract", reason="Babel is not here")
    frontend = pytest.importorskip("babel.messages.frontend", reason="Babel is not here")
    with (HOUSE / "babel.cfg").open() as file:
        methods, options = frontend.parse_mapping_cfg(file)
    found = extract.extract_from_dir(HOUSE, methods, options)
    return {message for _file, _line, message, _comments, _context in found}


def _translated() -> dict[Message, tuple[str, ...]]:
    pofile = pytest.importorskip("babel.messages.pofile", reason="Babel is not here")
    with (FOLDER / "zh" / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        catalogue = pofile.read_po(file, locale="zh")
    assert not [message.id for message in catalogue if message.id and message.fuzzy]
    return {
        message.id if isinstance(message.id, str) else tuple(message.id): (
            (message.string,) if isinstance(message.string, str) else tuple(message.string)
        )
        for message in catalogue
        if message.id
    }


def test_every_text_is_translated_and_none_is_left_over() -> None:
    translated = _translated()
    assert {message: words for message, words in translated.items() if not all(words)} == {}
    assert _messages() == set(translated)


def _placeholders(text: str) -> set[str]:
    return {name for _text, name, _form, _conversion in string.Formatter().parse(text) if name is not None}


def test_a_translation_has_the_placeholders_of_its_message() -> None:
    for message, words in _translated().items():
        many = message if isinstance(message, str) else message[-1]
        for form in words:
            assert _placeholders(form) == _placeholders(many), message


def test_the_compiled_catalogue_is_of_this_source() -> None:
    translated = _translated()
    said = texts("zh")
    assert len(said) == len(translated)
    for message, words in translated.items():
        if isinstance(message, str):
            assert said[message] == words[0]
        else:
            assert said[message[0]] == list(words)
    compiled = gettext.translation(DOMAIN, str(FOLDER), ["zh"])
    assert compiled.ngettext("{count} case", "{count} cases", 1) == "{count} 个案卷"


@each_module
def test_a_module_translates_literal_texts_only(module: Path) -> None:
    if module.name in {"texts.js", "known.js"}:
        pytest.skip("the two that look up what others name")
    text = module.read_text()
    calls = re.findall(r"(?<![\w.])(?:tn|t|rich|said)\(\s*(\S)", text)
    assert set(calls) <= {'"'}, "a text that no catalogue can find"


@each_module
def test_a_module_makes_no_markup_and_runs_no_text(module: Path) -> None:
    text = module.read_text()
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert forbidden not in text
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), "an address outside"
    assert len(text.splitlines()) <= 300


@each_module
def test_words_of_a_module_are_in_the_catalogue_or_no_words(module: Path) -> None:
    """Text between quotes that reads like a sentence is said through `t`."""
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", module.read_text(), flags=re.DOTALL)
    said = re.compile(r'(?<![\w.])(?:tn|t|rich|said)\(\s*"(?:[^"\\]|\\.)*"(?:\s*,\s*"(?:[^"\\]|\\.)*")?')
    left = said.sub("", code)
    sentences = [text for text in re.findall(r'"((?:[^"\\]|\\.)*)"', left) if re.match(r"[A-Z][a-z]+ [a-z]+", text)]
    assert sentences == []


def _recorded() -> set[str]:
    """The actions of the audit log that the package names where it records them."""
    found: set[str] = set()
    for path in Path(reseen.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in {"record", "write_entry"}:
                words = [part.value for part in call.args[:2] if isinstance(part, ast.Constant)]
                found.update(word for word in words if isinstance(word, str))
    return found


def test_the_page_of_the_audit_log_knows_every_action() -> None:
    text = (HOUSE / "static" / "js" / "audit.js").read_text(encoding="utf-8")
    (table,) = re.findall(r"const ACTIONS = .*?\}\);", text, re.DOTALL)
    known = {quoted or bare for quoted, bare in re.findall(r'(?:"([a-z ]+)"|(\b[a-z]+)): t\(', table)}
    # Those whose name is put together where they are recorded.
    assert known == _recorded() | {"join", "split", "pause job", "resume job", "cancel job"}


def _template_texts() -> Iterator[tuple[str, str]]:
    for path in sorted(TEMPLATES.glob("*.html")):
        bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", " ", path.read_text(), flags=re.DOTALL)
        for word in bare.split():
            yield path.name, word


def test_templates_say_nothing_but_through_the_catalogue() -> None:
    own = {
        "Reseen",
        "·",
        "?",
        "←",
        "→",
        "English",
        "简体中文",
        "reseen",
        "token",
        "create",
        "NAME",
        "--role",
        "searcher",
    }
    assert [(name, word) for name, word in _template_texts() if word not in own] == []


def test_styles_fetch_nothing() -> None:
    for style in STYLES:
        text = style.read_text()
        assert "url(" not in text
        assert "@import" not in text


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("block", [0, 1, 2], ids=["light", "dark by the switch", "dark by the system"])
def test_text_stands_out_in_both_themes(block: int) -> None:
    text = (HOUSE / "static" / "css" / "tokens.css").read_text()
    colours: dict[str, str] = dict(re.findall(r"--([\w-]+): (#\w+);", text.split(":root")[block + 1]))
    for ink, ground in [
        ("ink", "bg"), ("ink", "panel"), ("soft", "bg"), ("soft", "panel"), ("accent", "panel"),
        ("accent", "accent-soft"), ("accent-ink", "accent"), ("warn", "warn-soft"), ("warn", "bg"),
        ("yes", "panel"), ("no", "panel"), ("yes-ink", "yes"), ("no-ink", "no"),
    ]:  # fmt: skip
        assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    assert _contrast(colours["edge"], colours["panel"]) >= 3


def test_everything_the_house_serves_is_packed() -> None:
    """What is beside the modules in a wheel is what is in this folder: no file is made at build time."""
    kinds: dict[str, int] = {}
    for path in HOUSE.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            kinds[path.suffix] = kinds.get(path.suffix, 0) + 1
    assert kinds[".mo"] == len(LANGUAGES) - 1
    assert kinds[".html"] == len(PAGES) + 1
