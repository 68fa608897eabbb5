using System.Runtime.CompilerServices;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>
/// A Huffman table prepared for decoding: short codes by one look-up, together with the value bits that follow where
/// those fit as well; longer codes by comparison with the largest code of each length (ITU-T T.81, annex F.2.2.3).
/// </summary>
sealed class HuffmanTable
{
    /// <summary>How many bits the look-up tables are indexed by.</summary>
    public const int LookupBits = 10;

    /// <summary>Set in an entry of <see cref="Combined"/> that does not hold a whole coefficient.</summary>
    public const int Special = 0x100;

    /// <summary>The kinds of special entry, in bits 9 and 10.</summary>
    public const int KindMask = 0x600, KindTooLong = 0x000, KindValueFollows = 0x200, KindEndOfBlock = 0x400, KindZeroRun = 0x600;

    readonly byte[] values = new byte[256];

    HuffmanTable()
    {
    }

    /// <summary>
    /// For the next <see cref="LookupBits"/> bits: bits 0–3 length consumed, 4–7 run of zeros, 8 <see cref="Special"/>,
    /// 9–10 kind, 12–15 number of value bits still to read, 16–31 the coefficient's value.
    /// </summary>
    public int[] Combined { get; } = GC.AllocateArray<int>(1 << LookupBits, pinned: true);

    /// <summary>For the next <see cref="LookupBits"/> bits: length in the high byte, symbol in the low one; 0 where the code is longer.</summary>
    public ushort[] Symbols { get; } = GC.AllocateArray<ushort>(1 << LookupBits, pinned: true);

    /// <summary>Largest code of each length 1 to 16, −1 where there is none.</summary>
    public int[] MaxCode { get; } = new int[17];

    /// <summary>What to add to a code of each length to get its index among the values.</summary>
    public int[] ValueOffset { get; } = new int[17];

    /// <summary>The largest symbol of the table.</summary>
    public int LargestSymbol { get; private set; }

    /// <summary>Prepares a table as a DHT segment gives it, or says by null that its code lengths are no prefix code.</summary>
    /// <param name="counts">How many codes there are of each length 1 to 16.</param>
    /// <param name="symbols">The symbols, by rising code length.</param>
    public static HuffmanTable? TryCreate(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        HuffmanTable table = new();
        symbols.CopyTo(table.values);
        int code = 0;
        int index = 0;
        for (int length = 1; length <= 16; length++)
        {
            int count = counts[length - 1];
            table.ValueOffset[length] = index - code;
            table.MaxCode[length] = count == 0 ? -1 : code + count - 1;
            for (int i = 0; i < count; i++, code++, index++)
            {
                table.LargestSymbol = Math.Max(table.LargestSymbol, symbols[index]);
                if (length <= LookupBits && code < 1 << length)
                {
                    table.Fill(code, length, symbols[index]);
                }
            }

            // No code may be all ones, and the first length that is used sets where that starts to matter.
            if (index > 0 && (count > 0 || index < symbols.Length) && code >= 1 << length)
            {
                return null;
            }

            code <<= 1;
        }

        for (int i = 0; i < table.Combined.Length; i++)
        {
            if (table.Symbols[i] == 0)
            {
                table.Combined[i] = Special | KindTooLong;
            }
        }

        return table;
    }

    void Fill(int code, int length, int symbol)
    {
        int free = LookupBits - length;
        int first = code << free;
        int run = symbol >> 4;
        int size = symbol & 15;
        Symbols.AsSpan(first, 1 << free).Fill((ushort)((length << 8) | symbol));
        for (int rest = 0; rest < 1 << free; rest++)
        {
            int entry;
            if (size == 0)
            {
                entry = length | Special | (run == 15 ? KindZeroRun : KindEndOfBlock);
            }
            else if (size <= free)
            {
                int bits = rest >> (free - size);
                entry = (length + size) | (run << 4) | (Extend(bits, size) << 16);
            }
            else
            {
                entry = length | (run << 4) | Special | KindValueFollows | (size << 12);
            }

            Combined[first + rest] = entry;
        }
    }

    /// <summary>
    /// Finds a code that is longer than the look-up. A code that does not exist eats 17 bits and means 0, as in libjpeg.
    /// </summary>
    /// <param name="window">The coming bits, the next one on top.</param>
    /// <returns>Length in the second byte, symbol in the lowest.</returns>
    /// <remarks>Takes the bits by value, so that the reader that holds them may stay in registers.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public int FindLong(ulong window)
    {
        int code = (int)(window >> 48);
        for (int length = LookupBits + 1; length <= 16; length++)
        {
            int prefix = code >> (16 - length);
            if (prefix <= MaxCode[length])
            {
                return (length << 8) | values[(prefix + ValueOffset[length]) & 255];
            }
        }

        return 17 << 8;
    }

    /// <summary>A coefficient from its value bits (ITU-T T.81, figure F.12).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Extend(int bits, int size) => bits < 1 << (size - 1) ? bits - (1 << size) + 1 : bits;
}
