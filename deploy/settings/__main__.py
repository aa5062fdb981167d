"""Write docs/settings.md."""

from deploy.settings.page import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
