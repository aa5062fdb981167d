"""The command line as a whole: quick help, one line of error, the right exit code."""

import subprocess
import sys

import click
import pytest

from streams.cli.exits import EPILOG, Exit
from streams.cli.main import SUMMARIES, LazyGroup, cli
from tests.cli.conftest import Kpi

MOST_MODULES = 40


def test_help_is_quick_and_imports_no_command() -> None:
    """It loads click and hardly a module more: nothing of Kafka, Redis or rich, and no command."""
    help_, click_ = loaded_by("from streams.cli.main import run; run(['--help'])"), loaded_by("import click")
    more = help_ - click_
    assert not more & {"aiokafka", "redis", "rich", "faust", "msgspec", "asyncio", "numpy"}
    assert len(more) < MOST_MODULES, sorted(more)


def loaded_by(code: str) -> set[str]:
    """Return the names of the modules that a fresh interpreter has loaded after some code."""
    told = [sys.executable, "-c", f"import sys; {code}; print(*sys.modules, file=sys.stderr)"]
    return {*subprocess.run(told, capture_output=True, text=True, check=True).stderr.split()}


@pytest.mark.parametrize(("package", "words"), [("click", "--help"), ("aiokafka", "send"), ("rich", "watch")])
def test_a_command_without_its_packages_says_what_to_install(package: str, words: str) -> None:
    """A package that is missing is no bug; one line names the extra that brings it."""
    code = f"import sys; sys.modules[{package!r}] = None; sys.argv[1:] = [{words!r}]"
    command = [sys.executable, "-c", f"{code}; from streams.cli.entry import main; main()"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (Exit.UNREACHABLE, "")
    assert ran.stderr == (
        f"kpi: {package} is not installed, only what reads values: pip install 'kpi-streams[service]'\n"
    )


def test_a_module_of_ours_that_is_missing_is_a_bug() -> None:
    """No package brings it."""
    code = "import sys; sys.modules['streams.cli.reader'] = None; sys.argv[1:] = ['get']"
    command = [sys.executable, "-c", f"{code}; from streams.cli.entry import main; main()"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (Exit.INTERNAL, "")
    assert ran.stderr.startswith("kpi: a bug: ModuleNotFoundError")


@pytest.mark.parametrize("name", list(SUMMARIES))
def test_every_command_has_a_help_of_its_own(name: str, kpi: Kpi) -> None:
    """Each command of the list can be loaded and explains itself."""
    ran = kpi(name, "--help")
    assert ran.code == Exit.OK
    assert f"kpi {name}" in ran.out


def test_the_list_names_every_command_once() -> None:
    """Help shows all of the table."""
    context = click.Context(cli)
    assert isinstance(cli, LazyGroup)
    assert cli.list_commands(context) == list(SUMMARIES)
    assert cli.get_command(context, "nonsense") is None


def test_the_epilogue_names_every_exit_code() -> None:
    """Who adds a code documents it."""
    assert [code for code in Exit if f"{code.value} " not in EPILOG] == []


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("nonsense",), "No such command 'nonsense'"),
        (("simulate", "--nonsense"), "No such option"),
        (("simulate", "--days", "0"), "Invalid value for '--days'"),
        (("get",), "Missing argument 'KPI'"),
        (("replay", "--as-of", "yesterday"), "'yesterday' is no instant"),
        (("replay", "--every", "1 day"), "allowed is a whole number"),
        (("replay", "--windows", "24"), "allowed is a whole number"),
        (("simulate", "--rate", "5"), "add --to-kafka"),
        (("simulate", "--until", "1970-01-01T00:00:00Z"), "from before 1980"),
        (("demo", "--json"), "add --for SECONDS"),
        (("get", "x", "--dimension", "segment"), "--dimension and --value belong together"),
        (("watch", "--value", "smb"), "--dimension and --value belong together"),
        (("get", "x", "--redis", "http://a"), "--redis or --tenant"),
        (("definition", "check", "/nowhere.toml"), "/nowhere.toml: cannot be read"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_code_2(args: tuple[str, ...], told: str, kpi: Kpi) -> None:
    """No traceback, no page of usage."""
    ran = kpi(*args)
    assert (ran.code, ran.err.count("\n")) == (Exit.USAGE, 1), ran.err
    assert told in ran.err


def test_a_wrong_setting_names_key_value_and_what_is_allowed(kpi: Kpi) -> None:
    """The line says all that is needed to mend it."""
    ran = kpi("topics", "list", KPI_PARTITIONS="many")
    assert ran.code == Exit.USAGE
    assert (
        ran.err
        == "kpi: KPI_PARTITIONS: 'many' is no whole number; it must be a whole number from 1 to 1000\n"
    )


def test_a_bug_is_one_line_and_debug_shows_the_traceback(kpi: Kpi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even what nobody foresaw does not flood the terminal, unless asked to."""

    def broken(_self: LazyGroup, _context: click.Context, _name: str) -> None:
        raise ZeroDivisionError("one\ntwo")

    monkeypatch.setattr(LazyGroup, "get_command", broken)
    ran = kpi("hash", "c1")
    assert (ran.code, ran.err) == (Exit.INTERNAL, "kpi: a bug: ZeroDivisionError: one (kpi --debug …)\n")
    with pytest.raises(ZeroDivisionError):
        kpi("--debug", "hash", "c1")


@pytest.mark.parametrize(("said", "code"), [(13, 13), (None, 0), ("gone wrong", Exit.FAILED)])
def test_whoever_ends_the_process_is_not_overruled(
    kpi: Kpi, monkeypatch: pytest.MonkeyPatch, said: object, code: int
) -> None:
    """An exit code that a library asks for is the command's."""

    def ends(_self: LazyGroup, _context: click.Context, _name: str) -> None:
        raise SystemExit(said)

    monkeypatch.setattr(LazyGroup, "get_command", ends)
    assert kpi("hash", "c1").code == code


def test_no_arguments_print_the_help(kpi: Kpi) -> None:
    """Who types nothing learns what there is."""
    ran = kpi()
    assert ran.code == Exit.USAGE
    assert "simulate" in ran.err


def test_the_version_is_that_of_the_distribution() -> None:
    """``kpi --version`` works where the distribution is installed."""
    names = [param.name for param in cli.params]
    assert "version" in names


def test_a_worker_without_a_secret_does_not_start(kpi: Kpi) -> None:
    """One line that names the setting; outside the demo there is no default secret."""
    ran = kpi("worker")
    assert (ran.code, ran.err.count("\n")) == (Exit.USAGE, 1)
    assert "KPI_SECRET" in ran.err


@pytest.mark.parametrize("option", ["--force", "--accept-loss"])
def test_what_belongs_to_a_rebuild_is_refused_without_it(kpi: Kpi, option: str) -> None:
    """Nobody counts anew by mistake."""
    ran = kpi("worker", option, KPI_DEMO="true")
    assert (ran.code, ran.err) == (Exit.USAGE, f"kpi: {option} goes with --rebuild\n")


def test_a_worker_with_a_wrong_definition_does_not_start(kpi: Kpi) -> None:
    """One line that names the file."""
    ran = kpi("worker", KPI_DEMO="true", KPI_DEFINITION_FILE="/nowhere.toml")
    assert (ran.code, ran.err) == (
        Exit.USAGE,
        "kpi: /nowhere.toml: cannot be read: No such file or directory\n",
    )


@pytest.mark.parametrize(
    ("closed", "code", "said"),
    [
        (">&-", Exit.FAILED, "kpi: output: Bad file descriptor\n"),
        ("2>&-", Exit.OK, ""),
        ("<&- >&-", Exit.FAILED, "kpi: output: Bad file descriptor\n"),
        ("<&- >&- 2>&-", Exit.FAILED, ""),
    ],
)
def test_a_standard_stream_that_is_closed_is_no_traceback_and_no_silent_success(
    closed: str, code: Exit, said: str
) -> None:
    """As a supervisor may start it; what could not be said is told by the exit code at least."""
    command = f"exec {sys.executable} -m streams.cli.main acls reader {closed}"
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (code, said)
