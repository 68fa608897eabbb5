using Sensorium.Tensors.Cpu.Products;

namespace Sensorium.Tensors.Cpu.Generated;

/// <summary>The plain loop that a generated integer kernel must equal to the bit, and a small case to see that it does.</summary>
static unsafe class IntegerTwin
{
    /// <summary>One row by 16 outputs from quads and float32 scales.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="blocks">Blocks of 32 inputs.</param>
    /// <param name="rows">The quantised rows.</param>
    /// <param name="row">Which.</param>
    /// <param name="quads">[blocks][8][16][4]</param>
    /// <param name="scales">[blocks][parts][16]</param>
    /// <param name="minima">[blocks][parts][16], where the layout has them.</param>
    /// <param name="c">[16], added to.</param>
    public static void Multiply(QuantLayout layout, nint blocks, QuantizedRows rows, nint row, byte* quads, float* scales, float* minima, float* c)
    {
        int inputs = Panel.Block / layout.Parts;
        for (nint block = 0; block < blocks; block++)
        {
            sbyte* a = rows.Integers(row, block);
            RowScale scale = *rows.Scale(row, block);
            for (int part = 0; part < layout.Parts; part++)
            {
                int n = layout.Parts == 1 ? scale.Both : part == 0 ? scale.First : scale.Second;
                nint at = (block * layout.Parts + part) * Panel.Lanes;
                for (int lane = 0; lane < Panel.Lanes; lane++)
                {
                    int sum = -layout.Offset * n;
                    for (int k = part * inputs; k < (part + 1) * inputs; k++)
                    {
                        sum += quads[block * 512 + k / 4 * 64 + lane * 4 + k % 4] * a[k];
                    }

                    c[lane] = MathF.FusedMultiplyAdd(sum, scales[at + lane] * scale.Scale, c[lane]);
                    if (layout.HasMinimum)
                    {
                        c[lane] = MathF.FusedMultiplyAdd(minima[at + lane], scale.Scale * n, c[lane]);
                    }
                }
            }
        }
    }

    /// <summary>Whether compiled kernels give what the loop gives: a super-block of two groups, every number of rows.</summary>
    public static bool Agrees(IntegerCode code, QuantLayout layout)
    {
        using var trial = new Trial(layout);
        for (int rows = 1; rows <= IntegerKernel.MostRows; rows++)
        {
            trial.PutRows(rows);
            for (int group = 0; group < Trial.Groups; group += code.Groups)
            {
                IntegerArguments packed = trial.Arguments(group, code.Groups, unpacked: false), unpacked = trial.Arguments(group, code.Groups, unpacked: true);
                code.Packed(rows, &packed);
                bool isRight = trial.IsRight(rows, group, code.Groups);
                code.Unpacked(rows, &unpacked);
                if (!isRight || !trial.IsRight(rows, group, code.Groups))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>A group of any integers and of finite scales.</summary>
    public static void Fill(QuantLayout layout, byte* group, nint blocks, ref TrialNumbers numbers)
    {
        bool halves = layout.Scales is ScaleKind.Half or ScaleKind.HalfAndMinimum;
        for (nint block = 0; block < blocks; block += QuantPanels.SliceBlocks)
        {
            QuantBlock slice = layout.At(group, blocks, block);
            nint count = Math.Min(QuantPanels.SliceBlocks, blocks - block);
            for (byte* p = slice.Scales, end = slice.Integers + count * layout.QuadBytes; p < end; p++)
            {
                *p = (byte)(numbers.Next() >> 24);
            }

            FillHalves(halves ? slice.Scales : slice.Super, halves ? (nint)(slice.Super - slice.Scales) : layout.SuperBytes, ref numbers);
        }
    }

    /// <summary>All of a group: quads <c>[blocks][8][16][4]</c>, scales and minima <c>[blocks][parts][16]</c>.</summary>
    public static void Unpack(QuantLayout layout, byte* group, nint blocks, byte* quads, float* scales, float* minima)
    {
        for (nint block = 0; block < blocks; block += QuantPanels.SliceBlocks)
        {
            QuantBlock slice = layout.At(group, blocks, block);
            nint count = Math.Min(QuantPanels.SliceBlocks, blocks - block), at = block * layout.Parts * Panel.Lanes;
            QuadPlanes.Unpack(layout.Planes, layout.IsIndex, slice.Integers, count, quads + block * 512);
            QuantScales.Unpack(layout, slice.Scales, slice.Super, count, scales + at, minima + at);
        }
    }

    static void FillHalves(byte* to, nint bytes, ref TrialNumbers numbers)
    {
        for (nint i = 0; i < bytes; i += 2)
        {
            // About a hundredth, of either sign.
            *(ushort*)(to + i) = (ushort)(numbers.Next() >> 16 & 0x83ff | 0x2000);
        }
    }

    /// <summary>Two groups of a super-block, packed and unpacked, and a tile of rows.</summary>
    sealed class Trial : IDisposable
    {
        public const int Groups = 2;
        const int Blocks = QuantPanels.SliceBlocks, Inputs = Panel.Slice, Floats = Blocks * 2 * Panel.Lanes, Results = IntegerKernel.MostRows * Panel.Lanes;

        readonly QuantLayout layout;
        readonly NativeBuffer packed, quads, scales, minima, expected, c, rows;

        public Trial(QuantLayout layout)
        {
            this.layout = layout;
            packed = new NativeBuffer(Groups * layout.GroupBytes(Inputs));
            quads = new NativeBuffer(Groups * Blocks * 512);
            scales = new NativeBuffer(Groups * Floats * sizeof(float));
            minima = new NativeBuffer(Groups * Floats * sizeof(float));
            expected = new NativeBuffer(Groups * Results * sizeof(float));
            c = new NativeBuffer(Groups * Results * sizeof(float));
            rows = new NativeBuffer(QuantizedRows.Bytes(IntegerKernel.MostRows, Inputs));
            var numbers = new TrialNumbers(1);
            for (int group = 0; group < Groups; group++)
            {
                Fill(layout, Packed(group), Blocks, ref numbers);
                Unpack(layout, Packed(group), Blocks, quads.Pointer + group * Blocks * 512, (float*)scales.Pointer + group * Floats, (float*)minima.Pointer + group * Floats);
            }
        }

        byte* Packed(int group) => packed.Pointer + group * layout.GroupBytes(Inputs);

        /// <summary>A tile of so many rows, and the last one's results; the others' are those of the smaller tiles.</summary>
        public void PutRows(int count)
        {
            float* x = stackalloc float[Inputs];
            var tile = new QuantizedRows { Data = rows.Pointer, Count = count, Inputs = Inputs };
            for (int row = 0; row < count; row++)
            {
                var numbers = new TrialNumbers((uint)row);
                for (int k = 0; k < Inputs; k++)
                {
                    x[k] = (int)(numbers.Next() >> 8) - (1 << 23);
                }

                tile.Put(row, x);
            }

            for (int group = 0; group < Groups; group++)
            {
                float* last = (float*)expected.Pointer + group * Results + (count - 1) * Panel.Lanes;
                new Span<float>(last, Panel.Lanes).Clear();
                Multiply(layout, Blocks, tile, count - 1, quads.Pointer + group * Blocks * 512, (float*)scales.Pointer + group * Floats, (float*)minima.Pointer + group * Floats, last);
            }
        }

        public IntegerArguments Arguments(int group, int groups, bool unpacked)
        {
            int second = group + groups - 1;
            QuantBlock first = layout.At(Packed(group), Blocks, 0), other = layout.At(Packed(second), Blocks, 0);
            return new IntegerArguments
            {
                Rows = rows.Pointer,
                Integers0 = unpacked ? quads.Pointer + group * Blocks * 512 : first.Integers,
                Integers1 = unpacked ? quads.Pointer + second * Blocks * 512 : other.Integers,
                Scales0 = unpacked ? (byte*)((float*)scales.Pointer + group * Floats) : first.Scales,
                Scales1 = unpacked ? (byte*)((float*)scales.Pointer + second * Floats) : other.Scales,
                Super0 = unpacked ? (byte*)((float*)minima.Pointer + group * Floats) : first.Super,
                Super1 = unpacked ? (byte*)((float*)minima.Pointer + second * Floats) : other.Super,
                C0 = (float*)c.Pointer + group * Results,
                C1 = (float*)c.Pointer + second * Results,
                Stride = Panel.Lanes * sizeof(float),
                Blocks = Blocks,
                Runs = 1,
            };
        }

        public bool IsRight(int count, int group, int groups)
        {
            for (int i = group; i < group + groups; i++)
            {
                int at = i * Results * sizeof(float), bytes = count * Panel.Lanes * sizeof(float);
                if (!new ReadOnlySpan<byte>(expected.Pointer + at, bytes).SequenceEqual(new ReadOnlySpan<byte>(c.Pointer + at, bytes)))
                {
                    return false;
                }
            }

            return true;
        }

        public void Dispose()
        {
            foreach (NativeBuffer buffer in new[] { packed, quads, scales, minima, expected, c, rows })
            {
                buffer.Dispose();
            }
        }
    }
}
