using System.Buffers.Binary;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>The Huffman and quantisation tables that a JPEG file defines, by their slots; a later definition replaces an earlier one.</summary>
sealed class JpegTables(JpegReader reader)
{
    readonly HuffmanTable?[] dcTables = new HuffmanTable?[4];
    readonly HuffmanTable?[] acTables = new HuffmanTable?[4];
    readonly bool[] brokenDc = new bool[4];
    readonly bool[] brokenAc = new bool[4];
    readonly ushort[]?[] quantization = new ushort[]?[4];

    /// <summary>A Huffman table that a scan asks for; a standard one where the file has never defined it.</summary>
    public HuffmanTable GetHuffman(bool ac, int slot)
    {
        string kind = ac ? "AC" : "DC";
        if (slot > 3)
        {
            throw reader.Corrupt($"a scan uses {kind} Huffman table {slot}, and there are only 0 to 3");
        }

        HuffmanTable? table = (ac ? acTables : dcTables)[slot];
        if (table is null)
        {
            if ((ac ? brokenAc : brokenDc)[slot])
            {
                throw reader.Corrupt($"{kind} Huffman table {slot} has code lengths that are no prefix code");
            }

            table = StandardHuffmanTables.Get(ac, slot) ?? throw reader.Corrupt($"a scan uses {kind} Huffman table {slot}, which the file does not define");
            (ac ? acTables : dcTables)[slot] = table;
        }

        if (!ac && table.LargestSymbol > (reader.Frame!.IsLossless ? 16 : 15))
        {
            throw reader.Corrupt($"DC Huffman table {slot} has a symbol of {table.LargestSymbol} bits");
        }

        return table;
    }

    /// <summary>Keeps the quantisation tables that a scan's components use, as they are at their first scan.</summary>
    public void LatchQuantization(JpegScan scan)
    {
        foreach (JpegComponent component in scan.Components)
        {
            if (component.Quantization is null)
            {
                int slot = component.QuantizationSlot;
                ushort[]? table = slot < 4 ? quantization[slot] : null;
                component.Quantization = table ?? throw reader.Corrupt($"component {component.Id} uses quantisation table {slot}, which the file does not define");
            }
        }
    }

    /// <summary>Takes the tables of a DHT segment; one that is no prefix code is only told when a scan asks for it.</summary>
    public void ReadHuffman(ReadOnlySpan<byte> segment)
    {
        ReadOnlySpan<byte> s = segment;
        while (s.Length >= 17)
        {
            int target = s[0];
            ReadOnlySpan<byte> counts = s.Slice(1, 16);
            int total = 0;
            foreach (byte count in counts)
            {
                total += count;
            }

            if (total > 256 || total > s.Length - 17)
            {
                throw reader.Corrupt($"a Huffman table of {total} codes");
            }

            int slot = target & ~0x10;
            if (slot > 3)
            {
                throw reader.Corrupt($"Huffman table number {target}");
            }

            bool ac = (target & 0x10) != 0;
            HuffmanTable? table = HuffmanTable.TryCreate(counts, s.Slice(17, total));
            (ac ? acTables : dcTables)[slot] = table;
            (ac ? brokenAc : brokenDc)[slot] = table is null;
            s = s[(17 + total)..];
        }

        if (!s.IsEmpty)
        {
            throw reader.Corrupt($"a Huffman table segment with {s.Length} bytes left over");
        }
    }

    /// <summary>Takes the tables of a DQT segment.</summary>
    public void ReadQuantization(ReadOnlySpan<byte> segment)
    {
        ReadOnlySpan<byte> s = segment;
        while (!s.IsEmpty)
        {
            int slot = s[0] & 15;
            bool wide = s[0] >> 4 != 0;
            int size = 1 + (wide ? 128 : 64);
            if (slot > 3)
            {
                throw reader.Corrupt($"quantisation table number {slot}");
            }

            if (s.Length < size)
            {
                throw reader.Corrupt($"a quantisation table of {s.Length} bytes");
            }

            ushort[] table = new ushort[64];
            for (int i = 0; i < 64; i++)
            {
                table[ZigZag.ToNatural[i]] = wide ? BinaryPrimitives.ReadUInt16BigEndian(s[(1 + (2 * i))..]) : s[1 + i];
            }

            quantization[slot] = table;
            s = s[size..];
        }
    }
}
