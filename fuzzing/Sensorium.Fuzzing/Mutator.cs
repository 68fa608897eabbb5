namespace Sensorium.Fuzzing;

/// <summary>Makes new inputs of good ones: changed bits and bytes, numbers at their limits, cuts, repeats, and pieces of other inputs.</summary>
public sealed class Mutator
{
    const int Longest = 512 << 10;

    static readonly byte[][] Extremes =
    [
        [0xFF], [0x00], [0x7F], [0x80], [0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0x7F], [0x00, 0x00, 0x00, 0x80],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0, 0, 0, 0, 0x80],
    ];

    readonly IReadOnlyList<byte[]> seeds;
    readonly byte[][] pieces;
    readonly Random random;

    /// <summary>Inputs of one parser.</summary>
    /// <param name="parser">Whose seeds and pieces are taken.</param>
    /// <param name="seed">The same seed gives the same inputs.</param>
    public Mutator(FuzzParser parser, int seed)
    {
        ArgumentNullException.ThrowIfNull(parser);
        seeds = parser.Seeds();
        pieces = [.. Extremes, .. parser.Pieces];
        random = new Random(seed);
        if (seeds.Count == 0 || seeds.Any(s => s.Length == 0))
        {
            throw new ArgumentException($"{parser.Name} has no seeds, or an empty one", nameof(parser));
        }
    }

    /// <summary>The next input.</summary>
    public byte[] Next()
    {
        List<byte> data = [.. Any(seeds)];

        // Mostly one to four changes: more seldom get past the first check.
        for (int changes = 1 << Math.Min(random.Next(4), random.Next(6)); changes > 0; changes--)
        {
            Change(data);
        }

        return data.Count <= Longest ? [.. data] : [.. data.Take(Longest)];
    }

    void Change(List<byte> data)
    {
        if (data.Count == 0)
        {
            data.AddRange(Any(pieces));
            return;
        }

        // Headers are where lengths stand, so half of the changes go there.
        int at = random.Next(random.Next(2) == 0 ? Math.Min(data.Count, 256) : data.Count);
        int length = random.Next(1, Math.Min(64, data.Count - at) + 1);
        switch (random.Next(9))
        {
            case 0:
                data[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                data[at] = (byte)random.Next(256);
                break;
            case 2:
                Overwrite(data, at, Any(pieces));
                break;
            case 3:
                data.InsertRange(at, Any(pieces));
                break;
            case 4:
                data.RemoveRange(at, length);
                break;
            case 5:
                data.InsertRange(at, data.GetRange(at, length));
                break;
            case 6:
                data.InsertRange(at, Part(Any(seeds)));
                break;
            case 7:
                Overwrite(data, at, Part(Any(seeds)));
                break;
            default:
                data.RemoveRange(at, random.Next(4) == 0 ? data.Count - at : 1);
                break;
        }
    }

    byte[] Any(IReadOnlyList<byte[]> list) => list[random.Next(list.Count)];

    byte[] Part(byte[] whole)
    {
        int from = random.Next(whole.Length);
        return whole[from..Math.Min(whole.Length, from + random.Next(1, 64))];
    }

    static void Overwrite(List<byte> data, int at, byte[] piece)
    {
        for (int i = 0; i < piece.Length && at + i < data.Count; i++)
        {
            data[at + i] = piece[i];
        }
    }
}
