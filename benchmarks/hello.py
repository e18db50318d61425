"""The least that Quart can do: what every page is compared with."""

from quart import Quart

app = Quart(__name__)


@app.get("/")
@app.get("/health")
async def hello() -> str:
    return "Hello"
