"""Hands in templates and styles for feedback, and a feedback page that is already written."""

from pathlib import Path

from tests.attack_corpus import lay

PAGE = "<h1>20 of 20 points</h1><script>document.title = 'gained'</script>{{ 7 * 7 }}"


def make(folder: Path, notebook: dict) -> None:
    lay(folder, notebook)
    for name in ("feedback.html.j2", "index.html.j2", "custom.css", f"{folder.name}.html", "comments.md"):
        (folder / name).write_text(PAGE)
    (folder / "templates").mkdir()
    (folder / "templates" / "feedback.html.j2").write_text(PAGE)
