// Spares messages that nobody can hear the way through aedes' routing, which costs as much as everything else together.
import type { Aedes, AedesPublishPacket, Client } from "aedes";
import { nowhere } from "./access.ts";
import type { Sessions } from "./sessions.ts";

type Done = (error?: Error | null) => void;
type Publish = (packet: AedesPublishPacket, client: Client | null | Done, done?: Done) => void;

/**
 * Shadows `publish` of this broker, which its packet handlers call once a message is authorized. A refused message has
 * no hearers at all; a device's has none but services, and a retained one must be kept.
 */
export const skipUnheard = (aedes: Aedes, sessions: Sessions): void => {
  const publish = aedes.publish.bind(aedes) as Publish;
  const isUnheard = (packet: AedesPublishPacket, client: Client): boolean => {
    if (packet.topic === nowhere) return true;
    return !packet.retain && !sessions.someServiceListens() && sessions.of(client)?.grant?.kind === "device";
  };
  const publishHeard: Publish = (packet, client, done) => {
    if (client === null || typeof client === "function" || !isUnheard(packet, client)) {
      publish(packet, client, done);
    } else done?.(null);
  };
  aedes.publish = publishHeard as Aedes["publish"];
};
