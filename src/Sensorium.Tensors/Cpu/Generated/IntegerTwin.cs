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
        const int Blocks = QuantPanels.SliceBlocks, Inputs = Panel.Slice, Groups = 2;
        nint groupBytes = layout.GroupBytes(Inputs);
        using var memory = new NativeBuffer(Groups * groupBytes + Groups * Blocks * 512 + sizeof(float) * (Groups * Blocks * 4 * Panel.Lanes + 2 * Groups * IntegerKernel.MostRows * Panel.Lanes) + QuantizedRows.Bytes(IntegerKernel.MostRows, Inputs));
        byte* group = memory.Pointer, quads = group + Groups * groupBytes;
        float* scales = (float*)(quads + Groups * Blocks * 512), minima = scales + Groups * Blocks * 2 * Panel.Lanes;
        float* expected = minima + Groups * Blocks * 2 * Panel.Lanes, c = expected + Groups * IntegerKernel.MostRows * Panel.Lanes;
        byte* data = (byte*)(c + Groups * IntegerKernel.MostRows * Panel.Lanes);
        uint state = 1;
        for (int i = 0; i < Groups; i++)
        {
            Fill(layout, group + i * groupBytes, Blocks, ref state);
            QuadPlanes.Unpack(layout.Planes, layout.IsIndex, group + i * groupBytes, Blocks, quads + i * Blocks * 512);
            byte* packedScales = group + i * groupBytes + Blocks * layout.QuadBytes;
            QuantScales.Unpack(layout, packedScales, packedScales + Blocks * layout.ScaleBytes, Blocks, scales + i * Blocks * 2 * Panel.Lanes, minima + i * Blocks * 2 * Panel.Lanes);
        }

        float* x = stackalloc float[Inputs];
        for (int rows = 1; rows <= IntegerKernel.MostRows; rows++)
        {
            var tile = new QuantizedRows { Data = data, Count = rows, Inputs = Inputs };
            for (int row = 0; row < rows; row++)
            {
                uint seed = (uint)row;
                for (int k = 0; k < Inputs; k++)
                {
                    x[k] = (int)(Next(ref seed) >> 8) - (1 << 23);
                }

                tile.Put(row, x);
            }

            // The other rows' results are those of the smaller tiles.
            for (int i = 0; i < Groups; i++)
            {
                float* e = expected + (i * IntegerKernel.MostRows + rows - 1) * Panel.Lanes;
                new Span<float>(e, Panel.Lanes).Clear();
                Multiply(layout, Blocks, tile, rows - 1, quads + i * Blocks * 512, scales + i * Blocks * 2 * Panel.Lanes, minima + i * Blocks * 2 * Panel.Lanes, e);
            }

            for (int i = 0; i < Groups; i += code.Groups)
            {
                int second = i + code.Groups - 1;
                byte* packedScales0 = group + i * groupBytes + Blocks * layout.QuadBytes, packedScales1 = packedScales0 + (second - i) * groupBytes;
                var arguments = new IntegerArguments
                {
                    Rows = data,
                    Integers0 = group + i * groupBytes,
                    Integers1 = group + second * groupBytes,
                    Scales0 = packedScales0,
                    Scales1 = packedScales1,
                    Super0 = packedScales0 + Blocks * layout.ScaleBytes,
                    Super1 = packedScales1 + Blocks * layout.ScaleBytes,
                    C0 = c + i * IntegerKernel.MostRows * Panel.Lanes,
                    C1 = c + second * IntegerKernel.MostRows * Panel.Lanes,
                    Stride = Panel.Lanes * sizeof(float),
                    Blocks = Blocks,
                };
                code.Packed(rows, &arguments);
                if (!Same(rows))
                {
                    return false;
                }

                if (layout.Planes == Planes.Bytes)
                {
                    continue;
                }

                arguments.Integers0 = quads + i * Blocks * 512;
                arguments.Integers1 = quads + second * Blocks * 512;
                arguments.Scales0 = (byte*)(scales + i * Blocks * 2 * Panel.Lanes);
                arguments.Scales1 = (byte*)(scales + second * Blocks * 2 * Panel.Lanes);
                arguments.Super0 = (byte*)(minima + i * Blocks * 2 * Panel.Lanes);
                arguments.Super1 = (byte*)(minima + second * Blocks * 2 * Panel.Lanes);
                code.Unpacked(rows, &arguments);
                if (!Same(rows))
                {
                    return false;
                }

                bool Same(int rows)
                {
                    for (int group = i; group < i + code.Groups; group++)
                    {
                        nint at = group * IntegerKernel.MostRows * Panel.Lanes;
                        if (!new ReadOnlySpan<byte>(expected + at, rows * Panel.Lanes * sizeof(float)).SequenceEqual(new ReadOnlySpan<byte>(c + at, rows * Panel.Lanes * sizeof(float))))
                        {
                            return false;
                        }
                    }

                    return true;
                }
            }
        }

        return true;
    }

    /// <summary>A group of any integers and of finite scales.</summary>
    public static void Fill(QuantLayout layout, byte* group, nint blocks, ref uint state)
    {
        byte* scales = group + blocks * layout.QuadBytes, super = scales + blocks * layout.ScaleBytes;
        bool halves = layout.Scales is ScaleKind.Half or ScaleKind.HalfAndMinimum;
        for (byte* p = group; p < super; p++)
        {
            *p = (byte)(Next(ref state) >> 24);
        }

        FillHalves(halves ? scales : super, halves ? blocks * layout.ScaleBytes : blocks / QuantPanels.SliceBlocks * layout.SuperBytes, ref state);
    }

    static void FillHalves(byte* to, nint bytes, ref uint state)
    {
        for (nint i = 0; i < bytes; i += 2)
        {
            // About a hundredth, of either sign.
            *(ushort*)(to + i) = (ushort)(Next(ref state) >> 16 & 0x83ff | 0x2000);
        }
    }

    static uint Next(ref uint state) => state = state * 1664525 + 1013904223;
}
