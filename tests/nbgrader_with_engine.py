"""A pytest plugin, `-p tests.nbgrader_with_engine`: nbgrader's own tests grade with our engine."""

from functools import lru_cache

from tito.notebook import lean_jsonschema

with lean_jsonschema():
    import nbgrader.api

    from gradebook.plain.converter import install

# A program is run for this answer, which never changes, with each of some forty new databases.
nbgrader.api.get_alembic_version = lru_cache(nbgrader.api.get_alembic_version)
install()
