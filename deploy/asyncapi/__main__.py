"""Write schemas/asyncapi.yaml."""

from deploy.asyncapi.page import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
