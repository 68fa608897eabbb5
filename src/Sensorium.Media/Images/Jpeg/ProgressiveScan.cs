using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>Decodes a scan of a progressive JPEG, which brings some coefficients or some bits of them (ITU-T T.81, annex G.2).</summary>
unsafe sealed class ProgressiveScan
{
    readonly JpegReader reader;
    readonly EntropyData entropy;
    readonly JpegFrame frame;
    readonly JpegScan scan;
    readonly HuffmanTable?[] tables;
    readonly int[] predictors;
    int restartsToGo;
    int endOfBandRun;

    public ProgressiveScan(JpegReader reader, EntropyData entropy, JpegScan scan)
    {
        this.reader = reader;
        this.entropy = entropy;
        this.scan = scan;
        frame = reader.Frame!;
        Check();
        NoteProgress();
        bool needsDc = scan.SpectralStart == 0 && scan.ApproximationHigh == 0;
        tables = new HuffmanTable?[scan.Components.Length];
        for (int i = 0; i < tables.Length; i++)
        {
            JpegComponent component = scan.Components[i];
            if (needsDc)
            {
                tables[i] = reader.Tables.GetHuffman(ac: false, component.DcSlot);
            }
            else if (scan.SpectralStart > 0)
            {
                tables[i] = reader.Tables.GetHuffman(ac: true, component.AcSlot);
            }
        }

        predictors = new int[scan.Components.Length];
        restartsToGo = reader.RestartInterval;
        entropy.StartScan();
    }

    /// <summary>The last MCU row (of all components) that the scan had data for.</summary>
    public int LastGoodRow { get; private set; }

    void Check()
    {
        bool bad = scan.SpectralStart == 0
            ? scan.SpectralEnd != 0
            : scan.SpectralStart > scan.SpectralEnd || scan.SpectralEnd > 63 || scan.Components.Length != 1;
        bad |= scan.ApproximationHigh != 0 && scan.ApproximationLow != scan.ApproximationHigh - 1;
        bad |= scan.ApproximationLow > 13;
        if (bad)
        {
            throw reader.Corrupt(
                $"progressive scan {scan.Number} of {scan.Components.Length} components has the parameters " +
                $"Ss {scan.SpectralStart}, Se {scan.SpectralEnd}, Ah {scan.ApproximationHigh}, Al {scan.ApproximationLow}");
        }
    }

    void NoteProgress()
    {
        foreach (JpegComponent component in scan.Components)
        {
            int first = Math.Min(scan.SpectralStart, 1);
            int last = Math.Max(scan.SpectralEnd, 9);
            for (int k = first; k <= last; k++)
            {
                component.PreviousKnownBits[k] = scan.Number > 1 ? component.KnownBits[k] : 0;
            }

            for (int k = scan.SpectralStart; k <= scan.SpectralEnd; k++)
            {
                component.KnownBits[k] = scan.ApproximationLow;
            }
        }
    }

    /// <summary>Decodes the whole scan into stored coefficients.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void DecodeAll(CoefficientStore store)
    {
        if (scan.Components.Length == 1)
        {
            JpegComponent only = scan.Components[0];
            for (int y = 0; y < only.HeightInBlocks && !entropy.IsScanOver; y++)
            {
                DecodeBlockRow(only, y, store.Row(only.Index, y));
            }

            return;
        }

        for (int row = 0; row < frame.McuRows && !entropy.IsScanOver; row++)
        {
            for (int mcu = 0; mcu < frame.McusPerRow; mcu++)
            {
                BeginMcu(row);
                for (int i = 0; i < scan.Components.Length && !entropy.IsExhausted; i++)
                {
                    JpegComponent component = scan.Components[i];
                    for (int v = 0; v < component.V; v++)
                    {
                        short* block = store.Row(component.Index, (row * component.V) + v) + ((nint)mcu * component.H * 64);
                        for (int h = 0; h < component.H; h++, block += 64)
                        {
                            DecodeDc(i, block);
                        }
                    }
                }

                EndMcu();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void DecodeBlockRow(JpegComponent component, int y, short* block)
    {
        int mcuRow = y / component.V;
        bool isDc = scan.SpectralStart == 0;
        bool isFirst = scan.ApproximationHigh == 0;
        for (int x = 0; x < component.WidthInBlocks; x++, block += 64)
        {
            BeginMcu(mcuRow);
            if (!entropy.IsExhausted)
            {
                if (isDc)
                {
                    DecodeDc(0, block);
                }
                else if (isFirst)
                {
                    if (endOfBandRun > 0)
                    {
                        endOfBandRun--;
                    }
                    else
                    {
                        DecodeAc(block);
                    }
                }
                else
                {
                    RefineAc(block);
                }

                EndMcu();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void BeginMcu(int mcuRow)
    {
        if (!entropy.IsExhausted)
        {
            LastGoodRow = mcuRow;
        }

        if (restartsToGo == 0 && reader.RestartInterval != 0)
        {
            entropy.Restart();
            Array.Clear(predictors);
            endOfBandRun = 0;
            restartsToGo = reader.RestartInterval;
        }

        restartsToGo--;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void EndMcu()
    {
        if (!entropy.IsExhausted)
        {
            entropy.CheckEnd();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void DecodeDc(int index, short* block)
    {
        ref BitReader bits = ref entropy.Bits;
        if (scan.ApproximationHigh != 0)
        {
            if (bits.Take(1) != 0)
            {
                block[0] |= (short)(1 << scan.ApproximationLow);
            }

            return;
        }

        int size = bits.TakeSymbol(tables[index]!) & 15;
        int difference = size == 0 ? 0 : HuffmanTable.Extend(bits.Take(size), size);
        predictors[index] += difference;
        block[0] = (short)(predictors[index] << scan.ApproximationLow);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void DecodeAc(short* block)
    {
        BitReader bits = entropy.Bits;
        HuffmanTable table = tables[0]!;
        ref byte natural = ref MemoryMarshal.GetReference(ZigZag.ToNatural);
        ref int combined = ref MemoryMarshal.GetArrayDataReference(table.Combined);
        int last = scan.SpectralEnd;
        int low = scan.ApproximationLow;
        for (int k = scan.SpectralStart; k <= last; k++)
        {
            if (bits.Count < 32)
            {
                bits.Refill();
            }

            int entry = Unsafe.Add(ref combined, (nint)(bits.Window >> (64 - HuffmanTable.LookupBits)));
            if ((entry & HuffmanTable.Special) == 0)
            {
                bits.Drop(entry & 15);
                k += (entry >> 4) & 15;
                block[Unsafe.Add(ref natural, k)] = (short)((entry >> 16) << low);
                continue;
            }

            int symbol = bits.TakeSymbol(table);
            int run = symbol >> 4;
            int size = symbol & 15;
            if (size != 0)
            {
                k += run;
                block[Unsafe.Add(ref natural, k)] = (short)(HuffmanTable.Extend(bits.Take(size), size) << low);
            }
            else if (run == 15)
            {
                k += 15;
            }
            else
            {
                endOfBandRun = (1 << run) - 1;
                if (run > 0)
                {
                    endOfBandRun += bits.Take(run);
                }

                break;
            }
        }

        entropy.Bits = bits;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void RefineAc(short* block)
    {
        if (endOfBandRun > 0 && IsZero(block))
        {
            // Nothing to correct, so no bits either.
            endOfBandRun--;
            return;
        }

        BitReader bits = entropy.Bits;
        ref byte natural = ref MemoryMarshal.GetReference(ZigZag.ToNatural);
        int last = scan.SpectralEnd;
        int plus = 1 << scan.ApproximationLow;
        int minus = -1 << scan.ApproximationLow;
        int k = scan.SpectralStart;
        if (endOfBandRun == 0)
        {
            HuffmanTable table = tables[0]!;
            for (; k <= last; k++)
            {
                int symbol = bits.TakeSymbol(table);
                int run = symbol >> 4;
                int value = 0;
                if ((symbol & 15) != 0)
                {
                    value = bits.Take(1) != 0 ? plus : minus;
                }
                else if (run != 15)
                {
                    endOfBandRun = 1 << run;
                    if (run > 0)
                    {
                        endOfBandRun += bits.Take(run);
                    }

                    break;
                }

                // Past the coefficients that are known, which are corrected, and as many zeros as the run says.
                do
                {
                    short* coefficient = block + Unsafe.Add(ref natural, k);
                    if (*coefficient != 0)
                    {
                        Correct(ref bits, coefficient, plus, minus);
                    }
                    else if (--run < 0)
                    {
                        break;
                    }

                    k++;
                }
                while (k <= last);

                if (value != 0)
                {
                    block[Unsafe.Add(ref natural, k)] = (short)value;
                }
            }
        }

        if (endOfBandRun > 0)
        {
            for (; k <= last; k++)
            {
                short* coefficient = block + Unsafe.Add(ref natural, k);
                if (*coefficient != 0)
                {
                    Correct(ref bits, coefficient, plus, minus);
                }
            }

            endOfBandRun--;
        }

        entropy.Bits = bits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Correct(ref BitReader bits, short* coefficient, int plus, int minus)
    {
        if (bits.Take(1) != 0 && (*coefficient & plus) == 0)
        {
            *coefficient += (short)(*coefficient >= 0 ? plus : minus);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool IsZero(short* block)
    {
        Vector256<short> any = Vector256.LoadAligned(block + 16) | Vector256.LoadAligned(block + 32) | Vector256.LoadAligned(block + 48)
            | (Vector256.LoadAligned(block) & Vector256.Create(0, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
        return any == Vector256<short>.Zero;
    }
}
