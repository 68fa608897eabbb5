namespace Sensorium.Fuzzing;

/// <summary>Makes new inputs of old ones: changed bits and bytes, numbers at their limits, cuts, repeats, and pieces of other inputs.</summary>
sealed class Mutator(byte[][] seeds, int seed)
{
    const int Longest = 512 << 10;

    static readonly byte[][] Extremes =
    [
        [0xFF], [0x00], [0x7F], [0x80], [0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0x7F], [0x00, 0x00, 0x00, 0x80],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0, 0, 0, 0, 0x80],
        [.. "{"u8], [.. "["u8], [.. "\""u8], [.. "-1"u8], [.. "1e999"u8], [.. "9223372036854775808"u8],
    ];

    readonly Random random = new(seed);

    /// <summary>The next input.</summary>
    public byte[] Next()
    {
        List<byte> data = [.. seeds[random.Next(seeds.Length)]];
        for (int changes = 1 << random.Next(6); changes > 0; changes--)
        {
            Change(data);
        }

        return [.. data.Take(Longest)];
    }

    void Change(List<byte> data)
    {
        if (data.Count == 0)
        {
            data.Add((byte)random.Next(256));
            return;
        }

        // Headers are where lengths stand, so half of the changes go there.
        int at = random.Next(2) == 0 ? random.Next(Math.Min(data.Count, 256)) : random.Next(data.Count);
        int length = Math.Min(random.Next(1, 64), data.Count - at);
        switch (random.Next(8))
        {
            case 0:
                data[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                data[at] = (byte)random.Next(256);
                break;
            case 2:
                byte[] extreme = Extremes[random.Next(Extremes.Length)];
                for (int i = 0; i < extreme.Length && at + i < data.Count; i++)
                {
                    data[at + i] = extreme[i];
                }

                break;
            case 3:
                data.RemoveRange(at, length);
                break;
            case 4 when data.Count < Longest:
                data.InsertRange(at, data.GetRange(at, length));
                break;
            case 5:
                data.RemoveRange(at, data.Count - at);
                break;
            case 6 when data.Count < Longest:
                data.InsertRange(at, Extremes[random.Next(Extremes.Length)]);
                break;
            default:
                byte[] other = seeds[random.Next(seeds.Length)];
                int from = other.Length == 0 ? 0 : random.Next(other.Length);
                for (int i = 0; i < length && from + i < other.Length; i++)
                {
                    data[at + i] = other[from + i];
                }

                break;
        }
    }
}
