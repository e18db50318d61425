"""socketify, which is uWebSockets in C++ under Python: `python socketify_app.py PORT`."""

import sys
from typing import Any

from socketify import App, AppListenOptions, OpCode

app = App()


async def post(response: Any, _request: Any) -> None:
    text = (await response.get_data()).getvalue()
    app.publish("room", text.decode(), OpCode.TEXT)
    response.cork_end("ok")


app.post("/post", post)
app.ws("/ws", {"open": lambda ws: ws.subscribe("room"), "idle_timeout": 0, "max_backpressure": 1 << 26})
app.listen(AppListenOptions(port=int(sys.argv[1]), host="127.0.0.1"), lambda _: None)
app.run()
