using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sensorium.Media.Images.Jpeg;

/// <summary>Decodes a scan of whole blocks: baseline and extended sequential JPEG (ITU-T T.81, annex F.2).</summary>
unsafe sealed class SequentialScan
{
    readonly JpegReader reader;
    readonly EntropyData entropy;
    readonly JpegFrame frame;
    readonly JpegScan scan;
    readonly HuffmanTable[] dcTables;
    readonly HuffmanTable[] acTables;
    readonly int[] predictors;
    int restartsToGo;

    public SequentialScan(JpegReader reader, EntropyData entropy, JpegScan scan)
    {
        this.reader = reader;
        this.entropy = entropy;
        this.scan = scan;
        frame = reader.Frame!;
        dcTables = [.. scan.Components.Select(c => reader.Tables.GetHuffman(ac: false, c.DcSlot))];
        acTables = [.. scan.Components.Select(c => reader.Tables.GetHuffman(ac: true, c.AcSlot))];
        predictors = new int[scan.Components.Length];
        restartsToGo = reader.RestartInterval;
        entropy.StartScan();
    }

    /// <summary>Decodes one MCU row of a scan of all components, and transforms its blocks at once.</summary>
    /// <param name="mcuRow">The row; rows come in order.</param>
    /// <param name="planes">Where the samples go.</param>
    /// <param name="quantization">Each component's steps, row-major, aligned.</param>
    /// <param name="block">Room for a block, zeroed, 32-byte aligned; comes back zeroed.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void DecodeMcuRow(int mcuRow, SamplePlanes planes, short*[] quantization, short* block)
    {
        if (scan.Components.Length == 1)
        {
            JpegComponent only = scan.Components[0];
            for (int y = mcuRow * only.V; y < Math.Min((mcuRow + 1) * only.V, only.HeightInBlocks); y++)
            {
                nint stride = planes.Strides[0];
                byte* output = planes.Row(0, y * 8);
                for (int x = 0; x < only.WidthInBlocks; x++, output += 8)
                {
                    BeginMcu();
                    DecodeAndTransform(0, block, quantization[0], output, stride, isPicture: true);
                    EndMcu();
                }
            }

            return;
        }

        for (int mcu = 0; mcu < frame.McusPerRow; mcu++)
        {
            BeginMcu();
            for (int i = 0; i < scan.Components.Length; i++)
            {
                JpegComponent component = scan.Components[i];
                short* steps = quantization[component.Index];
                nint stride = planes.Strides[component.Index];
                for (int v = 0; v < component.V; v++)
                {
                    int y = (mcuRow * component.V) + v;
                    bool rowIsPicture = y < component.HeightInBlocks;
                    int x = mcu * component.H;
                    byte* output = planes.Row(component.Index, y * 8) + (x * 8);
                    for (int h = 0; h < component.H; h++, x++, output += 8)
                    {
                        DecodeAndTransform(i, block, steps, output, stride, rowIsPicture && x < component.WidthInBlocks);
                    }
                }
            }

            EndMcu();
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
                short* block = store.Row(only.Index, y);
                for (int x = 0; x < only.WidthInBlocks; x++, block += 64)
                {
                    BeginMcu();
                    Decode(0, block);
                    EndMcu();
                }
            }

            return;
        }

        for (int row = 0; row < frame.McuRows && !entropy.IsScanOver; row++)
        {
            for (int mcu = 0; mcu < frame.McusPerRow; mcu++)
            {
                BeginMcu();
                for (int i = 0; i < scan.Components.Length; i++)
                {
                    JpegComponent component = scan.Components[i];
                    for (int v = 0; v < component.V; v++)
                    {
                        short* block = store.Row(component.Index, (row * component.V) + v) + ((nint)mcu * component.H * 64);
                        for (int h = 0; h < component.H; h++, block += 64)
                        {
                            Decode(i, block);
                        }
                    }
                }

                EndMcu();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void BeginMcu()
    {
        if (restartsToGo == 0 && reader.RestartInterval != 0)
        {
            entropy.Restart();
            Array.Clear(predictors);
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

    bool Decode(int index, short* block) =>
        !entropy.IsExhausted && DecodeBlock(ref entropy.Bits, dcTables[index], acTables[index], ref predictors[index], block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void DecodeAndTransform(int index, short* block, short* steps, byte* output, nint stride, bool isPicture)
    {
        bool hasAc = Decode(index, block);
        if (!hasAc)
        {
            if (isPicture)
            {
                InverseDct.TransformDcOnly(block[0], steps[0], output, stride);
            }

            block[0] = 0;
            return;
        }

        if (isPicture)
        {
            InverseDct.Transform(block, steps, output, stride);
        }

        Vector256<short> zero = Vector256<short>.Zero;
        zero.StoreAligned(block);
        zero.StoreAligned(block + 16);
        zero.StoreAligned(block + 32);
        zero.StoreAligned(block + 48);
    }

    /// <summary>Decodes one block into zeroed room.</summary>
    /// <returns>Whether it has any but the first coefficient.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static bool DecodeBlock(ref BitReader state, HuffmanTable dcTable, HuffmanTable acTable, ref int predictor, short* block)
    {
        BitReader bits = state;
        ref byte natural = ref MemoryMarshal.GetReference(ZigZag.ToNatural);
        bits.Refill();
        int entry = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(dcTable.Combined), (nint)(bits.Window >> (64 - HuffmanTable.LookupBits)));
        int difference;
        if ((entry & HuffmanTable.Special) == 0)
        {
            // The run is the high half of a DC symbol, which is 0.
            bits.Drop(entry & 15);
            difference = entry >> 16;
        }
        else if ((entry & HuffmanTable.KindMask) == HuffmanTable.KindEndOfBlock)
        {
            bits.Drop(entry & 15);
            difference = 0;
        }
        else
        {
            int size = bits.TakeSymbol(dcTable) & 15;
            difference = size == 0 ? 0 : HuffmanTable.Extend(bits.Take(size), size);
        }

        predictor += difference;
        block[0] = (short)predictor;

        ref int combined = ref MemoryMarshal.GetArrayDataReference(acTable.Combined);
        bool hasAc = false;
        int k = 1;
        do
        {
            if (bits.Count < 32)
            {
                bits.Refill();
            }

            entry = Unsafe.Add(ref combined, (nint)(bits.Window >> (64 - HuffmanTable.LookupBits)));
            if ((entry & HuffmanTable.Special) == 0)
            {
                bits.Drop(entry & 15);
                k += (entry >> 4) & 15;
                block[Unsafe.Add(ref natural, k)] = (short)(entry >> 16);
                hasAc = true;
                k++;
                continue;
            }

            int kind = entry & HuffmanTable.KindMask;
            int run;
            int length;
            if (kind == HuffmanTable.KindEndOfBlock)
            {
                bits.Drop(entry & 15);
                break;
            }

            if (kind == HuffmanTable.KindValueFollows)
            {
                bits.Drop(entry & 15);
                run = (entry >> 4) & 15;
                length = (entry >> 12) & 15;
            }
            else if (kind == HuffmanTable.KindZeroRun)
            {
                bits.Drop(entry & 15);
                k += 16;
                continue;
            }
            else
            {
                int symbol = acTable.FindLong(bits.Window);
                bits.Drop(symbol >> 8);
                symbol &= 255;
                run = symbol >> 4;
                length = symbol & 15;
                if (length == 0)
                {
                    if (run != 15)
                    {
                        break;
                    }

                    k += 16;
                    continue;
                }
            }

            k += run;
            int value = (int)(bits.Window >> (64 - length));
            bits.Drop(length);
            block[Unsafe.Add(ref natural, k)] = (short)HuffmanTable.Extend(value, length);
            hasAc = true;
            k++;
        }
        while (k < 64);

        state = bits;
        return hasAc;
    }
}
