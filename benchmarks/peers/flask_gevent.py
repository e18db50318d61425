"""Flask-SocketIO on gevent with gevent-websocket: `python flask_gevent.py PORT`."""

import sys

from gevent import monkey

monkey.patch_all()

from flask import Flask, request  # noqa: E402 - after the patch
from flask_socketio import SocketIO  # noqa: E402

app = Flask(__name__)
# Readers that answer no pings are not to be cut off while they are measured.
socketio = SocketIO(app, async_mode="gevent", ping_interval=3600, cors_allowed_origins="*")


@app.post("/post")
def post() -> str:
    socketio.emit("message", request.get_data(as_text=True))
    return "ok"


if __name__ == "__main__":
    socketio.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_output=False)
