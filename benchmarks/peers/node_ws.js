// Node's `ws`, as its documentation broadcasts: to every client that is open.
"use strict";

const http = require("node:http");
const { WebSocket, WebSocketServer } = require("ws");

const server = http.createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8");
  request.on("data", (part) => { text += part; });
  request.on("end", () => {
    for (const client of room.clients) {
      if (client.readyState === WebSocket.OPEN) client.send(text);
    }
    response.writeHead(200, { "Content-Length": 2 });
    response.end("ok");
  });
});
const room = new WebSocketServer({ server, path: "/ws", perMessageDeflate: false });

server.keepAliveTimeout = 75_000; // senders wait for slow deliveries
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
