"""Write the dashboards' files, and remove those of dashboards that are no more."""

from deploy.grafana.boards.files import DIRECTORY, files


def main() -> None:
    """Bring the directory up to date."""
    made = files()
    DIRECTORY.mkdir(exist_ok=True)
    for old in DIRECTORY.glob("*.json"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (DIRECTORY / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
