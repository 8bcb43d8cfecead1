// Socket.IO with its in-memory rooms and a pool of pg connections. Every line is committed before anybody sees it, as in Fuuro;
// who speaks is taken on trust, which Fuuro does not do. PGHOST, PGPORT, PGUSER and PGDATABASE lead to the database.
const { createServer } = require("node:http");
const { Server } = require("socket.io");
const { Pool } = require("pg");

const CONNECTIONS = 16; // more brings nothing on two cores
const KEEP = {
  name: "keep",
  text: "insert into line (room, author, body) values ($1, $2, $3) returning id",
};

const database = new Pool({ max: CONNECTIONS });
const http = createServer();
const sockets = new Server(http, { transports: ["websocket"], perMessageDeflate: false });

sockets.on("connection", (socket) => {
  const { room, author } = socket.handshake.query;
  socket.join(room);
  socket.on("line", async ({ body }) => {
    try {
      const { rows } = await database.query({ ...KEEP, values: [room, author, body] });
      sockets.to(room).emit("line", { id: rows[0].id, author, body });
    } catch (error) {
      console.error(error);
      socket.disconnect(true);
    }
  });
});

http.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("Socket.IO is open"));
