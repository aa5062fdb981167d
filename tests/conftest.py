"""What every test may use: shared servers; and what tests need of the machine, of others and of chance."""

pytest_plugins = [
    "tests.support.chance",
    "tests.support.needs",
    "tests.support.shared",
    "tests.support.spread",
]
