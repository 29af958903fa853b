"""In the place of the installer that JupyterLite's kernel brings: a lab in a page has all that it needs."""


async def install(*_: object, **__: object) -> None:
    """Refuse in one line: nothing is asked of another host."""
    print("Nothing can be installed in this page: it asks no other host for anything.")
