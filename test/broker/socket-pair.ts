// Two ends of one real TCP connection.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export const socketPair = async (): Promise<{ accepted: Socket; close(): void }> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  return {
    accepted,
    close() {
      client.destroy();
      accepted.destroy();
      server.close();
    },
  };
};
