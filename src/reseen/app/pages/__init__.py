"""The pages: templates, styles, modules and translations, on nothing but ``/api/v1``.

In: a page's address and the visitor's language and theme (cookies). Out: HTML without data, whose modules ask the API
for what they show. Jinja2 fills the templates, gettext catalogues (made with Babel) translate them.
"""

from reseen.app.pages.catalogues import LANGUAGES, texts
from reseen.app.pages.pages import routes, texts_routes

__all__ = ["LANGUAGES", "routes", "texts", "texts_routes"]
