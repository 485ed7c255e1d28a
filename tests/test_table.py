import pytest

from tests.fake_course import TABLE
from tito.errors import TitoError
from tito.material import material_root
from tito.table import CapabilityTable, TableError, UnknownNameError, load_table, parse_table, table_path


@pytest.fixture
def table() -> CapabilityTable:
    return parse_table(TABLE)


def line_of(text: str, part: str, nth: int = 1) -> int:
    """The number of the nth line that contains a text."""
    return [n for n, line in enumerate(text.splitlines(), start=1) if part in line][nth - 1]


def fault_of(old: str, new: str, nth: int = 1) -> str:
    """What the table says when its nth `old` is replaced by `new`."""
    pieces = TABLE.split(old)
    assert len(pieces) > nth, f"{old} is not in the table {nth} times"
    text = old.join(pieces[:nth]) + new + old.join(pieces[nth:])
    with pytest.raises(TableError) as raised:
        parse_table(text, "course.toml")
    assert "`tito course build`" in raised.value.next_step
    return str(raised.value)


def test_the_courses_own_table_is_right() -> None:
    table = load_table(material_root() / "course" / "course.toml")
    assert (len(table.stages), len(table.modules), len(table.checkpoints)) == (5, 16, 16)
    assert [table.checkpoint_of(module).number for module in table.modules] == list(range(16))
    for module in table.modules:
        assert table.module_of(table.checkpoint_of(module)) is module


@pytest.mark.parametrize("word", ["02_shapes", "shapes", "02", "2", " Shapes "])
def test_a_module_is_found_by_id_name_and_number(table: CapabilityTable, word: str) -> None:
    assert table.module(word).id == "02_shapes"


@pytest.mark.parametrize("word", ["01", "1", "arrays", "checkpoint_01_arrays", "checkpoint_01_arrays.py"])
def test_a_checkpoint_is_found_by_id_name_and_number(table: CapabilityTable, word: str) -> None:
    assert table.checkpoint(word).id == "checkpoint_01_arrays"


def test_a_misspelt_name_gets_a_suggestion_and_the_list(table: CapabilityTable) -> None:
    with pytest.raises(UnknownNameError) as raised:
        table.module("shaeps")
    assert "There is no module `shaeps`" in raised.value.message
    assert "Did you mean `shapes`?" in raised.value.message
    assert "`tito module list`" in raised.value.next_step


def test_a_name_like_no_other_gets_no_suggestion(table: CapabilityTable) -> None:
    with pytest.raises(UnknownNameError) as raised:
        table.checkpoint("zzzzzz")
    assert "Did you mean" not in raised.value.message


def test_hints_belong_to_a_check_of_a_checkpoint(table: CapabilityTable) -> None:
    hint = table.hint(table.checkpoint("numbers"), "double")
    assert hint and hint.concept == "Twice is once and once again"
    assert table.hint(table.checkpoint("numbers"), "halve") is None


def test_total_points_are_exercises_reflection_and_checkpoint(table: CapabilityTable) -> None:
    assert table.total_points(table.module("counting")) == 50 + 10 + 10


def test_broken_toml_names_the_line() -> None:
    assert f"course.toml:{line_of(TABLE, 'hours = 2.0')}: " in fault_of("hours = 2.0", "hours = = 2.0")


def test_an_unknown_key_names_the_line_and_what_was_meant() -> None:
    fault = fault_of("hours = 4.5", "houres = 4.5")
    assert f"course.toml:{line_of(TABLE, 'hours = 4.5')}: [[module]] has no key `houres`" in fault
    assert "Did you mean `hours`?" in fault


def test_a_missing_key_names_the_record() -> None:
    fault = fault_of('about = "Pictures as arrays"\n', "")
    assert fault == f"course.toml:{line_of(TABLE, '[[module]]', 3)}: [[module]] lacks `about`"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("hours = 4.5", 'hours = "long"', "`hours` is a number, not 'long'"),
        ("hours = 4.5", "hours = -1.0", "`hours` is -1.0: it can't be negative"),
        ('title = "Shapes"', 'title = " "', "`title` is empty"),
        ('needs = ["counting"]', 'needs = "counting"', "`needs` is a list of strings"),
        ("points = 10", "points = true", "`points` is a whole number, not True"),
        ("points = { exercises = 50, reflection = 10 }", "points = 60", "`points` is `{ exercises"),
    ],
)
def test_a_value_of_the_wrong_kind_names_the_line(old: str, new: str, says: str) -> None:
    fault = fault_of(old, new)
    assert says in fault
    assert f"course.toml:{line_of(TABLE, old)}: " in fault


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('stage = "vision"', 'stage = "visoin"', "there is no stage `visoin`. Did you mean `vision`?"),
        ('checkpoint = "eye"', 'checkpoint = "ear"', "there is no checkpoint `ear`"),
        ('needs = ["shapes"]', 'needs = ["shape"]', "there is no module `shape`. Did you mean `shapes`?"),
        ('checkpoint = "eye"', 'checkpoint = "arrays"', "two modules map to checkpoint `arrays`"),
        ('name = "seeing"', 'name = "shapes"', "two modules are named `shapes`"),
        ('name = "vision"', 'name = "basics"', "two stages are named `basics`"),
        ('name = "vision"', 'name = "The Vision"', "stage name `The Vision` is not a lower-case identifier"),
        ("number = 3", "number = 4", "module `seeing` should be number 3"),
    ],
)
def test_a_wrong_name_names_the_line(old: str, new: str, says: str) -> None:
    fault = fault_of(old, new)
    assert says in fault
    assert f"course.toml:{line_of(TABLE, old)}: " in fault


def test_a_checkpoint_that_no_module_proves_is_named() -> None:
    ear = '[[checkpoint]]\nnumber = 3\nname = "ear"\nquestion = "?"\ncapability = "I hear"\npoints = 1\n\n'
    fault = fault_of("[hints.", f"{ear}[hints.")
    assert "no module maps to checkpoint `ear`" in fault


def test_a_circle_of_needs_is_spelt_out() -> None:
    fault = fault_of("needs = []", 'needs = ["seeing"]')
    assert "modules need each other in a circle" in fault
    for name in ("counting", "shapes", "seeing"):
        assert name in fault.partition("circle: ")[2]


def test_a_need_for_a_later_module_names_the_line() -> None:
    text = TABLE.replace('needs = ["shapes"]', "needs = []").replace('["counting"]', '["seeing"]')
    line = line_of(text, 'needs = ["seeing"]')
    with pytest.raises(TableError, match=f"course.toml:{line}: `shapes` needs `seeing`, which comes later"):
        parse_table(text)


def test_a_record_kind_that_is_missing_altogether_is_named() -> None:
    with pytest.raises(TableError, match=r"no `\[\[stage\]\]` in the table"):
        parse_table('[course]\nname = "x"\nabout = "y"\n')


def test_an_unknown_part_of_the_table_names_the_line() -> None:
    fault = fault_of("[hints.numbers.double]", "[extras]\nx = 1\n\n[hints.numbers.double]")
    assert f"course.toml:{line_of(TABLE, '[hints')}: unknown table `extras`" in fault


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('code = "return n + n"', 'kode = "return n + n"', "hint `numbers.double` needs exactly"),
        ("[hints.numbers.double]", "[hints.letters.double]", "there is no checkpoint `letters`"),
    ],
)
def test_a_wrong_hint_names_the_line(old: str, new: str, says: str) -> None:
    fault = fault_of(old, new)
    assert says in fault
    assert f"course.toml:{line_of(TABLE, '[hints')}: " in fault


@pytest.mark.parametrize(
    ("old", "new"),
    [('about = "Build your own numbers"\n', ""), ('name = "TinyMath"', 'name = "TinyMath"\nnick = "TM"')],
)
def test_a_course_without_name_and_about_is_a_fault_of_the_table(old: str, new: str) -> None:
    assert fault_of(old, new) == "course.toml:2: `[course]` has exactly a `name` and an `about`"


def test_hints_that_are_no_table_are_a_fault_of_the_table() -> None:
    fault = fault_of("[hints.numbers.double]", '[hints]\nnumbers = "none"\n[hints.arrays.total]')
    assert fault == f"course.toml:{line_of(TABLE, '[hints')}: a hint is `[hints.CHECKPOINT.CHECK]`"


def test_records_written_in_one_line_are_faults_of_the_first_line() -> None:
    with pytest.raises(TableError, match=r"course\.toml:1: \[\[stage\]\] lacks `name`"):
        parse_table('stage = [{ title = "Basics" }]\n[course]\nname = "x"\nabout = "y"\n')


def test_the_table_of_the_course_above_is_found_before_the_installed_one(tmp_path) -> None:
    (tmp_path / "course").mkdir()
    own = tmp_path / "course" / "course.toml"
    own.write_text(TABLE)
    (tmp_path / "deep" / "down").mkdir(parents=True)
    assert table_path(tmp_path / "deep" / "down") == own
    assert table_path(tmp_path.parent) == material_root() / "course" / "course.toml"


def test_a_table_that_is_not_there_is_an_error_with_a_next_step(tmp_path) -> None:
    with pytest.raises(TitoError) as raised:
        load_table(tmp_path / "course.toml")
    assert str(tmp_path) in raised.value.message
    assert raised.value.next_step
