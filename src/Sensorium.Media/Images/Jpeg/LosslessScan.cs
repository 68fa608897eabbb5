using System.Runtime.CompilerServices;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>Decodes a scan of lossless JPEG: Huffman-coded differences from a prediction by the neighbours (ITU-T T.81, annex H).</summary>
unsafe sealed class LosslessScan
{
    const int Precision = 8;

    readonly JpegReader reader;
    readonly EntropyData entropy;
    readonly JpegFrame frame;
    readonly JpegScan scan;
    readonly HuffmanTable[] tables;

    public LosslessScan(JpegReader reader, EntropyData entropy, JpegScan scan)
    {
        this.reader = reader;
        this.entropy = entropy;
        this.scan = scan;
        frame = reader.Frame!;
        tables = [.. scan.Components.Select(c => reader.Tables.GetHuffman(ac: false, c.DcSlot))];
        if (scan.SpectralStart is < 1 or > 7 || scan.SpectralEnd != 0 || scan.ApproximationHigh != 0 || scan.ApproximationLow >= Precision)
        {
            throw reader.Corrupt($"a lossless scan with predictor {scan.SpectralStart} and point transform {scan.ApproximationLow}");
        }

        entropy.StartScan();
    }

    /// <summary>Decodes the whole scan into planes that hold the whole picture.</summary>
    public void DecodeAll(SamplePlanes planes, MediaBudget budget)
    {
        bool interleaved = scan.Components.Length > 1;
        JpegComponent only = scan.Components[0];
        int mcusPerRow = interleaved ? frame.McusPerRow : only.WidthInBlocks;
        int mcuRows = interleaved ? frame.McuRows : only.HeightInBlocks;
        if (reader.RestartInterval % mcusPerRow != 0)
        {
            throw reader.Corrupt($"a restart interval of {reader.RestartInterval} in a lossless scan of {mcusPerRow} samples a row");
        }

        int width = scan.Components.Max(c => c.PaddedWidthInBlocks);
        int rows = scan.Components.Sum(c => c.V) + scan.Components.Length;
        using NativeBuffer buffer = new((long)width * rows * sizeof(ushort), clear: true, reader.Name, budget);
        ushort* next = (ushort*)buffer.Pointer;
        ushort*[] above = new ushort*[scan.Components.Length];
        ushort*[] current = new ushort*[scan.Components.Length];
        for (int i = 0; i < above.Length; i++)
        {
            above[i] = next;
            current[i] = next + width;
            next += (nint)width * ((interleaved ? scan.Components[i].V : 1) + 1);
        }

        int restartRows = reader.RestartInterval / mcusPerRow;
        int untilRestart = restartRows;
        bool isFirst = true;
        for (int row = 0; row < mcuRows; row++)
        {
            if (restartRows > 0 && untilRestart-- == 0)
            {
                entropy.Restart();
                isFirst = true;
                untilRestart = restartRows - 1;
            }

            isFirst |= entropy.IsExhausted;
            ReadDifferences(current, width, mcusPerRow, interleaved);
            for (int i = 0; i < scan.Components.Length; i++)
            {
                JpegComponent component = scan.Components[i];
                int lines = interleaved ? component.V : 1;
                for (int v = 0; v < lines && (row * lines) + v < component.HeightInBlocks; v++)
                {
                    ushort* line = current[i] + ((nint)v * width);
                    Reconstruct(line, v == 0 ? above[i] : line - width, component.WidthInBlocks, isFirst && v == 0);
                    byte* output = planes.Row(component.Index, (row * lines) + v);
                    for (int x = 0; x < component.WidthInBlocks; x++)
                    {
                        output[x] = (byte)(line[x] << scan.ApproximationLow);
                    }

                    if (v == lines - 1)
                    {
                        Buffer.MemoryCopy(line, above[i], width * sizeof(ushort), width * sizeof(ushort));
                    }
                }
            }

            isFirst = false;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void ReadDifferences(ushort*[] lines, int width, int mcusPerRow, bool interleaved)
    {
        // As in libjpeg, a row that begins after the end of the data is empty, and one that runs into it goes on with zero bits.
        bool isEmpty = entropy.IsExhausted;
        for (int mcu = 0; mcu < mcusPerRow; mcu++)
        {
            for (int i = 0; i < tables.Length; i++)
            {
                int h = interleaved ? scan.Components[i].H : 1;
                int v = interleaved ? scan.Components[i].V : 1;
                for (int y = 0; y < v; y++)
                {
                    ushort* to = lines[i] + ((nint)y * width) + ((nint)mcu * h);
                    for (int x = 0; x < h; x++)
                    {
                        to[x] = isEmpty ? (ushort)0 : ReadDifference(tables[i]);
                    }
                }
            }

            entropy.CheckEnd();
        }
    }

    ushort ReadDifference(HuffmanTable table)
    {
        ref BitReader bits = ref entropy.Bits;
        int size = bits.TakeSymbol(table);
        return size switch
        {
            0 => 0,
            16 => 32768,
            _ => (ushort)HuffmanTable.Extend(bits.Take(size), size),
        };
    }

    /// <summary>Adds the predictions to a line of differences, modulo 2^16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Reconstruct(ushort* line, ushort* above, int width, bool isFirst)
    {
        int predictor = isFirst ? 1 : scan.SpectralStart;
        line[0] += isFirst ? (ushort)(1 << (Precision - scan.ApproximationLow - 1)) : above[0];
        for (int x = 1; x < width; x++)
        {
            int a = line[x - 1];
            int b = above[x];
            int c = above[x - 1];
            line[x] += (ushort)(predictor switch
            {
                1 => a,
                2 => b,
                3 => c,
                4 => a + b - c,
                5 => a + ((b - c) >> 1),
                6 => b + ((a - c) >> 1),
                _ => (a + b) >> 1,
            });
        }
    }
}
