// A small chart of a day's leakage against IΔn: an SVG, as on the printed notice.
import { useHouse } from "../data/house.tsx";

const size = { width: 640, height: 150, top: 12, bottom: 22 };
const dayMs = 86_400_000;

type Props = {
  label: string;
  points: readonly { atMs: number; value: number }[];
  toMs: number;
  /** IΔn in mA, where it is known. */
  rated: number | null;
};

export const Strip24h = ({ label, points, toMs, rated }: Props) => {
  const { format } = useHouse();
  const top = Math.max(1, (rated ?? 0) * 1.1, ...points.map((p) => p.value));
  const x = (atMs: number) => ((atMs - (toMs - dayMs)) / dayMs) * size.width;
  const y = (value: number) =>
    size.height - size.bottom - (value / top) * (size.height - size.top - size.bottom);
  return (
    <figure className="strip-24h">
      <svg viewBox={`0 0 ${size.width} ${size.height}`} role="img" aria-label={label}>
        <line x1="0" x2={size.width} y1={y(0)} y2={y(0)} className="axis" />
        {rated !== null && (
          <>
            <line x1="0" x2={size.width} y1={y(rated)} y2={y(rated)} className="rated" />
            <text x="2" y={y(rated) - 3}>
              {`IΔn ${rated} mA`}
            </text>
          </>
        )}
        {points.map((p) => (
          <rect
            key={p.atMs}
            x={x(p.atMs)}
            y={y(p.value)}
            width={size.width / 96 - 1}
            height={Math.max(1, y(0) - y(p.value))}
            className={rated !== null && p.value >= rated ? "over" : "under"}
          />
        ))}
        {[0, 0.5, 1].map((share) => (
          <text
            key={share}
            x={share * size.width}
            y={size.height - 6}
            textAnchor={share === 0 ? "start" : share === 1 ? "end" : "middle"}
          >
            {format.clock(toMs - (1 - share) * dayMs)}
          </text>
        ))}
      </svg>
      <figcaption className="quiet">{label}</figcaption>
    </figure>
  );
};
